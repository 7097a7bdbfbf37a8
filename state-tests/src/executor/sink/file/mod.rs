//! Files that appear whole, once, and only when a checkpoint covers them.

mod names;

use super::TwoPhaseSink;
use crate::executor::entropy::random_bytes;
use alluvium::{CheckpointId, Result, StateError, SubtaskInfo};
use names::Names;
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Turns a record into the bytes of its line, appended to the buffer.
type Format<T> = Arc<dyn Fn(&T, &mut Vec<u8>) + Send + Sync>;

/// A two-phase sink that writes one file for each checkpoint and subtask that has records:
/// `<prefix>-<checkpoint>-<subtask>.csv`.
///
/// While it is written, a file has a hidden name that does not end in `.csv`. At the barrier it is
/// synced; when the checkpoint is complete it gets its name, by a rename that can be repeated. What
/// a run leaves behind without a checkpoint that covers it is removed by the next one; only files
/// with names of this sink's own making are touched. A job that is restored from an older snapshot
/// takes back the files of later checkpoints: it writes their records once more.
///
/// ```
/// use alluvium_state_tests::executor::FileSink;
/// let sink = FileSink::new("out", "counts", |(word, count): &(String, u64), line| {
///     line.extend_from_slice(format!("{word},{count}\n").as_bytes());
/// })
/// .with_header("word,count\n");
/// ```
pub struct FileSink<T> {
    directory: PathBuf,
    names: Names,
    header: String,
    format: Format<T>,
    subtask: u32,
    /// The number that this run has drawn.
    run: u32,
    begun: u64,
    line: Vec<u8>,
    /// Whether the directory may be another one than that of the run before.
    may_move: bool,
    /// Whether a run with which the job begins takes back what was committed before.
    replaces: bool,
    due: Due,
    /// The checkpoint of before from which no files are in the directory, although the job starts there.
    begins_with: Option<CheckpointId>,
}

/// Where what is due lies, until the run has begun a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// In the directory.
    Here,
    /// In that of the run before.
    Elsewhere,
    /// Nowhere: it was taken back.
    TakenBack,
}

/// Checkpoint, subtask, and the number that its run has drawn.
type Committable = (u64, u32, u32);

/// A file in the making.
pub struct FileTransaction {
    file: BufWriter<File>,
    path: PathBuf,
}

impl<T> Clone for FileSink<T> {
    fn clone(&self) -> Self {
        Self {
            directory: self.directory.clone(),
            names: self.names.clone(),
            header: self.header.clone(),
            format: Arc::clone(&self.format),
            subtask: self.subtask,
            run: self.run,
            begun: self.begun,
            line: Vec::new(),
            may_move: self.may_move,
            replaces: self.replaces,
            due: self.due,
            begins_with: self.begins_with,
        }
    }
}

impl<T> FileSink<T> {
    /// A sink into `directory`, which is made if it is not there. `format` appends what a record
    /// looks like in the file, with the line feed.
    pub fn new(
        directory: impl Into<PathBuf>,
        prefix: &str,
        format: impl Fn(&T, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            directory: directory.into(),
            names: Names::new(prefix),
            header: String::new(),
            format: Arc::new(format),
            subtask: 0,
            run: 0,
            begun: 0,
            line: Vec::new(),
            may_move: false,
            replaces: false,
            due: Due::Here,
            begins_with: None,
        }
    }

    /// The same sink, which may write to another directory than that of the run whose savepoint
    /// the job is restored from. If there is no file of the sink in its directory, what the
    /// savepoint leaves to be committed stays where it was written, and is left to whoever has
    /// that directory. Default: no; that files which are due are gone is an error.
    pub fn with_new_directory(mut self, may_be_new: bool) -> Self {
        self.may_move = may_be_new;
        self
    }

    /// The same sink, which removes the files of earlier executions when the job begins: from nothing,
    /// or from a snapshot that it was told to start from, with what that leaves to be committed.
    /// Default: no; they stay, and one whose name is wanted again is an error.
    pub fn with_replacement(mut self, replaces: bool) -> Self {
        self.replaces = replaces;
        self
    }

    /// The same sink with this at the start of every file.
    pub fn with_header(mut self, header: &str) -> Self {
        header.clone_into(&mut self.header);
        self
    }

    /// Whether a file name (without directory) is one that a sink with `prefix` gives: committed,
    /// pending, or in progress.
    pub fn is_own_name(prefix: &str, name: &str) -> bool {
        let names = Names::new(prefix);
        names.is_committed(name) || names.is_hidden(name)
    }

