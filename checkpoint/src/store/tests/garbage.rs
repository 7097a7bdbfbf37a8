//! Collection by hand beside an owner that goes on.

use std::collections::BTreeSet;

use proptest::prelude::*;

use alluvium_state_api::ErrorKind;

use super::collection::{of_files, publish, shared, write};
use super::*;
use crate::files::{FileRef, SnapshotFolder, StoredSnapshotOptions};
use crate::offline::copy_job;
use crate::subtask::CheckpointMetadata;

fn find(storage: &Arc<MemoryStorage>) -> Garbage {
    Garbage::find(&erased(storage), &job(), StoredSnapshotOptions::default()).unwrap()
}

#[test]
fn what_the_log_has_retired_goes() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    publish(&mut store, &[]);
    let before = contents(&storage);
    store.retire(&[1]).unwrap();
    // As if the process had died behind the log entry.
    for (path, bytes) in before {
        storage.create(&path, &bytes).unwrap();
    }
    let garbage = find(&storage);
    assert_eq!(garbage.paths, ["job/chk-1/_metadata", "job/shared/g1-c1-0"]);
    garbage.delete(&*storage, |_| ()).unwrap();
    assert_eq!(find(&storage), Garbage::default());
    assert_eq!(shared(&*storage), ["g1-c2-0"]);
}

#[test]
fn metadata_over_the_limit_is_neither_searched_nor_copied_nor_opened() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    let published = store.published().to_vec();
    let (from, to) = (erased(&storage), erased(&Arc::new(MemoryStorage::new())));
    let length = published[0].length;
    let told = |error: alluvium_state_api::StateError| {
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
        let told = format!(
            "chk-1/_metadata' is {length}, over the limit of {} set by \
             'execution.checkpointing.max-metadata-size'",
            length - 1
        );
        assert!(error.to_string().contains(&told), "{error}");
    };
    let most = |bytes| StoredSnapshotOptions::default().with_max_metadata(bytes);
    let (little, enough) = (most(length - 1), most(length));
    told(Garbage::find(&from, &job(), little).unwrap_err());
    Garbage::find(&from, &job(), enough).unwrap();
    told(open_published(from.clone(), &job(), &published[0], little).unwrap_err());
    open_published(from.clone(), &job(), &published[0], enough).unwrap();
    told(copy_job(&from, &job(), &to, little, |_| ()).unwrap_err());
    assert_eq!(to.list("").unwrap(), [""; 0]);
    copy_job(&from, &job(), &to, enough, |_| ()).unwrap();
}

#[test]
fn what_the_owner_has_begun_stays() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    let folder = store.begin(2).unwrap();
    write(&folder).unwrap();
    storage.create("job/shared/by hand", b"").unwrap();
    storage.create("job/chk-2/own", b"").unwrap();
    assert_eq!(find(&storage), Garbage::default());
    // Died; the next owner makes it that of an earlier one.
    std::mem::forget(folder);
    open(&storage, 2).unwrap();
    assert_eq!(
        find(&storage).paths,
        ["job/chk-2/own", "job/shared/g1-c2-0"]
    );
}

/// A checkpoint of the second owner may name what 1 of the first names, although 1 is retired: only
/// the owner knows that it has begun.
#[test]
fn what_only_the_owner_can_tell_stays() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let base = publish(&mut store, &[]);
    let (mut store, _) = open(&storage, 2).unwrap();
    let begun = store.next_checkpoint() + 1;
    let folder = store.begin(begun).unwrap();
    publish(&mut store, &[]);
    store.retire(&[1]).unwrap();
    let garbage = find(&storage);
    assert_eq!(
        (garbage.paths.len(), garbage.undecided),
        (0, 1),
        "{garbage:?}"
    );
    garbage.delete(&*storage, |_| ()).unwrap();
    let files = BTreeSet::from([base, write(&folder).unwrap()]);
    store.publish(begun, &of_files(begun, &files)).unwrap();
    assert!(
        files
            .iter()
            .all(|file| shared(&*storage).contains(&file.name))
    );
}

#[test]
fn a_job_without_a_log_is_none() {
    let storage = Arc::new(MemoryStorage::new());
    assert!(Garbage::find(&erased(&storage), &job(), StoredSnapshotOptions::default()).is_err());
}

/// An owner, and what it has begun.
struct Life {
    storage: Arc<MemoryStorage>,
    owners: u8,
    store: CheckpointStore,
    pending: Option<(u64, Arc<SnapshotFolder>, BTreeSet<FileRef>)>,
}

impl Life {
    fn files_of(&self, checkpoint: u64) -> BTreeSet<FileRef> {
        let metadata = CheckpointMetadata::from_bytes(&self.store.read(checkpoint).unwrap());
        metadata.unwrap().files().cloned().collect()
    }

    fn newest_files(&self) -> BTreeSet<FileRef> {
        let newest = self.store.retained().pop();
        newest.map(|id| self.files_of(id)).unwrap_or_default()
    }

    fn step(&mut self, step: u8) {
        match step {
            0 => {
                let files = self.newest_files();
                publish(&mut self.store, &files.iter().collect::<Vec<_>>());
            }
            1 => {
                publish(&mut self.store, &[]);
            }
            2 => {
                let retained = self.store.retained();
                if let [oldest, _, ..] = retained[..] {
                    self.store.retire(&[oldest]).unwrap();
                }
            }
            3 if self.pending.is_none() => {
                let checkpoint = self.store.next_checkpoint() + 50;
                let mut files = self.newest_files();
                let folder = self.store.begin(checkpoint).unwrap();
                files.insert(write(&folder).unwrap());
                self.pending = Some((checkpoint, folder, files));
            }
            4 => {
                if let Some((checkpoint, _, files)) = self.pending.take()
                    && checkpoint >= self.store.next_checkpoint()
                {
                    let metadata = of_files(checkpoint, &files);
                    self.store.publish(checkpoint, &metadata).unwrap();
                }
            }
            5 => {
                std::mem::forget(self.pending.take());
                self.owners += 1;
                self.store = open(&self.storage, self.owners).unwrap().0;
            }
            _ => find(&self.storage).delete(&*self.storage, |_| ()).unwrap(),
        }
    }
}

proptest! {
    #[test]
    fn no_retained_checkpoint_ever_loses_a_file(
        steps in prop::collection::vec(0u8..8, 0..40),
    ) {
        let storage = Arc::new(MemoryStorage::new());
        let store = open(&storage, 1).unwrap().0;
        let mut life = Life { storage, owners: 1, store, pending: None };
        for step in steps {
            life.step(step);
            let names = shared(&*life.storage);
            for id in life.store.retained() {
                for file in life.files_of(id) {
                    prop_assert!(names.contains(&file.name), "{} of {id} after {step}", file.name);
                }
            }
        }
    }
}
