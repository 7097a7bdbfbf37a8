//! The arguments of `alluvium cancel`.

use alluvium::Result as Checked;
use alluvium::config::Location;
use clap::{ArgAction, Args};

const HELP: &str = "\
Examples:
  alluvium cancel flights
      Cancels the job where it is.
  alluvium cancel -s /backups flights
      Takes a savepoint, cancels the job as soon as it stands, and prints its path.
  alluvium cancel -s flights
      The same, in the '--savepoint-dir' of the job.

JOB is an id, the beginning of an id, a name, or the address of a control endpoint.
Exit codes: 0 if the job is cancelled, 1 if not, 2 for arguments that make no sense.
If the savepoint fails, the job goes on. 'alluvium stop' loses nothing of what was done.";

/// Cancels a running job.
#[derive(Args, Clone, Debug)]
#[command(after_help = HELP, override_usage = "alluvium cancel [-s [DIR]] [--json] JOB")]
pub(crate) struct CancelArgs {
    /// Takes a savepoint before, in this directory [default: the '--savepoint-dir' of the job]
    #[arg(
        short = 's',
        long,
        value_name = "DIR",
        num_args = 0..=1,
        action = ArgAction::Set,
        default_missing_value = ""
    )]
    with_savepoint: Option<String>,

    /// The job
    // It may have been taken for the directory of a '-s' without one.
    #[arg(value_name = "JOB")]
    job: Option<String>,

    /// Prints JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl CancelArgs {
    /// Checks what clap cannot.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.job().is_empty() {
            return Err("a JOB is missing".to_owned());
        }
        Ok(())
    }

    /// The job.
    pub(crate) fn job(&self) -> &str {
        let last = self.job.as_ref().or(self.with_savepoint.as_ref());
        last.map_or("", String::as_str)
    }

    /// Whether a savepoint is asked for.
    pub(crate) fn wants_savepoint(&self) -> bool {
        self.with_savepoint.is_some()
    }

    /// Where it goes, a path or URL, if that is said.
    ///
    /// # Errors
    /// `Misuse` if it is neither.
    pub(crate) fn savepoint_dir(&self) -> Checked<Option<Location>> {
        match (&self.with_savepoint, &self.job) {
            (Some(directory), Some(_)) if !directory.is_empty() => {
                Location::new(directory).map(Some)
            }
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cancel {
        #[command(flatten)]
        args: CancelArgs,
    }

    fn parse(words: &[&str]) -> Result<CancelArgs, String> {
        let words = ["cancel"].iter().chain(words);
        let parsed = Cancel::try_parse_from(words).map_err(|error| error.to_string())?;
        parsed.args.check()?;
        Ok(parsed.args)
    }

    #[test]
    fn a_directory_may_be_written_as_in_flink() {
        for (words, directory, savepoint) in [
            (&["job"][..], None, false),
            (&["-s", "job"], None, true),
            (&["job", "-s"], None, true),
            (&["-s=dir", "job"], Some("dir"), true),
            (&["-sdir", "job"], Some("dir"), true),
            (&["job", "-sdir", "--json"], Some("dir"), true),
            (&["job", "-s", "dir"], Some("dir"), true),
            (&["-s", "--json", "job"], None, true),
            (&["-s", "dir", "job"], Some("dir"), true),
            (&["--with-savepoint=dir", "job"], Some("dir"), true),
            (&["--with-savepoint", "dir", "job"], Some("dir"), true),
        ] {
            let args = parse(words).unwrap();
            assert_eq!(args.job(), "job", "{words:?}");
            let found = args.savepoint_dir().unwrap();
            assert_eq!(found.as_ref().map(Location::as_str), directory, "{words:?}");
            assert_eq!(args.wants_savepoint(), savepoint, "{words:?}");
        }
        for words in [
            &["dir", "job"][..],
            &["-s=dir", "other", "job"],
            &[],
            &["-s"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
