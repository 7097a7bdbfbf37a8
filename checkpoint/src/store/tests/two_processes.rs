//! Two processes that both believe they own the job: the older is stopped inside publication, and
//! goes on after the newer one's first checkpoint.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::collection::{of_files, publish};
use super::*;
use crate::files::{FilePlace, StoredSnapshotOptions};
use crate::storage::{Fault, FaultStorage, LocalStorage};
use crate::subtask::CheckpointMetadata;

/// Set in the older process: the root, and at which call on the storage it stops.
const CHILD: &str = "ALLUVIUM_STORE_CHILD";
const BODY: &str = "store::tests::two_processes::the_older_one";

/// The body of the older process; does nothing in the process that tests. It stops before a call
/// counted from the first one of the publication of its third checkpoint, and says in the end
/// whether it published, retired and swept, and how many calls the publication was.
#[test]
fn the_older_one() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let (stop_at, root) = told.split_once(' ').unwrap();
    let stop_at: u64 = stop_at.parse().unwrap();
    let begun = Arc::new(std::sync::Mutex::new(None));
    let plan = {
        let begun = Arc::clone(&begun);
        move |operation: crate::storage::Operation<'_>| {
            let first: Option<u64> = *begun.lock().unwrap();
            if first.is_some_and(|first| operation.index == first + stop_at) {
                println!("\nstopping before {} {}", operation.name, operation.path);
                signal("STOP", std::process::id());
                // Other threads than the one that the signal has reached run on for a while.
                std::io::stdin().read_line(&mut String::new()).unwrap();
            }
            Fault::None
        }
    };
    let local = LocalStorage::open(Path::new(root)).unwrap();
    let storage = Arc::new(FaultStorage::new(local, plan));
    let (mut store, _) = open(&storage, 1).unwrap();
    let first = publish(&mut store, &[]);
    publish(&mut store, &[&first]);
    let folder = store.begin(3).unwrap();
    let written = folder.store(FilePlace::Shared, b"state").unwrap();
    let metadata = of_files(3, &[first, written].into());
    *begun.lock().unwrap() = Some(storage.calls());
    let published = store.publish(3, &metadata).is_ok();
    let calls = storage.calls() - begun.lock().unwrap().unwrap();
    // As a coordinator does that is not told of the other one.
    if !published {
        store.abandon(3);
        drop(folder);
    }
    let (retired, swept) = (store.retire(&[1]).is_ok(), store.sweep().is_ok());
    println!("\nended {published} {retired} {swept} {calls}");
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

struct Older {
    process: Child,
    told: BufReader<std::process::ChildStdout>,
}

impl Older {
    fn start(root: &Path, stop_at: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", BODY, "--nocapture"])
            .env(CHILD, format!("{stop_at} {}", root.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(process.stdout.take().unwrap());
        Self { process, told }
    }

    /// Lets it go on.
    fn go_on(&mut self) {
        signal("CONT", self.process.id());
        let mut listens = self.process.stdin.take().unwrap();
        listens.write_all(b"\n").unwrap();
    }

    /// What it says next that begins so; the rest of the line. `None` at its end.
    fn says(&mut self, word: &str) -> Option<String> {
        let mut lines = self.told.by_ref().lines().map(Result::unwrap);
        lines.find_map(|line| line.strip_prefix(word).map(|rest| rest.trim().to_owned()))
    }

    /// Waits until it does not run any more.
    fn is_stopped(&self) {
        let status = format!("/proc/{}/stat", self.process.id());
        loop {
            let stat = std::fs::read_to_string(&status).unwrap();
            let state = stat.rsplit(')').next().unwrap().trim_start();
            if state.starts_with('T') {
                return;
            }
            std::thread::yield_now();
        }
    }
}

impl Drop for Older {
    fn drop(&mut self) {
        // What a failed assertion leaves stopped.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// All files that the newest checkpoint names are there and whole.
fn is_whole(storage: &Arc<LocalStorage>, store: &CheckpointStore, checkpoint: u64) {
    let metadata = CheckpointMetadata::from_bytes(&store.read(checkpoint).unwrap()).unwrap();
    assert_eq!(metadata.checkpoint.0, checkpoint);
    let erased: Arc<dyn Storage> = storage.clone();
    let files = crate::SnapshotFiles::new(erased, format!("job/chk-{checkpoint}")).unwrap();
    crate::StoredSnapshot::new(metadata, files)
        .check_files()
        .unwrap();
}

/// Stops the older one before call `stop_at` since its publication began; whether there is such a
/// call.
fn stopped_at(stop_at: u64) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut older = Older::start(folder.path(), stop_at);
    let Some(place) = older.says("stopping before") else {
        return false;
    };
    older.is_stopped();

    let storage = Arc::new(LocalStorage::open(folder.path()).unwrap());
    let (mut newer, recovered) = open(&storage, 2).unwrap();
    let recovered = recovered.unwrap().checkpoint;
    let own = newer.next_checkpoint();
    assert!(own > recovered);
    publish(&mut newer, &[]);
    newer.retire(&[recovered]).unwrap();
    newer.sweep().unwrap();
    let before = newer.published().to_vec();

    older.go_on();
    let ended = older.says("ended").unwrap();
    let [published, retired, swept, calls] =
        <[&str; 4]>::try_from(ended.split(' ').collect::<Vec<_>>()).unwrap();
    assert_eq!(
        published == "true",
        recovered == 3,
        "stopped before {place}: the newer one went on from {recovered}"
    );
    if stop_at < calls.parse().unwrap() {
        assert_eq!((retired, swept), ("false", "false"), "before {place}");
    }
    assert!(older.process.wait().unwrap().success());

    for checkpoint in newer.retained() {
        is_whole(&storage, &newer, checkpoint);
    }
    let next = newer.next_checkpoint();
    // Its metadata may be in the way: then the id after it is free.
    let next = if newer
        .publish(next, &of_files(next, &BTreeSet::default()))
        .is_ok()
    {
        next
    } else {
        publish(&mut newer, &[]);
        next + 1
    };
    drop(newer);
    let (mut third, recovered) = open(&storage, 3).unwrap();
    assert_eq!(recovered.unwrap().checkpoint, next, "before {place}");
    assert!(third.published().starts_with(&before), "before {place}");
    third.sweep().unwrap();
    for checkpoint in third.retained() {
        is_whole(&storage, &third, checkpoint);
    }
    let left = Garbage::find(
        &(storage as Arc<dyn Storage>),
        &job(),
        StoredSnapshotOptions::default(),
    )
    .unwrap();
    assert_eq!(left, Garbage::default(), "before {place}");
    true
}

#[test]
fn the_older_one_is_stopped_inside_publication() {
    let calls = (0..64).take_while(|&call| stopped_at(call)).count();
    assert!(
        (4..64).contains(&calls),
        "metadata, entry, retirement, sweep: {calls}"
    );
}
