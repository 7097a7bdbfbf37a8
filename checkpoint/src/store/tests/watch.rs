//! Shared files that somebody has deleted or changed under a running job.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use alluvium_state_api::{CheckpointId, ErrorKind};

use super::collection::{of_files, publish, write};
use super::*;
use crate::coordinator::StoreOutcome;
use crate::files::{FilePlace, FileRef, SnapshotFolder};
use crate::storage::{
    Created, Fault, FaultStorage, LocalStorage, ObjectReader, ObjectWriter, Operation,
};
use crate::store::watch::Watch;
use crate::subtask::{KeyedChain, KeyedSegment};

/// A store that looks at each `every`th checkpoint.
fn watching(storage: &Arc<impl Storage + 'static>, every: u32) -> CheckpointStore {
    let options = StoreOptions::default().with_verify_shared_files_every(Some(every));
    open_with(storage, 1, options).unwrap().0
}

/// Whether a snapshot in `folder` may build on checkpoint `base`, which consists of `files`.
fn allows(folder: &SnapshotFolder, base: u64, files: &[&FileRef]) -> bool {
    let layers = files.iter().copied().cloned().map(KeyedSegment::File);
    let chain = KeyedChain {
        layers: layers.collect(),
    };
    folder.bases().allow(CheckpointId(base), &chain)
}

/// Begins the next checkpoint and gives it up; whether it may build on `files` of checkpoint `base`.
fn next_allows(store: &mut CheckpointStore, base: u64, files: &[&FileRef]) -> bool {
    let next = store.next_checkpoint();
    let folder = store.begin(next).unwrap();
    store.abandon(next);
    allows(&folder, base, files)
}

fn path(file: &FileRef) -> String {
    format!("job/shared/{}", file.name)
}

#[test]
fn what_is_lost_is_not_built_on_and_the_rest_is() {
    let storage = Arc::new(MemoryStorage::new());
    let mut store = watching(&storage, 1);
    let checkpoint = store.next_checkpoint();
    let folder = store.begin(checkpoint).unwrap();
    let (one, other) = (write(&folder).unwrap(), write(&folder).unwrap());
    let files = BTreeSet::from([one.clone(), other.clone()]);
    store.publish(1, &of_files(1, &files)).unwrap();
    assert!(next_allows(&mut store, 1, &[&one, &other]));

    let bytes = storage.read(&path(&one), 99).unwrap().unwrap();
    storage.delete(&path(&one)).unwrap();
    assert!(!next_allows(&mut store, 1, &[&one, &other]));
    assert!(next_allows(&mut store, 1, &[&other]), "of another subtask");
    storage.create(&path(&one), &bytes).unwrap();
    assert!(next_allows(&mut store, 1, &[&one, &other]), "it is back");

    // A checkpoint that is whole heals the job, also while the damaged one is retained.
    storage.delete(&path(&one)).unwrap();
    let whole = publish(&mut store, &[]);
    assert!(next_allows(&mut store, 2, &[&whole]));
    assert!(!next_allows(&mut store, 1, &[&one]));
}

#[test]
fn what_is_retired_is_not_built_on() {
    let storage = Arc::new(MemoryStorage::new());
    let mut store = watching(&storage, 0);
    let first = publish(&mut store, &[]);
    let begun = store.begin(5).unwrap();
    let second = publish(&mut store, &[]);
    store.retire(&[1]).unwrap();
    assert!(allows(&begun, 1, &[&first]), "it stays for this one");
    assert!(allows(&begun, 2, &[&second]), "published since it began");
    let later = store.begin(6).unwrap();
    assert!(!allows(&later, 1, &[&first]));
    assert!(allows(&later, 2, &[&second]));
}

#[test]
fn nothing_is_built_on_in_a_folder_that_shares_nothing() {
    let storage = Arc::new(MemoryStorage::new());
    let file = publish(&mut watching(&storage, 1), &[]);
    let savepoint = SnapshotFolder::savepoint(storage, "savepoint").unwrap();
    assert!(!allows(&savepoint, 1, &[&file]));
}