    /// The checkpoint that a file was committed with, if a sink with `prefix` has given it its name
    /// (without directory).
    pub fn committed_with(prefix: &str, name: &str) -> Option<CheckpointId> {
        Names::new(prefix).committed_with(name).map(CheckpointId)
    }

    fn sync_directory(&self) -> Result<()> {
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| failed("sync", &self.directory, error))
    }

    /// The names of the files in the directory that are this sink's own.
    fn own_names(&self) -> Result<Vec<String>> {
        let entries = fs::read_dir(&self.directory)
            .map_err(|error| failed("read", &self.directory, error))?;
        let mut own = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &self.directory, error))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if self.names.is_hidden(name) || self.names.is_committed(name) {
                own.push(name.to_owned());
            }
        }
        Ok(own)
    }

    fn remove(&self, name: &str) -> Result<()> {
        let path = self.directory.join(name);
        match fs::remove_file(&path) {
            // Another subtask was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            result => result.map_err(|error| failed("remove", &path, error)),
        }
    }

    /// Removes what was committed with checkpoints later than this one.
    fn take_back(&self, checkpoint: u64) -> Result<()> {
        if !self.directory.exists() {
            return Ok(());
        }
        let mut removed = false;
        for name in self.own_names()? {
            let with = self.names.committed_with(&name);
            if with.is_some_and(|with| with > checkpoint) {
                self.remove(&name)?;
                removed = true;
            }
        }
        if removed {
            self.sync_directory()
        } else {
            Ok(())
        }
    }

    /// Removes what earlier runs have left behind, but for what is to be committed.
    fn remove_leftovers(&self, own: &[String], due: &[Committable]) -> Result<()> {
        let mut hidden = own.iter().filter(|name| self.names.is_hidden(name));
        hidden.try_for_each(|name| {
            if self.is_due(name, due) {
                return Ok(());
            }
            self.remove(name)
        })
    }
}

impl<T> FileSink<T> {
    /// Whether what is due may lie in another directory, given the files of the sink in this one.
    fn may_lie_elsewhere<'n>(
        &self,
        mut own: impl Iterator<Item = &'n String>,
        due: &[Committable],
    ) -> bool {
        self.may_move && !own.any(|name| self.names.is_committed(name) || self.is_due(name, due))
    }

    /// Whether it is the name of a file that waits for its commit.
    fn is_due(&self, name: &str, due: &[Committable]) -> bool {
        let mut due = due.iter();
        due.any(|&(checkpoint, subtask, run)| name == self.names.pending(checkpoint, subtask, run))
    }

    /// Looks whether files can be made in the directory.
    fn check_directory(&self) -> Result<()> {
        fs::create_dir_all(&self.directory)
            .map_err(|error| failed("create", &self.directory, error))?;
        let name = self.names.in_progress(0, self.subtask, draw()?);
        let path = self.directory.join(&name);
        File::create(&path).map_err(|error| failed("create", &path, error))?;
        self.remove(&name)
    }

    /// The paths of a committable: until it is committed, and then.
    fn paths(&self, &(checkpoint, subtask, run): &Committable) -> (PathBuf, PathBuf) {
        let pending = self.names.pending(checkpoint, subtask, run);
        let committed = self.names.committed(checkpoint, subtask);
        (self.directory.join(pending), self.directory.join(committed))
    }
}

