//! A snapshot as it is stored.

use super::{FileRef, SnapshotFiles, StoredSegment};
use crate::metadata::METADATA;
use crate::segment::{SegmentSource, hide_voided};
use crate::storage::Storage;
use crate::subtask::{
    CheckpointMetadata, KeyedChain, KeyedSegment, OperatorSnapshot, SubtaskSnapshot,
};
use alluvium_state_api::{ErrorKind, Result, SnapshotChain, SnapshotSource, StateError};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The option that bounds what is read of metadata, and of state that belongs into it.
const MAX_METADATA: &str = "execution.checkpointing.max-metadata-size";
/// The option that says how much of a remote file is read at once.
const REMOTE_READ_SIZE: &str = "storage.read-size";

/// What a reader of stored snapshots takes.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSnapshotOptions {
    /// Most bytes that the metadata may have, and operator state and raw state of one subtask:
    /// `execution.checkpointing.max-metadata-size`. Default 1 GiB.
    pub max_metadata: u64,
    /// How much of a segment is read at once, if it does not lie in a
    /// [local file](crate::storage::Storage::local_path): a store that takes its time to answer is
    /// asked less often. Each thread that reads holds so much for each layer of a chain:
    /// `storage.read-size`. Default 8 MiB, 64 KiB to 64 MiB.
    pub remote_read_size: usize,
}

impl Default for StoredSnapshotOptions {
    fn default() -> Self {
        Self {
            max_metadata: 1 << 30,
            remote_read_size: 8 << 20,
        }
    }
}

impl StoredSnapshotOptions {
    const READ_SIZES: RangeInclusive<usize> = 64 << 10..=64 << 20;

    /// The same, with [`max_metadata`](Self::max_metadata) set.
    pub const fn with_max_metadata(mut self, bytes: u64) -> Self {
        self.max_metadata = bytes;
        self
    }

    /// The same, with [`remote_read_size`](Self::remote_read_size) set.
    pub const fn with_remote_read_size(mut self, bytes: usize) -> Self {
        self.remote_read_size = bytes;
        self
    }

    /// Checks that everything lies in its range.
    ///
    /// # Errors
    /// `Misuse` naming option, range and what was found.
    pub fn validate(&self) -> Result<()> {
        if Self::READ_SIZES.contains(&self.remote_read_size) {
            return Ok(());
        }
        Err(StateError::misuse(format!(
            "{REMOTE_READ_SIZE}: expected 64 kb to 64 mb, found {}",
            self.remote_read_size
        )))
    }
}

/// # Errors
/// `LimitExceeded` if the metadata at `place` is longer than it may be.
pub(crate) fn check_metadata_size(place: &str, length: u64, limit: u64) -> Result<()> {
    if length <= limit {
        return Ok(());
    }
    let what = format!("the metadata '{place}'");
    Err(StateError::limit(what, length, limit, MAX_METADATA))
}

/// A checkpoint or savepoint: its metadata, and where its files lie.
#[derive(Clone, Debug)]
pub struct StoredSnapshot {
    metadata: Arc<CheckpointMetadata>,
    files: SnapshotFiles,
    options: StoredSnapshotOptions,
}

/// A snapshot that holds everything in its metadata.
impl From<CheckpointMetadata> for StoredSnapshot {
    fn from(metadata: CheckpointMetadata) -> Self {
        Self::new(metadata, SnapshotFiles::none())
    }
}

impl StoredSnapshot {
    /// A snapshot whose metadata has been read already.
    pub fn new(metadata: impl Into<Arc<CheckpointMetadata>>, files: SnapshotFiles) -> Self {
        Self {
            metadata: metadata.into(),
            files,
            options: StoredSnapshotOptions::default(),
        }
    }

    /// Reads the snapshot in `folder` of `storage`: the folder that holds `_metadata`.
    ///
    /// # Errors
    /// `Corrupt` if there is no metadata or it is damaged; `Incompatible` if a later version wrote
    /// it; `LimitExceeded` if it is too long; `Storage`. All name the place. `Misuse` for options
    /// out of range.
    pub fn load(
        storage: Arc<dyn Storage>,
        folder: &str,
        options: StoredSnapshotOptions,
    ) -> Result<Self> {
        options.validate()?;
        let path = format!("{folder}/{METADATA}");
        let place = storage.locate(&path);
        let limit = options.max_metadata;
        let Some(bytes) = storage.read(&path, limit.saturating_add(1))? else {
            return Err(StateError::corrupt(format!(
                "'{place}' is missing: there is no checkpoint or savepoint"
            )));
        };
        if bytes.len() as u64 > limit {
            // No more of it was read, and who raises the limit has to know how far.
            let whole = storage.open(&path)?.map_or(0, |reader| reader.length());
            check_metadata_size(&place, whole.max(bytes.len() as u64), limit)?;
        }
        Self::parse(storage, folder, &bytes, options)
    }

