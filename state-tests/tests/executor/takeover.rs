//! Two processes that both believe they own a job: the older one ends, and harms nobody.

use alluvium::ErrorKind;
use alluvium_state_tests::executor::{
    Collection, Environment, FileSink, JobEvent, JobHandle, RestartStrategy,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const RECORDS: u64 = 3_000;
/// Of a job that is to end, and of one that has no chance to.
const RATES: (u64, u64) = (2_000, 100);

/// A job of an id of its own, and the checkpoints that it completes.
fn start(root: &Path, checkpoint_every: Duration, rate: u64) -> (JobHandle, Receiver<()>) {
    let (tell, completed) = channel();
    let mut environment = Environment::new("owned");
    environment
        .set_parallelism(2)
        .enable_checkpointing(checkpoint_every)
        .set_checkpoint_dir(root.join("checkpoints"))
        .set_rate(rate)
        .set_restart_strategy(RestartStrategy::FixedDelay {
            attempts: 100,
            delay: Duration::from_millis(1),
        })
        .set_listener(move |event: &JobEvent<'_>| {
            if let JobEvent::CheckpointCompleted(_) = event {
                // Nobody listens at the end.
                let _: Result<(), _> = tell.send(());
            }
        });
    let output = root.join("output");
    environment
        .source(Collection::new(0..RECORDS, 2))
        .uid("numbers")
        .key_by(|n| n % 100)
        .map_with_state(|n, seen: Option<u64>| (n, Some(seen.unwrap_or(0) + 1)))
        .uid("count")
        .two_phase_sink(move || {
            FileSink::new(&output, "out", |n: &u64, line: &mut Vec<u8>| {
                line.extend_from_slice(format!("{n}\n").as_bytes());
            })
        })
        .uid("sink");
    (environment.start().unwrap(), completed)
}

/// Every record that was committed; each once.
fn committed(root: &Path) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("output")).unwrap() {
        let path = entry.unwrap().path();
        let is_committed = path.extension().is_some_and(|extension| extension == "csv");
        assert!(is_committed, "'{}' is left", path.display());
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let record = line.parse().unwrap();
            assert!(all.insert(record), "{record} is committed twice");
        }
    }
    all
}

#[test]
fn a_job_that_was_taken_over_ends_and_the_other_one_is_not_disturbed() {
    for (of_old, of_new) in [(10, 10), (50, 10), (10, 50)] {
        let root = tempfile::tempdir().unwrap();
        let (old, completed) = start(root.path(), Duration::from_millis(of_old), RATES.1);
        completed.recv().unwrap();
        completed.recv().unwrap();
        let (new, _completed) = start(root.path(), Duration::from_millis(of_new), RATES.0);
        let error = old.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        let error = error.to_string();
        assert!(error.contains("taken over"), "{error}");
        let report = new.wait().unwrap();
        assert_eq!(report.records_before + report.records_read, RECORDS);
        // What the older one wrote between the start of the other and its own end, the next run removes.
        let (next, _completed) = start(root.path(), Duration::from_millis(of_new), RATES.0);
        assert_eq!(next.wait().unwrap().records_before, RECORDS);
        assert_eq!(committed(root.path()), (0..RECORDS).collect());
    }
}
