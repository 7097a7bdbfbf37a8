//! The names of the files of one sink.

/// Names made of a prefix and two numbers.
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
    pub(super) fn pending(&self, checkpoint: u64, subtask: u32) -> String {
        format!(".{}-{checkpoint}-{subtask}{PENDING}", self.prefix)
    }

    /// A file that is being written.
    pub(super) fn in_progress(&self, number: u64, subtask: u32) -> String {
        format!(".{}-{number}-{subtask}{IN_PROGRESS}", self.prefix)
    }

    pub(super) fn is_committed(&self, name: &str) -> bool {
        self.numbered(name, COMMITTED)
    }

    /// Whether it is a file of the sink that nobody else should see.
    pub(super) fn is_hidden(&self, name: &str) -> bool {
        name.strip_prefix('.')
            .is_some_and(|name| self.numbered(name, PENDING) || self.numbered(name, IN_PROGRESS))
    }

    fn numbered(&self, name: &str, suffix: &str) -> bool {
        let numbers = name
            .strip_prefix(&self.prefix)
            .and_then(|name| name.strip_prefix('-'))
            .and_then(|name| name.strip_suffix(suffix))
            .and_then(|numbers| numbers.split_once('-'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        numbers.is_some_and(|(first, second)| is_number(first) && is_number(second))
    }
}