    /// The snapshot in `folder` whose metadata has been read.
    pub(crate) fn parse(
        storage: Arc<dyn Storage>,
        folder: &str,
        metadata: &[u8],
        options: StoredSnapshotOptions,
    ) -> Result<Self> {
        options.validate()?;
        let metadata = CheckpointMetadata::from_bytes(metadata).map_err(|error| {
            let place = storage.locate(&format!("{folder}/{METADATA}"));
            error.context(format_args!("'{place}'"))
        })?;
        Ok(Self {
            metadata: Arc::new(metadata),
            files: SnapshotFiles::new(storage, folder)?,
            options,
        })
    }

    /// The same, read with other options.
    ///
    /// # Errors
    /// `Misuse` as [`StoredSnapshotOptions::validate`] says.
    pub fn with_options(mut self, options: StoredSnapshotOptions) -> Result<Self> {
        options.validate()?;
        self.options = options;
        Ok(self)
    }

    /// The same without a check, which comes with the first read.
    pub(crate) const fn read_with(&mut self, options: StoredSnapshotOptions) {
        self.options = options;
    }

    /// The bounds of reading.
    pub const fn options(&self) -> StoredSnapshotOptions {
        self.options
    }

    /// What the metadata says. Operator state and raw state of subtasks that have them in
    /// [another file](SubtaskSnapshot::rest) are not in it.
    pub const fn metadata(&self) -> &Arc<CheckpointMetadata> {
        &self.metadata
    }

    /// Where its files lie.
    pub const fn files(&self) -> &SnapshotFiles {
        &self.files
    }

    /// The files that it names, each once.
    pub fn file_refs(&self) -> BTreeSet<FileRef> {
        self.metadata.files().cloned().collect()
    }

    /// Checks that all files are there, with the lengths that the metadata says; their contents are
    /// checked when they are read, or by [`verify`](Self::verify).
    ///
    /// # Errors
    /// `Corrupt` naming the first that is not; `Storage`.
    pub fn check_files(&self) -> Result<()> {
        self.file_refs()
            .iter()
            .try_for_each(|file| self.files.open(file).map(drop))
    }

