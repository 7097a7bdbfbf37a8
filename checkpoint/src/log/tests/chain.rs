//! What may follow what, and reading a log.

use std::sync::Arc;

use alluvium_state_api::ErrorKind;

use super::{entry, job, published};
use crate::log::codec::encode;
use crate::log::entry::Entry;
use crate::log::publication::Log;
use crate::log::{JobId, LogEvent, LogState, OpenMode};
use crate::storage::{Fault, FaultStorage, MemoryStorage, Storage};

fn states() -> [LogState; 4] {
    let claimed = LogState::new();
    let one = claimed.with(published(1));
    let two = one.with(published(3));
    let retired = two.without(&[1]);
    [claimed, one, two, retired]
}

/// A log in which everything happens.
fn history() -> Vec<Entry> {
    let [claimed, one, two, retired] = states();
    let fresh = retired.claimed(9, OpenMode::Fresh, None);
    let over = fresh.claimed(9, OpenMode::StartOver, Some("from"));
    vec![
        entry(1, 1, 1, LogEvent::Claim, claimed),
        entry(2, 1, 1, LogEvent::Published, one.clone()),
        entry(3, 2, 2, LogEvent::Claim, one),
        entry(4, 2, 2, LogEvent::Published, two),
        entry(5, 2, 2, LogEvent::Retired(vec![1].into()), retired.clone()),
        entry(6, 2, 2, LogEvent::Other(5), retired.clone()),
        entry(7, 2, 2, LogEvent::Finished, retired.finished()),
        entry(
            8,
            3,
            3,
            LogEvent::Claim,
            retired
                .finished()
                .claimed(6, OpenMode::Resume, Some("there")),
        ),
        entry(9, 4, 4, LogEvent::Claim, fresh),
        entry(10, 5, 5, LogEvent::Claim, over.clone()),
        entry(11, 6, 6, LogEvent::Claim, over.clone()),
        entry(12, 6, 6, LogEvent::Published, over.with(published(9))),
    ]
}

fn stored(history: &[Entry]) -> Arc<MemoryStorage> {
    let storage = Arc::new(MemoryStorage::new());
    for entry in history {
        let path = format!("golden-job/log/{}", entry.seq);
        storage.create(&path, &encode(entry)).unwrap();
    }
    storage
}

fn newest(storage: &Arc<MemoryStorage>) -> alluvium_state_api::Result<Option<Entry>> {
    let log = Log::new(storage.clone(), job());
    Ok(log.newest(0, u64::MAX)?.map(|stored| stored.entry))
}

#[test]
fn a_whole_history_is_accepted() {
    let history = history();
    for length in 0..=history.len() {
        let found = newest(&stored(&history[..length])).unwrap();
        assert_eq!(found.as_ref(), history[..length].last());
    }
}

#[test]
fn an_origin_stands_until_something_is_published_or_all_is_given_up() {
    let before = LogState::new().with(published(1));
    let told = before.claimed(2, OpenMode::Resume, Some("there"));
    assert_eq!(told.origin.as_deref(), Some("there"));
    assert_eq!(told.live, before.live);
    let origin = |mode, origin| told.claimed(2, mode, origin).origin;
    let there = Some("there".to_owned());
    assert_eq!(origin(OpenMode::Resume, None), there);
    assert_eq!(
        origin(OpenMode::Resume, Some("elsewhere")).as_deref(),
        Some("elsewhere")
    );
    assert_eq!(origin(OpenMode::Fresh, None), None);
    assert_eq!(origin(OpenMode::StartOver, None), None);
    assert_eq!(origin(OpenMode::Fresh, Some("there")), there);
    assert_eq!(told.without(&[1]).origin, there);
    let with = told.with(published(2));
    assert_eq!((with.origin, with.live), (None, vec![published(2)]));
    // Whoever forgets it claims something else.
    let forgotten = entry(2, 2, 2, LogEvent::Claim, before);
    let first = entry(1, 1, 1, LogEvent::Claim, told);
    assert!(forgotten.check_after(&first).unwrap_err().contains("state"));
}

