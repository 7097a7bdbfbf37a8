//! Raw operator state: partitions of bytes per subtask, dealt out like a split list.

use crate::error::{Result, StateError};
use crate::operator::assign_partitions;
use std::fmt;

/// Takes the raw operator state of a subtask at a snapshot.
pub struct RawOperatorWriter {
    max_bytes: u64,
    bytes: u64,
    partitions: Vec<Vec<u8>>,
}

/// What `Debug` shows: not the state itself, but how much of it there is.
fn show_lengths(partitions: &[Vec<u8>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let lengths = partitions.iter().map(Vec::len);
    f.debug_list().entries(lengths).finish()
}

impl fmt::Debug for RawOperatorWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lengths(&self.partitions, f)
    }
}

impl RawOperatorWriter {
    /// A writer that takes at most `max_bytes` in all.
    pub const fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            bytes: 0,
            partitions: Vec::new(),
        }
    }

    /// Starts a partition: what restore never takes apart.
    pub fn start_partition(&mut self) {
        self.partitions.push(Vec::new());
    }

    /// Appends `bytes` to the partition that was started last.
    ///
    /// # Errors
    /// `Misuse` if no partition was started; `LimitExceeded` if they grow too large.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some(partition) = self.partitions.last_mut() else {
            return Err(StateError::misuse(
                "raw operator state was written before any partition",
            ));
        };
        let size = self.bytes + bytes.len() as u64;
        if size > self.max_bytes {
            let what = "the raw operator state of a subtask";
            return Err(StateError::limit(
                what,
                size,
                self.max_bytes,
                "raw-state.max-size",
            ));
        }
        self.bytes = size;
        partition.extend_from_slice(bytes);
        Ok(())
    }

    /// What was written.
    pub fn finish(self) -> RawOperatorState {
        RawOperatorState {
            partitions: self.partitions,
        }
    }
}

/// Raw operator state as a snapshot holds it, and as restore offers it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawOperatorState {
    /// The partitions, in order.
    pub partitions: Vec<Vec<u8>>,
}

impl fmt::Debug for RawOperatorState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_lengths(&self.partitions, f)
    }
}

impl RawOperatorState {
    /// The partitions that new subtask `index` of `parallelism` gets, out of those of all old
    /// subtasks in subtask order; as for split lists.
    pub fn assign(old: &[Self], index: usize, parallelism: usize) -> Self {
        let lists: Vec<_> = old.iter().map(|state| state.partitions.clone()).collect();
        Self {
            partitions: assign_partitions(&lists, index, parallelism),
        }
    }

    /// Whether there are no partitions.
    pub fn is_empty(&self) -> bool {
        self.partitions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_kept_whole_and_dealt_out_evenly() {
        let mut writer = RawOperatorWriter::new(16);
        assert!(writer.write(b"x").is_err());
        for part in [b"aa", b"bb", b"cc"] {
            writer.start_partition();
            writer.write(part).unwrap();
        }
        let old = [
            writer.finish(),
            RawOperatorState {
                partitions: vec![b"dd".to_vec()],
            },
        ];
        let new: Vec<_> = (0..3)
            .map(|i| RawOperatorState::assign(&old, i, 3))
            .collect();
        assert_eq!(new[0].partitions, [b"aa", b"bb"]);
        assert_eq!(new[1].partitions, [b"cc"]);
        assert_eq!(new[2].partitions, [b"dd"]);
    }

    #[test]
    fn the_limit_holds() {
        let mut writer = RawOperatorWriter::new(2);
        writer.start_partition();
        writer.write(b"ab").unwrap();
        assert_eq!(
            writer.write(b"c").unwrap_err().kind(),
            crate::ErrorKind::LimitExceeded
        );
    }
}
