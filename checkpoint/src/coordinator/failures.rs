//! Counting failed checkpoints.

/// Failures in a row, against those that are tolerated.
#[derive(Clone, Debug)]
pub(super) struct FailureCount {
    tolerable: u32,
    in_a_row: u32,
}

impl FailureCount {
    pub(super) fn new(tolerable: u32) -> Self {
        Self {
            tolerable,
            in_a_row: 0,
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

    pub(super) fn reset(&mut self) {
        self.in_a_row = 0;
    }

    pub(super) fn in_a_row(&self) -> u32 {
        self.in_a_row
    }
}
