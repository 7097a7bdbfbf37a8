use super::{Committable, FileSink, TwoPhaseSink};
use alluvium::{CheckpointId, SubtaskInfo};
use std::fs;
use std::path::Path;

fn subtask(index: u32) -> SubtaskInfo {
    SubtaskInfo {
        operator: "sink".to_owned(),
        index,
        parallelism: 2,
    }
}

fn sink(directory: &Path, index: u32, due: &[Committable]) -> FileSink<u32> {
    let mut sink = FileSink::new(directory, "out", |record: &u32, line: &mut Vec<u8>| {
        line.extend_from_slice(format!("{record}\n").as_bytes());
    })
    .with_header("n\n");
    sink.open(&subtask(index), due).unwrap();
    sink
}

fn written(sink: &mut FileSink<u32>, record: u32, checkpoint: u64) -> Committable {
    let mut transaction = sink.begin().unwrap();
    sink.write(&mut transaction, record).unwrap();
    sink.pre_commit(transaction, CheckpointId(checkpoint))
        .unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_appears_whole_at_its_commit_which_can_be_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let mut sink = sink(directory.path(), 1, &[]);
    let due = written(&mut sink, 7, 3);
    let pending = format!(".out-3-1-{}.pending", sink.run);
    assert_eq!(names(directory.path()), [pending]);
    sink.commit(&due).unwrap();
    sink.commit(&due).unwrap();
    assert_eq!(names(directory.path()), ["out-3-1.csv"]);
    let text = fs::read_to_string(directory.path().join("out-3-1.csv")).unwrap();
    assert_eq!(text, "n\n7\n");
}

#[test]
fn leftovers_go_but_neither_what_is_due_nor_what_is_not_ours() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    let due = written(&mut first, 1, 1);
    let _ = written(&mut first, 2, 2);
    std::mem::forget(first.begin().unwrap());
    fs::write(path.join(".out-x-1.pending"), "foreign").unwrap();
    fs::write(path.join("notes.txt"), "foreign").unwrap();
    let mut second = sink(path, 1, &[due]);
    let pending = format!(".out-1-0-{}.pending", first.run);
    assert_eq!(names(path), [&pending, ".out-x-1.pending", "notes.txt"]);
    second.commit(&due).unwrap();
    assert!(names(path).contains(&"out-1-0.csv".to_owned()));
}

#[test]
fn nothing_is_overwritten_and_a_loss_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut sink = sink(directory.path(), 0, &[]);
    fs::write(directory.path().join("out-1-0.csv"), "before").unwrap();
    let due = written(&mut sink, 1, 1);
    assert!(
        sink.commit(&due)
            .unwrap_err()
            .to_string()
            .contains("already")
    );
    assert!(
        sink.commit(&(9, 0, 0))
            .unwrap_err()
            .to_string()
            .contains("gone")
    );
    let text = fs::read_to_string(directory.path().join("out-1-0.csv")).unwrap();
    assert_eq!(text, "before");
}

#[test]
fn an_aborted_transaction_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut sink = sink(directory.path(), 0, &[]);
    let mut transaction = sink.begin().unwrap();
    sink.write(&mut transaction, 1).unwrap();
    sink.abort(transaction).unwrap();
    assert!(names(directory.path()).is_empty());
}

#[test]
fn own_names_are_told_from_others() {
    let own = |name| FileSink::<u32>::is_own_name("out", name);
    assert!(own("out-1-0.csv") && own(".out-12-3-4.pending") && own(".out-1-0-9.part"));
    assert!(!own("out-1.csv") && !own("out--1-0.csv") && !own("other-1-0.csv"));
    assert!(!own(".out-1-0.csv") && !own("out-1-0-1.pending"));
    assert!(!own(".out-1-0.part") && !own(".out-1-0-x.part") && !own("out-1-0-1.csv"));
}

#[test]
fn what_is_taken_back_is_removed_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    for checkpoint in 1..=4 {
        let due = written(&mut first, 7, checkpoint);
        first.commit(&due).unwrap();
    }
    fs::write(path.join("other-9-0.csv"), "foreign").unwrap();
    let mut second = first.clone();
    second.roll_back(CheckpointId(2)).unwrap();
    second.roll_back(CheckpointId(2)).unwrap();
    assert_eq!(names(path), ["other-9-0.csv", "out-1-0.csv", "out-2-0.csv"]);
    let due = written(&mut second, 8, 3);
    second.commit(&due).unwrap();
}

#[test]
fn only_in_a_new_directory_may_what_is_due_be_left_where_it_was() {
    for (may_move, used, good) in [
        (true, false, true),
        (true, true, false),
        (false, false, false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        if used {
            fs::write(directory.path().join("out-1-0.csv"), "n\n").unwrap();
        }
        let mut sink = sink(directory.path(), 0, &[]).with_new_directory(may_move);
        sink.open(&subtask(0), &[(5, 0, 1)]).unwrap();
        assert_eq!(sink.commit(&(5, 0, 1)).is_ok(), good);
        drop(sink.begin().unwrap());
        sink.commit(&(5, 0, 1)).unwrap_err();
    }
}

/// A process that believes it still owns the job writes on when another one has begun.
#[test]
fn two_runs_of_one_subtask_do_not_touch_each_others_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut old = sink(path, 0, &[]);
    let mut new = sink(path, 0, &[]);
    let of_old = written(&mut old, 1, 7);
    let of_new = written(&mut new, 2, 7);
    assert_ne!(of_old, of_new);
    new.commit(&of_new).unwrap();
    assert_eq!(
        fs::read_to_string(path.join("out-7-0.csv")).unwrap(),
        "n\n2\n"
    );
}

