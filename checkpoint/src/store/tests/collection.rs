//! Shared files: kept while anybody may need them, gone afterwards.

use std::collections::BTreeSet;

use alluvium_state_api::{CheckpointId, ErrorKind, MaxParallelism};
use proptest::prelude::*;

use super::*;
use crate::files::{FilePlace, FileRef, SnapshotFolder};
use crate::storage::{Fault, FaultStorage};
use crate::subtask::{
    CheckpointMetadata, KeyedChain, KeyedSegment, OperatorSnapshot, SubtaskSnapshot,
};

/// The metadata of a checkpoint that consists of these files.
pub(super) fn of_files(checkpoint: u64, files: &BTreeSet<FileRef>) -> Vec<u8> {
    let mut subtask = SubtaskSnapshot::new("count", 0, 1);
    if !files.is_empty() {
        let layers = files.iter().cloned().map(KeyedSegment::File).collect();
        subtask.keyed.push(KeyedChain { layers });
    }
    let mut metadata = CheckpointMetadata::new(CheckpointId(checkpoint), 0, "job", "job");
    metadata.operators.push(OperatorSnapshot {
        uid: "count".to_owned(),
        max_parallelism: MaxParallelism::new(128).unwrap(),
        parallelism: 1,
        subtasks: vec![subtask],
    });
    metadata.to_bytes().unwrap()
}

pub(super) fn write(folder: &SnapshotFolder) -> Result<FileRef> {
    folder.store(FilePlace::Shared, b"state")
}

/// Begins, writes and publishes a checkpoint of one new file and `others`.
pub(super) fn publish(store: &mut CheckpointStore, others: &[&FileRef]) -> FileRef {
    let checkpoint = store.next_checkpoint();
    let folder = store.begin(checkpoint).unwrap();
    let file = write(&folder).unwrap();
    let mut files: BTreeSet<_> = others.iter().map(|&file| file.clone()).collect();
    files.insert(file.clone());
    let metadata = of_files(checkpoint, &files);
    store.publish(checkpoint, &metadata).unwrap();
    file
}

pub(super) fn shared(storage: &dyn Storage) -> Vec<String> {
    storage.list("job/shared").unwrap()
}

#[test]
fn files_go_with_the_last_checkpoint_that_names_them() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let first = publish(&mut store, &[]);
    let second = publish(&mut store, &[&first]);
    assert_eq!(shared(&*storage), ["g1-c1-0", "g1-c2-0"]);
    store.retire(&[1]).unwrap();
    assert_eq!(shared(&*storage), ["g1-c1-0", "g1-c2-0"], "2 names both");
    publish(&mut store, &[&second]);
    store.retire(&[2]).unwrap();
    assert_eq!(shared(&*storage), ["g1-c2-0", "g1-c3-0"]);
}

#[test]
fn a_checkpoint_that_has_begun_may_name_what_was_published_then() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let base = publish(&mut store, &[]);
    let folder = store.begin(3).unwrap();
    // Checkpoint 2 begins anew and overtakes it; 1 goes.
    publish(&mut store, &[]);
    store.retire(&[1]).unwrap();
    assert_eq!(shared(&*storage), ["g1-c1-0", "g1-c2-0"]);
    let files = BTreeSet::from([base, write(&folder).unwrap()]);
    store.publish(3, &of_files(3, &files)).unwrap();
    store.retire(&[2]).unwrap();
    assert_eq!(shared(&*storage), ["g1-c1-0", "g1-c3-0"]);
}

#[test]
fn what_is_gone_cannot_be_named() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let gone = publish(&mut store, &[]);
    publish(&mut store, &[]);
    store.retire(&[1]).unwrap();
    store.begin(3).unwrap();
    let error = store
        .publish(3, &of_files(3, &BTreeSet::from([gone])))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("'g1-c1-0'"), "{error}");
}