#[test]
fn what_does_not_follow_is_refused() {
    let [claimed, one, two, retired] = states();
    let before = entry(4, 2, 2, LogEvent::Published, two.clone());
    let three = two.with(published(7));
    let from_there = LogState {
        origin: Some("there".to_owned()),
        ..three.clone()
    };
    let cases = [
        ("seq", entry(6, 2, 2, LogEvent::Published, three.clone())),
        (
            "generation",
            entry(5, 3, 2, LogEvent::Published, three.clone()),
        ),
        ("generation", entry(5, 2, 3, LogEvent::Claim, two.clone())),
        ("owner", entry(5, 2, 3, LogEvent::Published, three.clone())),
        ("state", entry(5, 2, 2, LogEvent::Published, two.clone())),
        (
            "state",
            entry(5, 2, 2, LogEvent::Published, one.with(published(7))),
        ),
        (
            "state",
            entry(5, 2, 2, LogEvent::Published, two.with(published(2))),
        ),
        (
            "state",
            entry(5, 2, 2, LogEvent::Retired(vec![1].into()), two.clone()),
        ),
        (
            "state",
            entry(5, 2, 2, LogEvent::Retired(vec![2].into()), two.clone()),
        ),
        (
            "state",
            entry(5, 2, 2, LogEvent::Retired(vec![3].into()), retired),
        ),
        ("state", entry(5, 2, 2, LogEvent::Finished, two.clone())),
        (
            "state",
            entry(
                5,
                3,
                3,
                LogEvent::Claim,
                two.claimed(3, OpenMode::Resume, None),
            ),
        ),
        (
            "state",
            entry(
                5,
                3,
                3,
                LogEvent::Claim,
                one.claimed(9, OpenMode::Resume, None),
            ),
        ),
        ("state", entry(5, 3, 3, LogEvent::Claim, claimed)),
        ("state", entry(5, 2, 2, LogEvent::Published, from_there)),
    ];
    for (named, after) in cases {
        let differs = after.check_after(&before).unwrap_err();
        assert!(differs.contains(named), "{named}: {differs}");
    }
    let mut other = entry(5, 2, 2, LogEvent::Published, three);
    assert_eq!(other.check_after(&before), Ok(()));
    other.job = JobId::new("other").unwrap();
    assert!(
        other
            .check_after(&before)
            .unwrap_err()
            .contains("golden-job")
    );
}

#[test]
fn a_missing_entry_is_named() {
    let history = history();
    for missing in 1..history.len() {
        let storage = stored(&history);
        let path = format!("golden-job/log/{missing}");
        storage.delete(&path).unwrap();
        let error = newest(&storage).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert!(error.to_string().contains(&format!("{path}'")), "{error}");
    }
}

#[test]
fn a_forged_history_is_named() {
    let mut history = history();
    history[3].state.live[1].crc ^= 1;
    let error = newest(&stored(&history)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error
            .to_string()
            .contains("golden-job/log/5' does not follow"),
        "{error}"
    );

    let log = Log::new(stored(&history), job());
    assert_eq!(
        log.newest(0, 8).unwrap().unwrap().entry.seq,
        12,
        "not looked at so far back"
    );
    assert!(log.newest(0, 9).is_err());
}

#[test]
fn a_log_begins_with_a_claim() {
    let one = LogState::new().with(published(1));
    for first in [
        entry(1, 1, 1, LogEvent::Published, one),
        entry(1, 2, 1, LogEvent::Claim, LogState::new()),
    ] {
        let error = newest(&stored(&[first])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn an_entry_in_the_wrong_place_is_named() {
    let storage = stored(&history()[..1]);
    let first = storage.read("golden-job/log/1", 999).unwrap().unwrap();
    storage.create("golden-job/log/2", &first).unwrap();
    let error = newest(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error
            .to_string()
            .contains("log/2': expected the entry of this number"),
        "{error}"
    );

    storage.create("other/log/1", &first).unwrap();
    let log = Log::new(storage, JobId::new("other").unwrap());
    let error = log.newest(0, 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error
            .to_string()
            .contains("job 'golden-job', not to job 'other'"),
        "{error}"
    );
}

#[test]
fn an_entry_too_long_is_not_read() {
    let storage = stored(&[]);
    storage
        .create("golden-job/log/1", &vec![0; (1 << 20) + 1])
        .unwrap();
    let error = newest(&storage).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(
        error.to_string().contains("at most 1048576 bytes"),
        "{error}"
    );
}

#[test]
fn what_else_lies_in_the_folder_is_no_entry() {
    let storage = stored(&history()[..2]);
    for name in ["07", "+8", "notes.txt", "99999999999999999999"] {
        storage
            .create(&format!("golden-job/log/{name}"), b"")
            .unwrap();
    }
    assert_eq!(newest(&storage).unwrap().unwrap().seq, 2);
}

#[test]
fn the_end_of_a_long_log_is_found_with_few_questions() {
    let storage = Arc::new(FaultStorage::new(MemoryStorage::new(), |_| Fault::None));
    let claim = entry(1, 1, 1, LogEvent::Claim, LogState::new());
    for seq in 1..=5000 {
        let other = Entry {
            seq,
            ..claim.clone()
        };
        let path = format!("golden-job/log/{seq}");
        storage.inner().create(&path, &encode(&other)).unwrap();
    }
    let log = Log::new(storage.clone(), job());
    assert_eq!(log.newest(0, 1).unwrap().unwrap().entry.seq, 5000);
    assert!(storage.calls() < 30, "{} calls", storage.calls());
}

#[test]
fn an_entry_appended_while_the_folder_is_listed_is_found() {
    let history = history();
    let memory = stored(&history[..5]);
    let late = memory.clone();
    let storage = FaultStorage::new(memory, move |operation| {
        if operation.name == "list" {
            for entry in &history[5..7] {
                let path = format!("golden-job/log/{}", entry.seq);
                late.create(&path, &encode(entry)).unwrap();
            }
        }
        Fault::None
    });
    let log = Log::new(Arc::new(storage), job());
    assert_eq!(log.newest(0, u64::MAX).unwrap().unwrap().entry.seq, 7);
}