impl<T: Send + 'static> TwoPhaseSink<T> for FileSink<T> {
    type Transaction = FileTransaction;
    type Committable = Committable;

    fn check(
        &mut self,
        due: &[Committable],
        restored_from: Option<CheckpointId>,
        begins: bool,
    ) -> Result<()> {
        self.check_directory()?;
        let stays = |name: &&String| {
            let with = self.names.committed_with(name);
            restored_from.is_none_or(|from| with.is_none_or(|with| with <= from.0))
        };
        let own = self.own_names()?;
        let taken_back = begins && self.replaces;
        if taken_back || self.may_lie_elsewhere(own.iter().filter(stays), due) {
            // One of the subtasks is enough.
            let told = begins && due.iter().any(|&(_, subtask, _)| subtask == 0);
            self.begins_with = restored_from.filter(|_| told);
            return Ok(());
        }
        due.iter().try_for_each(|due| {
            let (pending, committed) = self.paths(due);
            match stands(&pending, &committed)? {
                (true, false) | (false, true) => Ok(()),
                (true, true) => Err(taken(&committed)),
                (false, false) => Err(gone(&pending)),
            }
        })
    }

    fn open(&mut self, subtask: &SubtaskInfo, due: &[Committable]) -> Result<()> {
        self.subtask = subtask.index;
        self.run = draw()?;
        fs::create_dir_all(&self.directory)
            .map_err(|error| failed("create", &self.directory, error))?;
        if let Some(checkpoint) = self.begins_with.take() {
            let directory = self.directory.display();
            tracing::warn!(%directory, %checkpoint, "what was put out up to the checkpoint that the job \
                starts from will not be in this directory: it will have what comes from there on");
        }
        let own = self.own_names()?;
        if self.due == Due::TakenBack {
            return self.remove_leftovers(&own, &[]);
        }
        if self.may_lie_elsewhere(own.iter(), due) {
            self.due = Due::Elsewhere;
        }
        self.remove_leftovers(&own, due)
    }

    fn roll_back(&mut self, restored_from: CheckpointId) -> Result<()> {
        self.take_back(restored_from.0)
    }

    fn start_over(&mut self) -> Result<()> {
        if !self.replaces {
            return Ok(());
        }
        self.due = Due::TakenBack;
        self.take_back(0)
    }

    fn begin(&mut self) -> Result<FileTransaction> {
        self.begun += 1;
        self.due = Due::Here;
        let name = self.names.in_progress(self.begun, self.subtask, self.run);
        let path = self.directory.join(name);
        let file = File::create(&path).map_err(|error| failed("create", &path, error))?;
        let mut file = BufWriter::new(file);
        file.write_all(self.header.as_bytes())
            .map_err(|error| failed("write", &path, error))?;
        Ok(FileTransaction { file, path })
    }

    fn write(&mut self, transaction: &mut FileTransaction, record: T) -> Result<()> {
        self.line.clear();
        (self.format)(&record, &mut self.line);
        let written = transaction.file.write_all(&self.line);
        written.map_err(|error| failed("write", &transaction.path, error))
    }

    fn pre_commit(
        &mut self,
        transaction: FileTransaction,
        checkpoint: CheckpointId,
    ) -> Result<Committable> {
        let FileTransaction { file, path } = transaction;
        let pending = self.names.pending(checkpoint.0, self.subtask, self.run);
        let pending = self.directory.join(pending);
        let synced = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all());
        synced.map_err(|error| failed("write", &path, error))?;
        fs::rename(&path, &pending).map_err(|error| failed("rename", &path, error))?;
        self.sync_directory()?;
        Ok((checkpoint.0, self.subtask, self.run))
    }

    fn commit(&mut self, committable: &Committable) -> Result<()> {
        let (pending, committed) = self.paths(committable);
        match stands(&pending, &committed)? {
            (true, false) => {
                match fs::rename(&pending, &committed) {
                    // A process that has not heard yet that it lost the job has just done it.
                    Err(error) if error.kind() == ErrorKind::NotFound && exists(&committed)? => {}
                    renamed => renamed.map_err(|error| failed("rename", &pending, error))?,
                }
                self.sync_directory()
            }
            (false, true) => self.sync_directory(),
            (true, true) => Err(taken(&committed)),
            (false, false) if self.due != Due::Here => Ok(()),
            (false, false) => Err(gone(&pending)),
        }
    }

    fn abort(&mut self, transaction: FileTransaction) -> Result<()> {
        let path = transaction.path;
        // What is still buffered is not worth writing.
        drop(transaction.file.into_parts());
        fs::remove_file(&path).map_err(|error| failed("remove", &path, error))
    }
}

/// A number for a run.
fn draw() -> Result<u32> {
    let [a, b, c, d, ..] = random_bytes()?;
    Ok(u32::from_le_bytes([a, b, c, d]))
}

fn exists(path: &Path) -> Result<bool> {
    path.try_exists()
        .map_err(|error| failed("look for", path, error))
}

/// Which of both there is. Looked at once more where one may have become the other in between.
fn stands(pending: &Path, committed: &Path) -> Result<(bool, bool)> {
    match (exists(pending)?, exists(committed)?) {
        (true, true) => Ok((exists(pending)?, true)),
        found => Ok(found),
    }
}

fn taken(committed: &Path) -> StateError {
    StateError::storage(format!(
        "'{}' is to be committed, but there is a file of that name already, which is not \
         overwritten",
        committed.display()
    ))
}

fn gone(pending: &Path) -> StateError {
    StateError::storage(format!(
        "'{}' is to be committed, but it is gone: a job that goes on from an earlier checkpoint removes \
         it. In a directory that has no files of this sink, the job can start from there",
        pending.display()
    ))
}

fn failed(what: &str, path: &Path, error: std::io::Error) -> StateError {
    StateError::storage(format!("cannot {what} '{}'", path.display())).with_source(error)
}

#[cfg(test)]
mod tests;