#[test]
fn only_who_is_to_replace_removes_what_was_committed_before() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    let due = written(&mut first, 1, 3);
    first.commit(&due).unwrap();
    fs::write(path.join("other-9-0.csv"), "foreign").unwrap();
    first.start_over().unwrap();
    assert_eq!(names(path), ["other-9-0.csv", "out-3-0.csv"]);
    let mut again = first.clone().with_replacement(true);
    again.start_over().unwrap();
    assert_eq!(names(path), ["other-9-0.csv"]);
}

/// Also what a savepoint leaves to be committed is of before.
#[test]
fn who_replaces_needs_nothing_of_what_was_due() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    let committed = written(&mut first, 1, 3);
    first.commit(&committed).unwrap();
    let pending = written(&mut first, 2, 4);
    let due = [committed, pending];
    let mut again = first.clone().with_replacement(true);
    again.roll_back(CheckpointId(4)).unwrap();
    again.start_over().unwrap();
    again.open(&subtask(0), &due).unwrap();
    for due in &due {
        again.commit(due).unwrap();
    }
    assert!(names(path).is_empty(), "{:?}", names(path));
    // After a failure it goes on from a checkpoint of its own.
    let own = written(&mut again, 3, 5);
    let mut restarted = first.clone().with_replacement(true);
    restarted.roll_back(CheckpointId(5)).unwrap();
    restarted.open(&subtask(0), &[own]).unwrap();
    restarted.commit(&own).unwrap();
    assert_eq!(names(path), ["out-5-0.csv"]);
}

#[test]
fn what_cannot_be_done_is_found_out_while_nothing_has_changed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    let due: Vec<_> = (1..=4)
        .map(|checkpoint| written(&mut first, 7, checkpoint))
        .collect();
    first.commit(&due[0]).unwrap();
    first.commit(&due[3]).unwrap();
    let before = names(path);
    let mut check = |due: &[Committable], from: u64, begins| {
        let checked = first.check(due, Some(CheckpointId(from)), begins);
        assert_eq!(names(path), before);
        checked.map_err(|error| error.to_string())
    };
    check(&due, 4, false).unwrap();
    let lost = [due[0], (2, 1, 9)];
    assert!(check(&lost, 4, true).unwrap_err().contains("gone"));
    fs::write(path.join("out-3-0.csv"), "n\n").unwrap();
    let before = names(path);
    let error = first.check(&due, None, false).unwrap_err().to_string();
    assert!(error.contains("already"), "{error}");
    // Whoever replaces all of it needs nothing of it.
    let mut again = first.clone().with_replacement(true);
    again.check(&lost, Some(CheckpointId(4)), true).unwrap();
    again
        .check(&lost, Some(CheckpointId(4)), false)
        .unwrap_err();
    assert_eq!(names(path), before);

    let file = path.join("out-1-0.csv");
    let mut nowhere = FileSink::new(&file, "out", |_: &u32, _: &mut Vec<u8>| {});
    let error = nowhere.check(&[], None, true).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
}

/// What a run has left there that was killed, or that is about to be taken back, does not count.
#[test]
fn a_new_directory_stays_one_until_something_is_committed_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut first = sink(path, 0, &[]);
    let _ = written(&mut first, 1, 6);
    let behind = written(&mut first, 1, 7);
    first.commit(&behind).unwrap();
    let mut moved = first.clone().with_new_directory(true);
    let (due, from) = ([(5, 0, 1)], CheckpointId(5));
    moved.check(&due, Some(CheckpointId(7)), true).unwrap_err();
    moved.check(&due, Some(from), true).unwrap();
    moved.roll_back(from).unwrap();
    moved.open(&subtask(0), &due).unwrap();
    assert!(names(path).is_empty());
    moved.commit(&due[0]).unwrap();
}

/// A process that has not heard yet that it lost the job commits what it published last, as does the one
/// that goes on from there.
#[test]
fn two_runs_may_commit_the_same_at_the_same_moment() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut old = sink(path, 0, &[]);
    let both = std::sync::Barrier::new(2);
    for checkpoint in 1..=300 {
        let due = written(&mut old, 7, checkpoint);
        let mut new = old.clone();
        let commit = |sink: &mut FileSink<u32>| {
            both.wait();
            sink.check(&[due], None, false)?;
            sink.commit(&due)
        };
        std::thread::scope(|scope| {
            let one = scope.spawn(|| commit(&mut old));
            let other = scope.spawn(|| commit(&mut new));
            one.join().unwrap().unwrap();
            other.join().unwrap().unwrap();
        });
        assert!(path.join(format!("out-{checkpoint}-0.csv")).exists());
    }
}
