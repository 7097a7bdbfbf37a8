//! Notes of running jobs: how commands find them.
//!
//! A running job leaves a note in a directory that only its user can read; it holds the address of
//! its control endpoint and the token that changes need. A second one, without the token, stands
//! beside the checkpoints of the job, if they are on this machine. Both are removed when the job ends;
//! notes of processes that are gone are removed by whoever finds them.

use crate::paths::resolved;
use alluvium::config::Location;
use alluvium::{Result, StateError};
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// No note is longer than this, in bytes.
const LONGEST: u64 = 64 << 10;
/// More notes than this are not looked at.
const MOST: usize = 1024;

/// What is noted of a running job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
    /// A path or URL.
    pub(crate) checkpoint_root: String,
    /// The directory that the job puts its output into, with all links resolved; no text, no note.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) output: String,
    /// What requests that change something must show; only in the note that the user alone can
    /// read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) token: String,
}

/// How a note names an output directory.
pub(crate) fn output_of(directory: &Path) -> String {
    let text = resolved(directory).into_os_string().into_string();
    text.unwrap_or_default()
}

/// The notes of one running job, removed with this.
#[derive(Debug)]
pub(crate) struct Noted(Vec<PathBuf>);

impl Drop for Noted {
    fn drop(&mut self) {
        for path in &self.0 {
            // Whoever finds it later sees that the process is gone.
            drop(fs::remove_file(path));
        }
    }
}

/// The directory of notes: `alluvium` in the user's runtime directory, else one of the user's own
/// in the temporary one.
///
/// # Errors
/// `Storage` if it cannot be made; `Misuse` if it is not a directory that only this user can get
/// into.
pub(crate) fn directory() -> Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let path = match runtime {
        Some(runtime) => runtime.join("alluvium"),
        None => std::env::temp_dir().join(format!("alluvium-{user}")),
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
    let found = made.and_then(|()| fs::symlink_metadata(&path));
    let found = found.map_err(|error| failed("make the directory of notes", &path, error))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(StateError::misuse(format!(
            "'{}' must be a directory that belongs to this user and that no other can get into \
             (mode 0700): the tokens of running jobs are kept there",
            path.display()
        )));
    }
    Ok(path)
}

impl Note {
    /// Leaves the note in `directory`, and beside the checkpoints if they are in a directory that
    /// can be written to.
    ///
    /// # Errors
    /// `Storage` if it cannot be left in `directory`.
    pub(crate) fn leave(&self, directory: &Path) -> Result<Noted> {
        let mut noted = Noted(Vec::new());
        // First, so that whoever finds the job by its own note finds this one, too. The address means
        // something on this machine alone.
        let root = Location::new(&self.checkpoint_root).ok();
        if let Some(root) = root.as_ref().and_then(Location::local_path) {
            let open = Self {
                token: String::new(),
                ..self.clone()
            };
            let beside = root.join(&self.id).join("control.json");
            match open.write(&beside, 0o644) {
                Ok(()) => noted.0.push(beside),
                Err(error) => tracing::warn!(%error, "the job is not noted beside its checkpoints"),
            }
        }
        let mine = directory.join(format!("{}-{}.json", self.id, self.pid));
        self.write(&mine, 0o600)?;
        noted.0.push(mine);
        Ok(noted)
    }

    /// Writes the note, whole or not at all.
    fn write(&self, path: &Path, mode: u32) -> Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| {
            StateError::misuse("a note cannot be written as JSON").with_source(error)
        })?;
        let unfinished = path.with_extension(format!("{}.new", self.pid));
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| {
                let mut options = OpenOptions::new();
                let options = options.write(true).create(true).truncate(true).mode(mode);
                options.open(&unfinished)
            })
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&unfinished, path));
        written.map_err(|error| {
            drop(fs::remove_file(&unfinished));
            failed("write", path, error)
        })
    }
}

/// The notes in `directory` of processes that live, and where they are; others are removed.
///
/// # Errors
/// `Storage` if the directory cannot be read.
pub(crate) fn all(directory: &Path) -> Result<Vec<(PathBuf, Note)>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed("read", directory, error))?,
    };
    let mut notes = Vec::new();
    for entry in entries.take(MOST) {
        let path = entry
            .map_err(|error| failed("read", directory, error))?
            .path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        // What is no note of ours, or has just gone, is passed over.
        let Some(note) = read(&path) else { continue };
        if lives(note.pid) {
            notes.push((path, note));
        } else {
            drop(fs::remove_file(path));
        }
    }
    notes.sort_by(|(_, a), (_, b)| (&a.id, a.pid).cmp(&(&b.id, b.pid)));
    Ok(notes)
}

fn read(path: &Path) -> Option<Note> {
    let mut text = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LONGEST).read_to_end(&mut text).ok()?;
    let note: Note = serde_json::from_slice(&text).ok()?;
    // Nobody but this machine is ever asked.
    note.address.ip().is_loopback().then_some(note)
}

/// Whether there is a process of this id.
fn lives(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(rustix::io::Errno::SRCH)))
}

fn failed(what: &str, path: &Path, error: std::io::Error) -> StateError {
    StateError::storage(format!("cannot {what} '{}'", path.display())).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str, pid: u32, root: &Path) -> Note {
        Note {
            id: id.to_owned(),
            name: "name".to_owned(),
            address: "127.0.0.1:1".parse().unwrap(),
            pid,
            checkpoint_root: root.to_str().unwrap().to_owned(),
            output: String::new(),
            token: "secret".to_owned(),
        }
    }

    #[test]
    fn notes_are_found_and_go_with_their_job() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        let note = note("a", std::process::id(), &root);
        let noted = note.leave(directory.path()).unwrap();
        let (path, found) = all(directory.path()).unwrap().pop().unwrap();
        assert_eq!(found, note);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let beside = fs::read_to_string(root.join("a/control.json")).unwrap();
        assert!(
            beside.contains("127.0.0.1:1") && !beside.contains("secret"),
            "{beside}"
        );
        drop(noted);
        assert_eq!(all(directory.path()).unwrap(), []);
        assert!(!root.join("a/control.json").exists());
    }

    #[test]
    fn stale_notes_are_removed_and_what_is_no_note_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let dead = std::process::Command::new("true").spawn().unwrap();
        let pid = dead.id();
        drop(dead.wait_with_output());
        let root = directory.path().join("root");
        std::mem::forget(note("gone", pid, &root).leave(directory.path()).unwrap());
        let mut far = note("far", std::process::id(), &root);
        far.address = "192.0.2.1:80".parse().unwrap();
        std::mem::forget(far.leave(directory.path()).unwrap());
        fs::write(directory.path().join("other.json"), "{}").unwrap();
        assert_eq!(all(directory.path()).unwrap(), []);
        assert!(directory.path().join("other.json").exists());
        assert!(!directory.path().join(format!("gone-{pid}.json")).exists());
    }
}
