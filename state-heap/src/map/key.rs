//! The key of the flat table of a map state.

/// A key and namespace, held once for all entries of one map where they own memory, and a user key.
#[derive(Clone, Debug)]
pub struct MapKey<OS, US> {
    /// The (key, namespace).
    pub owner: OS,
    /// The user key.
    pub user: US,
}
