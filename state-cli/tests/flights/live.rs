//! A job that runs while something is done to it.

use crate::command::{Flights, Ran};
use std::fs::DirEntry;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Waits where nothing tells that it is time.
pub(crate) fn pause(time: Duration) {
    let (_keep, never) = channel::<()>();
    assert_eq!(never.recv_timeout(time), Err(RecvTimeoutError::Timeout));
}

/// A running job.
pub(crate) struct Live {
    child: Child,
    lines: Receiver<String>,
    /// Where its endpoint is.
    pub(crate) address: String,
    told: String,
}

impl Live {
    /// Starts a job, and waits until its endpoint answers, or it has ended.
    pub(crate) fn start(flights: &Flights, more: &[&str]) -> Self {
        let mut command = flights.command(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = read(child.stderr.take().unwrap());
        let mut live = Self {
            child,
            lines,
            address: String::new(),
            told: String::new(),
        };
        let line = live.until("control endpoint: ");
        line.rsplit_once("http://")
            .unwrap()
            .1
            .clone_into(&mut live.address);
        live.until_noted(&flights.path("run/alluvium"));
        live
    }

    /// The note is the last that a process does before it can be found, and is told by signals.
    fn until_noted(&mut self, directory: &Path) {
        let note = format!("-{}.json", self.child.id());
        let is_note = |entry: std::io::Result<DirEntry>| {
            let name = entry.unwrap().file_name();
            name.to_str().unwrap().ends_with(&note)
        };
        while !std::fs::read_dir(directory).is_ok_and(|mut notes| notes.any(is_note)) {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            pause(Duration::from_millis(2));
        }
    }

    /// Waits until the job says this; the whole line.
    pub(crate) fn until(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv() else {
                panic!("the job has never said '{part}': {}", self.told);
            };
            self.told.push_str(&line);
            self.told.push('\n');
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends the process a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// The death of the process, as by `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same, but so much later.
    pub(crate) fn kill_after(self, time: Duration) {
        pause(time);
        self.kill();
    }

    /// Waits until the process has ended.
    pub(crate) fn wait(mut self) -> Ran {
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().unwrap();
        pipe.read_to_string(&mut stdout).unwrap();
        for line in &self.lines {
            self.told.push_str(&line);
            self.told.push('\n');
        }
        Ran {
            code: self.child.wait().unwrap().code(),
            stdout,
            stderr: self.told.clone(),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read(stderr: ChildStderr) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
