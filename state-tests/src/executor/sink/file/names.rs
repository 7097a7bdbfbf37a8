//! The names of the files of one sink.
//!
//! Those that nobody else should see carry a number that each run draws: two processes that both
//! believe they own the job never write the same file.

/// Names made of a prefix and two or three numbers.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
}

const COMMITTED: &str = ".csv";
const PENDING: &str = ".pending";
const IN_PROGRESS: &str = ".part";

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// A file that anybody may read.
    pub(super) fn committed(&self, checkpoint: u64, subtask: u32) -> String {
        format!("{}-{checkpoint}-{subtask}{COMMITTED}", self.prefix)
    }

    /// A whole file that waits for its checkpoint.
    pub(super) fn pending(&self, checkpoint: u64, subtask: u32, run: u32) -> String {
        format!(".{}-{checkpoint}-{subtask}-{run}{PENDING}", self.prefix)
    }

    /// A file that is being written.
    pub(super) fn in_progress(&self, number: u64, subtask: u32, run: u32) -> String {
        format!(".{}-{number}-{subtask}-{run}{IN_PROGRESS}", self.prefix)
    }

    pub(super) fn is_committed(&self, name: &str) -> bool {
        self.committed_with(name).is_some()
    }

    /// The checkpoint that a file was committed with.
    pub(super) fn committed_with(&self, name: &str) -> Option<u64> {
        let [checkpoint, _] = self.numbers(name, COMMITTED)?;
        checkpoint.parse().ok()
    }

    /// Whether it is a file of the sink that nobody else should see.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        name.strip_prefix('.').is_some_and(|name| {
            let is = |suffix| self.numbers::<3>(name, suffix).is_some();
            is(PENDING) || is(IN_PROGRESS)
        })
    }

    fn numbers<'n, const N: usize>(&self, name: &'n str, suffix: &str) -> Option<[&'n str; N]> {
        let numbers = name.strip_prefix(&self.prefix)?.strip_prefix('-')?;
        let numbers: Vec<_> = numbers.strip_suffix(suffix)?.split('-').collect();
        let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let numbers: [&str; N] = numbers.try_into().ok()?;
        numbers.iter().all(is_number).then_some(numbers)
    }
}
