//! What the answer to creating an entry means.

/// What is known after trying to create an entry.
#[derive(Debug)]
pub(super) enum Fact {
    /// The store created it.
    Created,
    /// The store says that there is one; these are its bytes.
    Exists(Vec<u8>),
    /// The store returned an error, or what exists could not be read.
    Failed,
}

/// What follows from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The entry stands in the log.
    Appended,
    /// Another entry stands there: its writer owns the log.
    Superseded(Vec<u8>),
    /// Ask again: only another attempt can tell.
    TryAgain,
    /// The entry may stand there or may come to: the log has to be opened anew.
    Unknown,
}

/// Decides about an attempt to create an entry of the bytes `ours`, with `left` attempts to go.
///
/// Every entry names its owner, so equal bytes are one's own: the answer to an earlier attempt was
/// lost.
pub(super) fn decide(ours: &[u8], fact: Fact, left: u32) -> Decision {
    match fact {
        Fact::Created => Decision::Appended,
        Fact::Exists(found) if found == ours => Decision::Appended,
        Fact::Exists(found) => Decision::Superseded(found),
        Fact::Failed if left > 0 => Decision::TryAgain,
        Fact::Failed => Decision::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cases() {
        let cases = [
            (Fact::Created, 0, Decision::Appended),
            (Fact::Exists(b"ours".to_vec()), 0, Decision::Appended),
            (
                Fact::Exists(b"theirs".to_vec()),
                1,
                Decision::Superseded(b"theirs".to_vec()),
            ),
            (Fact::Failed, 1, Decision::TryAgain),
            (Fact::Failed, 0, Decision::Unknown),
        ];
        for (fact, left, decision) in cases {
            assert_eq!(decide(b"ours", fact, left), decision);
        }
    }
}
