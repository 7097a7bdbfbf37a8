//! Finding the end of the log with few questions.

/// Finds the last entry of a gap-free log by asking which entries exist: upwards from a hint in
/// doubling strides, then by bisection (exponential search, Bentley and Yao 1976).
///
/// The log may grow meanwhile; the answer is an entry that was the last at some time since the
/// search began.
#[derive(Clone, Copy, Debug)]
pub(super) struct TailSearch {
    /// This entry exists; 0 stands for the beginning.
    last_found: u64,
    first_missing: Option<u64>,
    stride: u64,
}

/// What is to be asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    /// Whether this entry exists.
    Ask(u64),
    /// Nothing: this is the last entry, or 0 if there is none.
    Done(u64),
}

impl TailSearch {
    /// A search from `known`, an entry that exists, or 0.
    pub(super) fn from(known: u64) -> Self {
        Self {
            last_found: known,
            first_missing: None,
            stride: 1,
        }
    }

    pub(super) fn next(&self) -> Probe {
        match self.first_missing {
            None => match self.last_found.checked_add(self.stride) {
                Some(ahead) => Probe::Ask(ahead),
                // No log grows so far: the way to a next entry is barred.
                None => Probe::Done(self.last_found),
            },
            Some(missing) if missing - self.last_found <= 1 => Probe::Done(self.last_found),
            Some(missing) => Probe::Ask(self.last_found.midpoint(missing)),
        }
    }

    pub(super) fn answer(&mut self, seq: u64, exists: bool) {
        if exists {
            self.last_found = seq;
            self.stride = self.stride.saturating_mul(2);
        } else {
            self.first_missing = Some(seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_last_of_any_number_from_any_hint_in_few_steps() {
        for last in (0..70).chain([1000, 86_399, 1 << 40]) {
            for known in (0..=last.min(40)).chain([last]) {
                let mut search = TailSearch::from(known);
                let mut asked = 0;
                while let Probe::Ask(seq) = search.next() {
                    search.answer(seq, seq <= last);
                    asked += 1;
                }
                assert_eq!(search.next(), Probe::Done(last));
                let distance = last - known;
                assert!(asked <= 2 * (64 - distance.leading_zeros()) + 2, "{asked}");
            }
        }
    }

    #[test]
    fn a_store_that_says_yes_to_everything_ends_the_search() {
        let mut search = TailSearch::from(0);
        for _ in 0..70 {
            if let Probe::Ask(seq) = search.next() {
                search.answer(seq, true);
            }
        }
        assert!(matches!(search.next(), Probe::Done(_)));
    }
}