    /// Reads everything once and checks it: files, checksums, segments and every entry's frame.
    ///
    /// # Errors
    /// `Corrupt` naming the first file, its offset and what is wrong; `Incompatible`; `Storage`.
    pub fn verify(&self) -> Result<()> {
        for file in self.file_refs() {
            self.verify_file(&file)?;
        }
        for operator in &self.metadata.operators {
            for subtask in &operator.subtasks {
                self.complete(subtask)?;
                for chain in &subtask.keyed {
                    for mut source in self.segments(operator, subtask, chain)? {
                        source.verify()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads one of its files once and checks it.
    ///
    /// # Errors
    /// `Corrupt` naming the file and what is wrong with it, and where, if it holds keyed state: the
    /// checksum of a file covers it as a whole, but that of each block is known too. `Incompatible`;
    /// `Storage`.
    pub fn verify_file(&self, file: &FileRef) -> Result<()> {
        let Err(error) = self.files.scan(file, |_| Ok(())) else {
            return Ok(());
        };
        if error.kind() != ErrorKind::Corrupt || self.files.open(file).is_err() {
            return Err(error);
        }
        // What no block shows stays what the whole has shown.
        Err(self.verify_blocks(file).err().unwrap_or(error))
    }

    /// Checks the blocks of a file, if it is a segment.
    fn verify_blocks(&self, file: &FileRef) -> Result<()> {
        let subtasks = self.metadata.operators.iter().flat_map(|one| &one.subtasks);
        for subtask in subtasks {
            let mut layers = subtask.keyed.iter().flat_map(|chain| &chain.layers);
            if layers.any(|layer| matches!(layer, KeyedSegment::File(one) if one == file)) {
                return self.open_file(subtask, file)?.verify();
            }
        }
        Ok(())
    }

    /// The subtask's snapshot with operator state and raw state in it, from wherever they are.
    ///
    /// # Errors
    /// `Corrupt` if the file that holds them is missing, damaged, or of another subtask;
    /// `LimitExceeded`; `Storage`.
    pub fn complete(&self, subtask: &SubtaskSnapshot) -> Result<SubtaskSnapshot> {
        let mut whole = subtask.clone();
        let Some(file) = whole.rest.take() else {
            return Ok(whole);
        };
        let named =
            |error: StateError| error.context(format_args!("'{}'", self.files.locate(&file)));
        let bytes = self
            .files
            .read(&file, self.options.max_metadata, MAX_METADATA)?;
        let rest = SubtaskSnapshot::decode(&bytes).map_err(named)?;
        let same = (&rest.operator, rest.subtask, rest.parallelism)
            == (&subtask.operator, subtask.subtask, subtask.parallelism);
        if !same || !rest.keyed.is_empty() || rest.rest.is_some() {
            return Err(named(StateError::corrupt(format!(
                "expected operator state and raw state of {}, found {}",
                subtask.label(),
                rest.label()
            ))));
        }
        whole.operator_state.extend(rest.operator_state);
        if !rest.raw_keyed.is_empty() {
            whole.raw_keyed = rest.raw_keyed;
        }
        if !rest.raw_operator.is_empty() {
            whole.raw_operator = rest.raw_operator;
        }
        Ok(whole)
    }

    /// Whether an operator of it has state: one that was registered counts, with or without entries;
    /// keyed state in which none was registered does not. What is damaged, or of a later version, counts.
    ///
    /// # Errors
    /// `Storage`.
    pub fn has_state(&self, operator: &OperatorSnapshot) -> Result<bool> {
        for subtask in &operator.subtasks {
            if subtask.has_other_state() {
                return Ok(true);
            }
            for chain in &subtask.keyed {
                match self.segments(operator, subtask, chain) {
                    Ok(segments) if !segments.iter().any(names_states) => {}
                    Err(error) if error.kind() == ErrorKind::Storage => return Err(error),
                    Ok(_) | Err(_) => return Ok(true),
                }
            }
        }
        Ok(false)
    }

    /// Opens the layers of a chain of keyed state, which is one of `subtask` of `operator`. What
    /// later layers hold in full is not read of the earlier ones.
    ///
    /// # Errors
    /// `Corrupt` if a file is missing or damaged where it says what is in it, or the layers do not
    /// fit one another; `Incompatible` if a later version wrote one; `Storage`.
    pub fn chain(
        &self,
        operator: &OperatorSnapshot,
        subtask: &SubtaskSnapshot,
        chain: &KeyedChain,
    ) -> Result<SnapshotChain> {
        let mut segments = self.segments(operator, subtask, chain)?;
        hide_voided(&mut segments);
        let boxed = segments
            .into_iter()
            .map(|segment| Box::new(segment) as Box<dyn SnapshotSource>);
        Ok(boxed.collect())
    }

    /// The same, as segments, with all that is in them.
    ///
    /// # Errors
    /// As [`chain`](Self::chain).
    pub fn segments(
        &self,
        operator: &OperatorSnapshot,
        subtask: &SubtaskSnapshot,
        chain: &KeyedChain,
    ) -> Result<Vec<SegmentSource<StoredSegment>>> {
        let mut opened: Vec<SegmentSource<StoredSegment>> = Vec::new();
        for segment in &chain.layers {
            let source = match segment {
                KeyedSegment::Inline(bytes) => {
                    SegmentSource::open(StoredSegment::Inline(Arc::clone(bytes)), subtask.label())?
                }
                KeyedSegment::File(file) => self.open_file(subtask, file)?,
            };
            operator.check_segment(subtask, source.header())?;
            let before = opened.last().map(SnapshotSource::header);
            subtask.check_layer(before, source.header())?;
            opened.push(source);
        }
        Ok(opened)
    }

    fn open_file(
        &self,
        subtask: &SubtaskSnapshot,
        file: &FileRef,
    ) -> Result<SegmentSource<StoredSegment>> {
        let label = format!("{} in '{}'", subtask.label(), self.files.locate(file));
        let (input, local) = self.files.open_segment(file)?;
        let source = SegmentSource::open(input, label)?;
        if local {
            return Ok(source);
        }
        source.with_read_size(self.options.remote_read_size)
    }
}

fn names_states(segment: &SegmentSource<StoredSegment>) -> bool {
    !segment.header().states.is_empty()
}
