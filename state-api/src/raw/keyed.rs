//! Raw keyed state: one stream of bytes per key group.

use crate::error::{Result, StateError};
use crate::group::{KeyGroup, KeyGroupRange};
use std::collections::BTreeMap;
use std::fmt;

/// Takes the raw keyed state of a subtask at a snapshot.
///
/// Each key group is started at most once, in any order; groups may be left out.
///
/// ```
/// use alluvium_state_api::{KeyGroup, KeyGroupRange, RawKeyedWriter};
/// let mut writer = RawKeyedWriter::new(KeyGroupRange::new(0, 3)?, 1 << 20);
/// writer.start_group(KeyGroup(2))?;
/// writer.write(b"bytes")?;
/// assert!(writer.start_group(KeyGroup(2)).is_err());
/// assert!(writer.start_group(KeyGroup(4)).is_err());
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
pub struct RawKeyedWriter {
    range: KeyGroupRange,
    max_bytes: u64,
    bytes: u64,
    current: Option<KeyGroup>,
    groups: BTreeMap<KeyGroup, Vec<u8>>,
}

/// What `Debug` shows: not the state itself, but how much of it there is.
fn show_lengths(groups: &BTreeMap<KeyGroup, Vec<u8>>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let lengths = groups.iter().map(|(group, bytes)| (group.0, bytes.len()));
    f.debug_map().entries(lengths).finish()
}

impl fmt::Debug for RawKeyedWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lengths(&self.groups, f)
    }
}

impl RawKeyedWriter {
    /// A writer for the groups of `range` that takes at most `max_bytes` in all.
    pub const fn new(range: KeyGroupRange, max_bytes: u64) -> Self {
        Self {
            range,
            max_bytes,
            bytes: 0,
            current: None,
            groups: BTreeMap::new(),
        }
    }

    /// Starts the stream of `group`; what is written next belongs to it.
    ///
    /// # Errors
    /// `Misuse` if the group lies outside the subtask's range or was started before.
    pub fn start_group(&mut self, group: KeyGroup) -> Result<()> {
        if !self.range.contains(group) {
            return Err(StateError::misuse(format!(
                "key group {group} of a raw keyed stream lies outside the range {}",
                self.range
            )));
        }
        if self.groups.contains_key(&group) {
            return Err(StateError::misuse(format!(
                "key group {group} of a raw keyed stream was started before"
            )));
        }
        self.groups.insert(group, Vec::new());
        self.current = Some(group);
        Ok(())
    }

    /// Appends `bytes` to the stream of the group that was started last.
    ///
    /// # Errors
    /// `Misuse` if no group was started; `LimitExceeded` if the streams grow too large.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.current.and_then(|group| self.groups.get_mut(&group));
        let Some(stream) = stream else {
            return Err(StateError::misuse(
                "raw keyed state was written before any key group",
            ));
        };
        let size = self.bytes + bytes.len() as u64;
        if size > self.max_bytes {
            let what = "the raw keyed state of a subtask";
            return Err(StateError::limit(
                what,
                size,
                self.max_bytes,
                "raw-state.max-size",
            ));
        }
        self.bytes = size;
        stream.extend_from_slice(bytes);
        Ok(())
    }

    /// What was written.
    pub fn finish(self) -> RawKeyedState {
        RawKeyedState {
            groups: self.groups,
        }
    }
}

/// Raw keyed state as a snapshot holds it, and as restore offers it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawKeyedState {
    groups: BTreeMap<KeyGroup, Vec<u8>>,
}

impl fmt::Debug for RawKeyedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lengths(&self.groups, f)
    }
}

impl RawKeyedState {
    /// State made of streams by group.
    pub fn from_groups(groups: impl IntoIterator<Item = (KeyGroup, Vec<u8>)>) -> Self {
        Self {
            groups: groups.into_iter().collect(),
        }
    }

    /// The streams of the groups in `range`, out of those of all old subtasks.
    pub fn assign(old: &[Self], range: KeyGroupRange) -> Self {
        let groups = old.iter().flat_map(|state| &state.groups);
        let inside = groups.filter(|(group, _)| range.contains(**group));
        Self {
            groups: inside
                .map(|(group, bytes)| (*group, bytes.clone()))
                .collect(),
        }
    }

    /// The groups that have a stream, ascending, with its bytes.
    pub fn iter(&self) -> impl Iterator<Item = (KeyGroup, &[u8])> {
        self.groups.iter().map(|(group, bytes)| (*group, &**bytes))
    }

    /// The stream of `group`; `None` if it has none.
    pub fn get(&self, group: KeyGroup) -> Option<&[u8]> {
        self.groups.get(&group).map(|bytes| &**bytes)
    }

    /// Whether no group has a stream.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> RawKeyedWriter {
        RawKeyedWriter::new(KeyGroupRange::new(2, 5).unwrap(), 8)
    }

    #[test]
    fn groups_come_once_in_any_order_and_may_be_skipped() {
        let mut writer = writer();
        writer.start_group(KeyGroup(5)).unwrap();
        writer.write(b"five").unwrap();
        writer.start_group(KeyGroup(2)).unwrap();
        assert!(writer.start_group(KeyGroup(5)).is_err());
        assert!(writer.start_group(KeyGroup(1)).is_err());
        assert!(writer.start_group(KeyGroup(6)).is_err());
        let state = writer.finish();
        let groups: Vec<_> = state.iter().collect();
        assert_eq!(
            groups,
            [(KeyGroup(2), &b""[..]), (KeyGroup(5), &b"five"[..])]
        );
        assert_eq!(state.get(KeyGroup(3)), None);
    }

    #[test]
    fn writing_needs_a_group_and_room() {
        let mut writer = writer();
        assert!(writer.write(b"x").is_err());
        writer.start_group(KeyGroup(3)).unwrap();
        writer.write(b"12345678").unwrap();
        let error = writer.write(b"9").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::LimitExceeded);
        assert_eq!(writer.finish().get(KeyGroup(3)), Some(&b"12345678"[..]));
    }

    #[test]
    fn restore_offers_the_new_range_only() {
        let old = [
            RawKeyedState::from_groups([(KeyGroup(0), vec![0]), (KeyGroup(3), vec![3])]),
            RawKeyedState::from_groups([(KeyGroup(4), vec![4]), (KeyGroup(7), vec![7])]),
        ];
        let new = RawKeyedState::assign(&old, KeyGroupRange::new(3, 4).unwrap());
        assert_eq!(new.iter().count(), 2);
        assert_eq!(new.get(KeyGroup(4)), Some(&[4][..]));
    }
}
