//! Counting failed checkpoints.

/// Failures in a row, against those that are tolerated.
#[derive(Clone, Debug)]
pub(super) struct FailureCount {
    tolerable: u32,
    in_a_row: u32,
    /// Those that were excused since the last success.
    excused: usize,
}

impl FailureCount {
    pub(super) fn new(tolerable: u32) -> Self {
        Self {
            tolerable,
            in_a_row: 0,
            excused: 0,
        }
    }

    /// Counts one failed checkpoint; the number in a row if that is more than tolerated, and then
    /// the count begins anew. The caller reports each checkpoint at most once.
    pub(super) fn failed(&mut self) -> Option<u32> {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row <= self.tolerable {
            return None;
        }
        Some(std::mem::take(&mut self.in_a_row))
    }

    /// Whether one more failed checkpoint need not be counted, of which up to `most` need not until
    /// one succeeds.
    pub(super) fn excuse(&mut self, most: usize) -> bool {
        self.excused = self.excused.saturating_add(1);
        self.excused <= most
    }

    pub(super) fn reset(&mut self) {
        self.in_a_row = 0;
        self.excused = 0;
    }

    pub(super) fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}
