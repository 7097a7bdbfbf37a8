//! Running the binary.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The first line of every input.
pub(crate) const HEADER: &str = "scheduled_departure,carrier,flight,tail_number,origin,destination,\
                                 departure_delay_min,arrival_delay_min,distance_mi";

/// `alluvium run flights` with options, in a directory of its own.
pub(crate) struct Flights {
    pub(crate) directory: TempDir,
    options: Vec<String>,
    environment: Vec<(String, String)>,
}

/// What a run has come to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Flights {
    pub(crate) fn new(options: &[&str]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let directory = TempDir::new().unwrap();
        let environment = Vec::new();
        Self {
            directory,
            options,
            environment,
        }
    }

    /// The same, in an environment with this variable.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in the directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The output directory.
    pub(crate) fn output(&self) -> PathBuf {
        self.path("alluvium-out")
    }

    /// Writes lines behind the header.
    pub(crate) fn write_input(&self, name: &str, lines: &[String]) {
        let mut text = HEADER.to_owned();
        for line in lines {
            text.push('\n');
            text.push_str(line);
        }
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The command with more options; those given later count.
    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = self.alluvium_command(&["run", "flights"]);
        command.args(&self.options).args(more);
        command
    }

    /// Another `alluvium` command, in the same place.
    pub(crate) fn alluvium(&self, words: &[&str]) -> Ran {
        Ran::from(self.alluvium_command(words).output().unwrap())
    }

    pub(crate) fn alluvium_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_alluvium"));
        command
            .args(words)
            .current_dir(self.directory.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Another command that does what it should; what it prints, trimmed.
    pub(crate) fn does(&self, words: &[&str]) -> String {
        let ran = self.alluvium(words);
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        ran.stdout.trim().to_owned()
    }

    /// Another command that fails: these stand in what it says.
    pub(crate) fn does_not(&self, words: &[&str], expected: &[&str]) {
        let ran = self.alluvium(words);
        assert_eq!(ran.code, Some(1), "{words:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
        for part in expected {
            assert!(
                ran.stderr.contains(part),
                "'{part}' is missing: {}",
                ran.stderr
            );
        }
    }

    pub(crate) fn run(&self, more: &[&str]) -> Ran {
        Ran::from(self.command(more).output().unwrap())
    }

    /// Runs until it dies behind `after` records and a checkpoint. On a busy machine it may have died
    /// before it had one: then it does so again.
    pub(crate) fn crash(&self, after: &str, more: &[&str]) -> Ran {
        for _ in 0..100 {
            let ran = self.run(&[&["--crash-after", after], more].concat());
            assert_eq!(ran.code, None, "{}", ran.stderr);
            assert!(ran.stderr.contains("aborting"), "{}", ran.stderr);
            if ran.stderr.contains("checkpoint ") {
                return ran;
            }
        }
        panic!("none of a hundred runs had a checkpoint");
    }

    /// Runs to a good end; the summary.
    pub(crate) fn finish(&self, more: &[&str]) -> Value {
        let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
        let ran = self.run(&more);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Runs to an error: nothing but a sentence, in which these stand.
    pub(crate) fn fail(&self, more: &[&str], expected: &[&str]) -> Ran {
        self.end_badly(1, more, expected)
    }

    /// The same, because of a command line that makes no sense.
    pub(crate) fn refuse(&self, more: &[&str], expected: &[&str]) -> Ran {
        self.end_badly(2, more, expected)
    }

    fn end_badly(&self, code: i32, more: &[&str], expected: &[&str]) -> Ran {
        let ran = self.run(more);
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
        let told = ran.stderr.lines().last().unwrap_or_default();
        assert!(told.starts_with("alluvium: "), "{told}");
        for part in expected {
            assert!(told.contains(part), "'{part}' is missing: {told}");
        }
        ran
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A count in a summary.
pub(crate) fn count(summary: &Value, key: &str) -> u64 {
    summary[key].as_u64().unwrap()
}
