//! The file of a table.

use super::{Item, Row};
use crate::flights::output::files;
use alluvium::{CheckpointId, Result, StateError, SubtaskInfo};
use alluvium_state_tests::executor::TwoPhaseSink;
use std::path::{Path, PathBuf};

/// Gathers the rows of a table and writes them sorted, by two-phase commit, in place of what an
/// earlier run of the job has left there. It holds all rows in memory, as many as there are keys.
#[derive(Clone, Debug)]
pub(in crate::flights) struct TableSink {
    directory: PathBuf,
    /// Without `.csv`.
    name: &'static str,
    header: &'static str,
    /// Whether the directory may be another one than that of the run before.
    may_move: bool,
}

impl TableSink {
    pub(in crate::flights) fn new(
        directory: &Path,
        name: &'static str,
        header: &'static str,
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            name,
            header,
            may_move: false,
        }
    }

    /// The same; what is due may have been left in the directory of the run before.
    pub(in crate::flights) fn with_new_directory(mut self, may_be_new: bool) -> Self {
        self.may_move = may_be_new;
        self
    }

    fn committed(&self) -> PathBuf {
        self.directory.join(files::table(self.name))
    }

    fn pending(&self, checkpoint: u64) -> PathBuf {
        self.directory
            .join(files::pending_table(self.name, checkpoint))
    }
}

impl TwoPhaseSink<Item> for TableSink {
    type Transaction = Vec<Row>;
    /// The checkpoint.
    type Committable = u64;

    fn check(&mut self, due: &[u64], _: Option<CheckpointId>, _: bool) -> Result<()> {
        due.iter().try_for_each(|checkpoint| {
            let (pending, committed) = (self.pending(*checkpoint), self.committed());
            if self.may_move || files::exists(&pending)? || files::exists(&committed)? {
                return Ok(());
            }
            Err(gone(&pending, &committed))
        })
    }

    fn open(&mut self, _subtask: &SubtaskInfo, due: &[u64]) -> Result<()> {
        for (name, path) in files::list(&self.directory)? {
            let due = due
                .iter()
                .any(|checkpoint| name == files::pending_table(self.name, *checkpoint));
            if files::is_pending_table(self.name, &name) && !due {
                files::remove(&path)?;
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<Vec<Row>> {
        Ok(Vec::new())
    }

    fn write(&mut self, rows: &mut Vec<Row>, item: Item) -> Result<()> {
        if let Item::Row(row) = item {
            rows.push(row);
        }
        Ok(())
    }

    fn pre_commit(&mut self, mut rows: Vec<Row>, checkpoint: CheckpointId) -> Result<u64> {
        rows.sort_unstable();
        let mut bytes = self.header.as_bytes().to_vec();
        for row in &rows {
            bytes.extend_from_slice(row.line());
            bytes.push(b'\n');
        }
        files::write(&self.pending(checkpoint.0), &bytes)?;
        Ok(checkpoint.0)
    }

    fn commit(&mut self, checkpoint: &u64) -> Result<()> {
        let (pending, committed) = (self.pending(*checkpoint), self.committed());
        if files::exists(&pending)? {
            return files::rename(&pending, &committed);
        }
        if files::exists(&committed)? {
            // It was committed before, but its name may not be durable yet.
            return files::sync_directory(&self.directory);
        }
        if self.may_move {
            return Ok(());
        }
        Err(gone(&pending, &committed))
    }

    fn abort(&mut self, _rows: Vec<Row>) -> Result<()> {
        Ok(())
    }
}

fn gone(pending: &Path, committed: &Path) -> StateError {
    StateError::storage(format!(
        "'{}' is to become '{}', but both are gone: put one of them back, or start over with --fresh, or \
         from a savepoint with -s",
        pending.display(),
        committed.display()
    ))
}
