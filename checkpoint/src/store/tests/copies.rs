//! Local copies: used where they are right, passed over where they are not, gone when they are old.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::collection::{publish, shared, write};
use super::*;
use crate::files::{FilePlace, FileRef, LocalCopies, SnapshotFiles};
use crate::storage::{Fault, FaultStorage, Operation};

struct Sides {
    remote: Arc<FaultStorage<Arc<MemoryStorage>>>,
    /// Whether contents of files in the remote store cannot be read.
    unreadable: Arc<AtomicBool>,
    local: Arc<MemoryStorage>,
    store: CheckpointStore,
}

impl Sides {
    fn new() -> Self {
        let unreadable = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&unreadable);
        let plan = move |operation: Operation<'_>| {
            if operation.name == "read_at" && closed.load(Ordering::SeqCst) {
                Fault::Before
            } else {
                Fault::None
            }
        };
        let remote = Arc::new(FaultStorage::new(Arc::new(MemoryStorage::new()), plan));
        let local = Arc::new(MemoryStorage::new());
        let (store, _) = open(&remote, 1).unwrap();
        let copies = LocalCopies::new(local.clone());
        Self {
            store: store.with_copies(copies),
            remote,
            unreadable,
            local,
        }
    }

    fn read(&self, checkpoint: u64, file: &FileRef) -> Result<Vec<u8>> {
        let folder = format!("job/chk-{checkpoint}");
        let files = SnapshotFiles::new(self.remote.clone(), folder).unwrap();
        let files = files.with_copies(LocalCopies::new(self.local.clone()));
        files.read(file, 1 << 20, "option")
    }

    /// Reads a file, with the remote store as it is and with its contents out of reach.
    fn both_reads(&self, file: &FileRef) -> (Result<Vec<u8>>, Result<Vec<u8>>) {
        self.unreadable.store(false, Ordering::SeqCst);
        let within_reach = self.read(1, file);
        self.unreadable.store(true, Ordering::SeqCst);
        (within_reach, self.read(1, file))
    }
}

#[test]
fn a_right_copy_is_read_and_a_wrong_one_is_not() {
    let mut sides = Sides::new();
    let file = publish(&mut sides.store, &[]);
    let path = format!("job/shared/{}", file.name);
    assert_eq!(sides.local.paths(), [&*path]);
    let (remote, local) = sides.both_reads(&file);
    assert_eq!(
        (remote.unwrap(), local.unwrap()),
        (b"state".to_vec(), b"state".to_vec())
    );

    // A flipped byte, a cut, one byte too many, and what another job wrote under this name.
    for wrong in [&b"stat3"[..], b"stat", b"", b"state!", b"STATE"] {
        sides.local.replace(&path, wrong).unwrap();
        let (remote, local) = sides.both_reads(&file);
        assert_eq!(remote.unwrap(), b"state", "{wrong:?}");
        assert!(
            local.unwrap_err().to_string().contains("injected"),
            "{wrong:?}"
        );
    }
    sides.local.delete(&path).unwrap();
    let (remote, local) = sides.both_reads(&file);
    assert_eq!(remote.unwrap(), b"state");
    local.unwrap_err();
}

#[test]
fn a_copy_takes_the_place_of_one_that_was_left_under_its_name() {
    let mut sides = Sides::new();
    sides
        .local
        .create("job/shared/g1-c1-0", b"of another checkpoint 1")
        .unwrap();
    let file = publish(&mut sides.store, &[]);
    assert_eq!(file.name, "g1-c1-0");
    let (_, local) = sides.both_reads(&file);
    assert_eq!(local.unwrap(), b"state");
}

#[test]
fn copies_go_when_a_newer_checkpoint_is_published() {
    let mut sides = Sides::new();
    sides
        .local
        .create("job/shared/README", b"not ours")
        .unwrap();
    sides
        .local
        .create("other/shared/g1-c1-0", b"of another job")
        .unwrap();
    let first = publish(&mut sides.store, &[]);
    let unfinished = sides.store.begin(9).unwrap();
    write(&unfinished).unwrap();
    let own = unfinished.store(FilePlace::Own, b"own").unwrap();
    assert_eq!(own.name, "g1-c9-1");
    publish(&mut sides.store, &[&first]);
    let names = |sides: &Sides| shared(&*sides.local);
    assert_eq!(names(&sides), ["README", "g1-c1-0", "g1-c2-0", "g1-c9-0"]);
    assert!(sides.local.exists("job/chk-9/g1-c9-1").unwrap());

    // Nothing builds on the first any more; of the one that is given up nothing stays.
    sides.store.abandon(9);
    drop(unfinished);
    assert_eq!(names(&sides), ["README", "g1-c1-0", "g1-c2-0"]);
    publish(&mut sides.store, &[]);
    assert_eq!(names(&sides), ["README", "g1-c3-0"]);
    assert_eq!(shared(&*sides.remote), ["g1-c1-0", "g1-c2-0", "g1-c3-0"]);

    // Nothing is published after that: all of the job's go.
    let (store, _) = open_with(&sides.remote, 2, StoreOptions::fresh()).unwrap();
    store
        .with_copies(LocalCopies::new(sides.local.clone()))
        .sweep()
        .unwrap();
    assert_eq!(names(&sides), ["README"]);
    assert!(sides.local.exists("other/shared/g1-c1-0").unwrap());
}

#[test]
fn a_local_disk_that_fails_fails_no_checkpoint() {
    let mut reached = 0;
    for failing in 0..40 {
        for fault in [Fault::Before, Fault::After] {
            let plan = move |operation: Operation<'_>| {
                if operation.index == failing {
                    fault
                } else {
                    Fault::None
                }
            };
            let remote = Arc::new(MemoryStorage::new());
            let local = Arc::new(FaultStorage::new(Arc::new(MemoryStorage::new()), plan));
            let (store, _) = open(&remote, 1).unwrap();
            let mut store = store.with_copies(LocalCopies::new(local.clone()));
            let files: BTreeSet<_> = (0..3).map(|_| publish(&mut store, &[])).collect();
            let folder = store.begin(9).unwrap();
            write(&folder).unwrap();
            store.abandon(9);
            drop(folder);
            reached = reached.max(local.calls());
            for (checkpoint, file) in (1..).zip(&files) {
                let files = SnapshotFiles::new(remote.clone(), format!("job/chk-{checkpoint}"));
                let files = files.unwrap().with_copies(LocalCopies::new(local.clone()));
                assert_eq!(files.read(file, 99, "option").unwrap(), b"state");
            }
            assert_eq!(store.retained(), [1, 2, 3]);
        }
    }
    assert!(
        (15..40).contains(&reached),
        "{reached} operations, some of which were not failed"
    );
}
