//! What a run is asked to do.

use std::path::PathBuf;
use std::time::Duration;

/// The command line of a workload program: `WORK[,WORK...] DIR [SCALE]`, and `--quick`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The works to run.
    pub works: Vec<String>,
    /// Where files go.
    pub dir: PathBuf,
    /// Multiplies the number of keys.
    pub scale: f64,
    /// Before counting.
    pub warm_up: Duration,
    /// While counting.
    pub window: Duration,
}

impl Settings {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let (flags, plain): (Vec<_>, Vec<_>) = arguments
            .into_iter()
            .partition(|argument| argument.starts_with("--"));
        let mut plain = plain.into_iter();
        let usage = "expected WORK[,WORK...] DIR [SCALE] [--quick]";
        let (Some(works), Some(dir)) = (plain.next(), plain.next()) else {
            return Err(usage.to_owned());
        };
        let scale = match plain.next() {
            Some(text) => text
                .parse()
                .map_err(|_| format!("SCALE must be a number, found '{text}'"))?,
            None => 1.0,
        };
        let mut settings = Self {
            works: works.split(',').map(str::to_owned).collect(),
            dir: dir.into(),
            scale,
            warm_up: Duration::from_secs(1),
            window: Duration::from_secs(5),
        };
        for flag in flags {
            match flag.as_str() {
                "--quick" => {
                    settings.warm_up = Duration::from_millis(1);
                    settings.window = Duration::from_millis(5);
                }
                other => return Err(format!("unknown option '{other}': {usage}")),
            }
        }
        Ok(settings)
    }

    /// `count` keys, scaled; at least 1,000, so that every group of keys has some.
    pub fn keys(&self, count: u64) -> u64 {
        ((count as f64 * self.scale) as u64).max(1_000)
    }
}