#[test]
fn a_failed_checkpoint_leaves_nothing() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    let folder = store.begin(1).unwrap();
    write(&folder).unwrap();
    folder.store(FilePlace::Own, b"own").unwrap();
    store.abandon(1);
    assert_eq!(shared(&*storage).len(), 1, "somebody may still write");
    assert_eq!(write(&folder).unwrap_err().kind(), ErrorKind::Cancelled);
    drop(folder);
    assert_eq!(storage.list("job").unwrap(), ["log"]);
}

#[test]
fn what_an_owner_leaves_unfinished_goes_with_the_next() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    let folder = store.begin(2).unwrap();
    write(&folder).unwrap();
    // The process dies: nothing is deleted.
    std::mem::forget(folder);
    storage.create("job/shared/by hand", b"").unwrap();
    let (mut next, recovered) = open(&storage, 2).unwrap();
    assert_eq!(recovered.unwrap().checkpoint, 1);
    let swept = next.sweep().unwrap();
    assert_eq!(swept.files, ["g1-c2-0"]);
    assert_eq!(shared(&*storage), ["by hand", "g1-c1-0"]);
}

#[test]
fn a_missing_file_makes_recovery_fall_back() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    publish(&mut store, &[]);
    storage.delete("job/shared/g1-c2-0").unwrap();
    let strict = StoreOptions::default().with_fall_back(false);
    let error = open_with(&storage, 2, strict).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("shared/g1-c2-0"), "{error}");
    let (_, recovered) = open(&storage, 3).unwrap();
    let recovered = recovered.unwrap();
    assert_eq!(recovered.checkpoint, 1);
    let [(2, reason)] = &recovered.skipped[..] else {
        panic!("{:?}", recovered.skipped);
    };
    assert!(reason.contains("shared/g1-c2-0' is missing"), "{reason}");
}

#[test]
fn what_turned_out_to_be_damaged_is_passed_over() {
    let storage = Arc::new(MemoryStorage::new());
    let (mut store, _) = open(&storage, 1).unwrap();
    publish(&mut store, &[]);
    let damage = alluvium_state_api::StateError::corrupt("a block is not what was written");
    assert!(!store.distrust(1, &damage), "there is no older one");
    publish(&mut store, &[]);
    assert!(!store.distrust(7, &damage), "there is no such checkpoint");
    assert!(store.distrust(2, &damage));
    let recovered = store.recover().unwrap().unwrap();
    assert_eq!(recovered.checkpoint, 1);
    assert_eq!(recovered.skipped, [(2, damage.to_string())]);
    assert!(!store.distrust(1, &damage));

    let strict = StoreOptions::default().with_fall_back(false);
    let (mut store, _) = open_with(&storage, 2, strict).unwrap();
    assert!(!store.distrust(2, &damage));
    assert_eq!(store.recover().unwrap().unwrap().checkpoint, 2);
}

/// What the owner of a random history does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Begin { build_on_newest: bool },
    Publish { oldest: bool },
    Abandon,
    Retire,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => any::<bool>().prop_map(|build_on_newest| Step::Begin { build_on_newest }),
        3 => any::<bool>().prop_map(|oldest| Step::Publish { oldest }),
        1 => Just(Step::Abandon),
        2 => Just(Step::Retire),
    ];
    prop::collection::vec(step, 1..24)
}

/// A checkpoint that has begun, with all that it will name.
struct Begun {
    checkpoint: u64,
    _folder: Arc<SnapshotFolder>,
    files: BTreeSet<FileRef>,
}