#[test]
fn a_checkpoint_that_began_before_a_loss_came_out_is_not_published() {
    let storage = Arc::new(MemoryStorage::new());
    let mut store = watching(&storage, 1);
    let file = publish(&mut store, &[]);
    let before = store.begin(2).unwrap();
    storage.delete(&path(&file)).unwrap();
    let after = store.begin(3).unwrap();
    assert!(allows(&before, 1, &[&file]) && !allows(&after, 1, &[&file]));
    let files = BTreeSet::from([file, write(&before).unwrap()]);
    let error = store.publish(2, &of_files(2, &files)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let told = error.to_string();
    assert!(told.contains("job/shared/g1-c1-0' is missing"), "{told}");
    assert_eq!(store.failure_outcome(), StoreOutcome::LacksFiles);
    assert_eq!(store.retained(), [1]);
    store.abandon(2);
    let files = BTreeSet::from([write(&after).unwrap()]);
    store.publish(3, &of_files(3, &files)).unwrap();
    store.publish(3, &of_files(3, &files)).unwrap_err();
    assert_eq!(store.failure_outcome(), StoreOutcome::NotPublished);
}

/// At which of the next checkpoints it comes out that a file is lost.
fn noticed(storage: &Arc<impl Storage + 'static>, options: StoreOptions) -> Option<usize> {
    let (mut store, _) = open_with(storage, 1, options).unwrap();
    let file = publish(&mut store, &[]);
    storage.delete(&path(&file)).unwrap();
    (1..=30).find(|_| !next_allows(&mut store, 1, &[&file]))
}

#[test]
fn files_are_looked_for_as_often_as_told() {
    let every = |every| StoreOptions::default().with_verify_shared_files_every(every);
    let remote = |options| noticed(&Arc::new(MemoryStorage::new()), options);
    // The first checkpoint has begun when the file is deleted.
    assert_eq!(remote(every(None)), Some(9));
    assert_eq!(remote(every(Some(1))), Some(1));
    assert_eq!(remote(every(Some(4))), Some(3));
    assert_eq!(remote(every(Some(0))), None);
    let local = |options| {
        let root = tempfile::tempdir().unwrap();
        noticed(&Arc::new(LocalStorage::open(root.path()).unwrap()), options)
    };
    assert_eq!(local(every(None)), Some(1));
    assert_eq!(local(every(Some(0))), None);
}

#[test]
fn local_files_of_another_length_are_lost_however_many_there_are() {
    let root = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(root.path()).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::write(root.path().join("job/shared").join(name), bytes).unwrap();
    };
    std::fs::create_dir_all(root.path().join("job/shared")).unwrap();
    let of = |number| FileRef {
        place: FilePlace::Shared,
        name: format!("g1-c1-{number}"),
        length: 5,
        crc: 0,
    };
    let files: Vec<FileRef> = (0..600).map(of).collect();
    let contents = files.iter().map(|file| (&*file.name, file.contents()));
    let named = contents.collect();
    for file in &files {
        put(&file.name, b"state");
    }
    let mut watch = Watch::default();
    let mut look = |times| {
        let looks = (0..times).map(|_| watch.look(&storage, &job(), &named));
        let told: Vec<String> = looks.flat_map(BTreeMap::into_keys).collect();
        (told.len(), watch.lost())
    };
    assert_eq!(look(3).0, 0);

    let changed: Vec<&FileRef> = files.iter().step_by(150).collect();
    for file in &changed {
        put(&file.name, b"stat");
    }
    let (told, lost) = look(3);
    assert!(
        lost.keys().eq(changed.iter().map(|file| &file.name)),
        "{lost:?}"
    );
    let what = lost.values().next().unwrap();
    assert!(
        what.ends_with("shared/g1-c1-0': expected 5 bytes, found 4"),
        "{what}"
    );
    assert_eq!((told, look(3).0), (4, 0), "each is told once");
    put(&changed[0].name, b"state");
    assert_eq!(look(1).1.len(), 3);
}

#[test]
fn who_cannot_look_goes_on() {
    let down = Arc::new(AtomicBool::new(false));
    let is_down = Arc::clone(&down);
    let plan = move |operation: Operation<'_>| match operation.path {
        "job/shared" if is_down.load(Ordering::SeqCst) => Fault::Before,
        _ => Fault::None,
    };
    let storage = Arc::new(FaultStorage::new(MemoryStorage::new(), plan));
    let mut store = watching(&storage, 1);
    let (lost, kept) = (publish(&mut store, &[]), publish(&mut store, &[]));
    storage.inner().delete(&path(&lost)).unwrap();
    assert!(!next_allows(&mut store, 1, &[&lost]));
    down.store(true, Ordering::SeqCst);
    storage.inner().delete(&path(&kept)).unwrap();
    assert!(!next_allows(&mut store, 1, &[&lost]), "as it was known");
    assert!(next_allows(&mut store, 2, &[&kept]));
    down.store(false, Ordering::SeqCst);
    assert!(!next_allows(&mut store, 2, &[&kept]));
}

/// A store whose listings show nothing yet.
struct Lagging(MemoryStorage);

impl Storage for Lagging {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        self.0.create(path, bytes)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.0.replace(path, bytes)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.0.read(path, limit)
    }

    fn exists(&self, path: &str) -> Result<bool> {
        self.0.exists(path)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.0.delete(path)
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        self.0.write(path)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        self.0.open(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        match folder {
            "job/shared" => Ok(Vec::new()),
            _ => self.0.list(folder),
        }
    }

    fn locate(&self, path: &str) -> String {
        self.0.locate(path)
    }

    fn local_path(&self, path: &str) -> Option<PathBuf> {
        self.0.local_path(path)
    }
}

#[test]
fn a_listing_that_lags_behind_is_not_believed() {
    let storage = Arc::new(Lagging(MemoryStorage::new()));
    let mut store = watching(&storage, 1);
    let file = publish(&mut store, &[]);
    assert!(next_allows(&mut store, 1, &[&file]));
    storage.delete(&path(&file)).unwrap();
    assert!(!next_allows(&mut store, 1, &[&file]));
}
