//! Sources: what a backend restores from.

use super::{Entry, Section, SnapshotHeader};
use crate::error::Result;
use crate::group::{KeyGroup, KeyGroupRange};

/// What a source tells while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotEvent<'a> {
    /// The entries of a group of the state begin.
    Section(Section),
    /// An entry of the section that began last.
    Entry(Entry<'a>),
}

/// One stored snapshot, or one layer of it: whatever can produce sections and entries.
///
/// No method has a default: a wrapper that forgets one must not compile. One that forgot
/// [`expected_entries`](Self::expected_entries) would make every restore through it slower, and
/// nothing would tell.
///
/// ```compile_fail,E0046
/// use alluvium_state_api::{KeyGroupRange, Result, SnapshotEvent, SnapshotHeader, SnapshotSource};
///
/// struct Wrapper(Box<dyn SnapshotSource>);
///
/// impl SnapshotSource for Wrapper {
///     fn header(&self) -> &SnapshotHeader {
///         self.0.header()
///     }
///
///     fn read(
///         &mut self,
///         state: usize,
///         groups: KeyGroupRange,
///         visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
///     ) -> Result<()> {
///         self.0.read(state, groups, visit)
///     }
/// }
/// ```
pub trait SnapshotSource: Send {
    /// What the snapshot says about itself.
    fn header(&self) -> &SnapshotHeader;

    /// About how many entries the source has of this group of the state at place `state`, so that
    /// room can be made for them before they come; 0 if it does not know. A source that reads what
    /// may be damaged never says more than the bytes that it has could hold.
    fn expected_entries(&self, state: usize, group: KeyGroup) -> u64;

    /// Reads all sections of the state at place `state` of the header whose group lies in
    /// `groups`. May be called again and again, for any state.
    ///
    /// # Errors
    /// `Corrupt` or `Storage`, naming the place; and whatever `visit` returns, at once.
    fn read(
        &mut self,
        state: usize,
        groups: KeyGroupRange,
        visit: &mut dyn FnMut(SnapshotEvent<'_>) -> Result<()>,
    ) -> Result<()>;
}

/// A whole snapshot and the deltas upon it, oldest first; applied in this order.
pub type SnapshotChain = Vec<Box<dyn SnapshotSource>>;
