//! Standard output and standard error, which may be closed: that nobody reads on ends nothing, least
//! of all a running job, as `println!` would.

use alluvium::{Result, StateError};
use indicatif::{HumanCount, ProgressState, ProgressStyle};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write};

/// Prints a text and a line feed.
pub(crate) fn print(text: &(impl Display + ?Sized)) -> Result<()> {
    write_all(format!("{text}\n").as_bytes())
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string_pretty(value);
    print(&json.map_err(|error| StateError::misuse("cannot write JSON").with_source(error))?)
}

/// Writes bytes to standard output.
pub(crate) fn write_all(bytes: &[u8]) -> Result<()> {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(StateError::storage("cannot write to standard output").with_source(error))
        }
        _ => Ok(()),
    }
}

/// Says something on standard error, and a line feed, at once: others may write there too.
pub(crate) fn say(text: &(impl Display + ?Sized)) {
    // There is no other place to complain.
    drop(io::stderr().write_all(format!("{text}\n").as_bytes()));
}

/// A number of things, in words.
pub(crate) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A bar that may show `{rate}`: whole things a second, which is all that people can read.
pub(crate) fn with_rate(style: ProgressStyle) -> ProgressStyle {
    style.with_key(
        "rate",
        |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar that cannot be drawn is no trouble.
            out.write_str(&rate(state.per_sec())).ok();
        },
    )
}

fn rate(per_second: f64) -> String {
    format!("{}/s", HumanCount(per_second.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_whole_and_one_thing_is_no_things() {
        assert_eq!(rate(206_935.014_8), "206,935/s");
        assert_eq!(rate(0.4), "0/s");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(0, "file"), "0 files");
    }
}