/// Does `steps` as one owner; gives up at the first error.
fn live(storage: &Arc<impl Storage + 'static>, owner: u8, steps: &[Step]) -> Result<()> {
    let (mut store, _) = open(storage, owner)?;
    store.sweep()?;
    let mut newest: BTreeSet<FileRef> = BTreeSet::new();
    let (mut begun, mut next): (Vec<Begun>, u64) = (Vec::new(), store.next_checkpoint());
    for step in steps {
        match *step {
            Step::Begin { build_on_newest } => {
                let checkpoint = next.max(store.next_checkpoint());
                next = checkpoint + 1;
                let folder = store.begin(checkpoint)?;
                let mut files = BTreeSet::new();
                if build_on_newest {
                    files.extend(newest.iter().cloned());
                }
                files.insert(write(&folder)?);
                begun.push(Begun {
                    checkpoint,
                    _folder: folder,
                    files,
                });
            }
            Step::Publish { oldest } if !begun.is_empty() => {
                let place = if oldest { 0 } else { begun.len() - 1 };
                let it = begun.remove(place);
                store.publish(it.checkpoint, &of_files(it.checkpoint, &it.files))?;
                newest = it.files;
                // Those before are overtaken.
                for older in begun.extract_if(.., |older| older.checkpoint < it.checkpoint) {
                    store.abandon(older.checkpoint);
                }
            }
            Step::Abandon => {
                if let Some(it) = begun.pop() {
                    store.abandon(it.checkpoint);
                }
            }
            Step::Retire => {
                if let Some((_, older)) = store.retained().split_last() {
                    store.retire(older)?;
                }
            }
            Step::Publish { .. } => {}
        }
    }
    // The process dies with what is unfinished.
    begun.into_iter().for_each(std::mem::forget);
    std::mem::forget(store);
    Ok(())
}

/// Checks that no retained checkpoint lacks a file.
fn all_can_be_restored(storage: &Arc<MemoryStorage>) {
    let Some(found) = inspect(storage.clone(), &job()).unwrap() else {
        return;
    };
    for published in found.checkpoints {
        let path = format!("job/{}", published.path);
        let bytes = storage.read(&path, u64::MAX).unwrap().unwrap();
        for file in CheckpointMetadata::from_bytes(&bytes).unwrap().files() {
            let path = format!("job/shared/{}", file.name);
            assert!(storage.exists(&path).unwrap(), "{path} is gone");
        }
    }
}

/// Checks that the next owner, once it has retired all but the newest, has what it needs and
/// nothing else.
fn nothing_else_remains(storage: &Arc<MemoryStorage>) {
    let (mut store, recovered) = open(storage, 98).unwrap();
    store.sweep().unwrap();
    if let Some((_, older)) = store.retained().split_last() {
        store.retire(older).unwrap();
    }
    let (mut store, _) = open(storage, 99).unwrap();
    store.sweep().unwrap();
    let needed: Vec<String> = recovered.map_or_else(Vec::new, |recovered| {
        let metadata = CheckpointMetadata::from_bytes(&recovered.metadata).unwrap();
        metadata.files().map(|file| file.name.clone()).collect()
    });
    assert_eq!(shared(&**storage), needed);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_owners_do_and_wherever_they_die(
        histories in prop::collection::vec((steps(), any::<bool>()), 1..4),
    ) {
        // The first owner that dies is tried with every call that it makes.
        for calls in 0.. {
            prop_assert!(calls < 1_000, "some owner never gets to its end");
            let disk = Arc::new(MemoryStorage::new());
            let mut lived = true;
            for (number, (steps, last_is_done)) in histories.iter().enumerate() {
                let dying = FaultStorage::dying_after(disk.clone(), calls, *last_is_done);
                let done = live(&Arc::new(dying), number as u8 + 1, steps);
                lived &= done.is_ok();
                all_can_be_restored(&disk);
            }
            nothing_else_remains(&disk);
            if lived {
                break;
            }
        }
    }

    #[test]
    fn single_failures_are_survived(steps in steps(), failing in 0..60_u64, after: bool) {
        let disk = Arc::new(MemoryStorage::new());
        let fault = if after { Fault::After } else { Fault::Before };
        let flaky = FaultStorage::new(disk.clone(), move |operation| {
            if operation.index == failing { fault } else { Fault::None }
        });
        let _: Result<()> = live(&Arc::new(flaky), 1, &steps);
        all_can_be_restored(&disk);
        let _: Result<()> = live(&disk, 2, &steps);
        all_can_be_restored(&disk);
        nothing_else_remains(&disk);
    }
}
