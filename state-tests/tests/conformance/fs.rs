//! The filesystem backend under the conformance suite: every snapshot goes through files on disk.

use alluvium::checkpoint::{
    FileOutput, FilePlace, FileRef, LocalStorage, SegmentOptions, SegmentSink, SegmentSource,
    SnapshotFiles, SnapshotFolder, StoredSegment,
};
use alluvium::{
    Entry, FsBackend, FsSettings, Result, Section, SharedFile, SnapshotHeader, SnapshotSink,
    SnapshotSource, WholeFile,
};
use alluvium_state_tests::conformance::{Harness, Recorder, Recording};
use alluvium_state_tests::conformance_suite;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct Fs {
    backend: FsBackend,
    folder: Arc<SnapshotFolder>,
    directory: Arc<TempDir>,
}

impl Fs {
    fn with(change: impl FnOnce(&mut FsSettings)) -> Self {
        let mut settings = FsSettings::default();
        change(&mut settings);
        let directory = tempfile::tempdir().unwrap();
        let storage = Arc::new(LocalStorage::open(directory.path()).unwrap());
        Self {
            backend: FsBackend::new(settings).unwrap(),
            folder: Arc::new(SnapshotFolder::savepoint(storage, "snapshots").unwrap()),
            directory: Arc::new(directory),
        }
    }
}

impl Harness for Fs {
    type Backend = FsBackend;

    fn backend(&self) -> &FsBackend {
        &self.backend
    }

    fn recorder(&self) -> Box<dyn Recorder> {
        let output = self.folder.create(FilePlace::Own).unwrap();
        Box::new(FileRecorder {
            sink: SegmentSink::new(output, SegmentOptions::default()),
            files: self.folder.files(),
            directory: Arc::clone(&self.directory),
        })
    }
}

struct FileRecorder {
    sink: SegmentSink<FileOutput>,
    files: SnapshotFiles,
    directory: Arc<TempDir>,
}

impl SnapshotSink for FileRecorder {
    fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
        self.sink.begin(header)
    }

    fn section(&mut self, section: Section) -> Result<()> {
        self.sink.section(section)
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        self.sink.entry(entry)
    }

    fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
        self.sink.file(file)
    }

    fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
        self.sink.shared(file)
    }
}

impl Recorder for FileRecorder {
    fn finish(self: Box<Self>) -> Result<Arc<dyn Recording>> {
        let file = self.sink.finish()?.output.finish()?;
        self.files.scan(&file, |_| Ok(()))?;
        Ok(Arc::new(FileRecording {
            file,
            files: self.files,
            _directory: self.directory,
        }))
    }
}

#[derive(Debug)]
struct FileRecording {
    file: FileRef,
    files: SnapshotFiles,
    _directory: Arc<TempDir>,
}

impl Recording for FileRecording {
    fn source(&self) -> Box<dyn SnapshotSource> {
        let input = StoredSegment::File(self.files.open(&self.file).unwrap());
        Box::new(SegmentSource::open(input, self.files.locate(&self.file)).unwrap())
    }
}

mod incremental {
    use super::*;
    conformance_suite!(Fs::with(|_| {}));
}

mod whole_and_synchronous {
    use super::*;
    conformance_suite!(Fs::with(|settings| {
        settings.files.incremental = false;
        settings.asynchronous_snapshots = false;
    }));
}
