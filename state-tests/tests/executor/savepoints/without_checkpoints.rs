//! Savepoints of jobs that take no checkpoints.

use super::{Place, Running, cancel, fail, fail_before_commit, finish_on, local, open};
use crate::common::{RECORDS, RULE_COUNT, check, environment, numbers, unchecked};
use alluvium::{
    ErrorKind, FsBackend, FsSettings, OperatorListDescriptor, OperatorListHandle,
    OperatorStateStore, Result,
};
use alluvium_state_tests::executor::{
    BarrierContext, ChannelSettings, Context, Environment, JobEvent, OpenContext, Process,
    RestartStrategy,
};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};
use std::time::Duration;

fn slow(parallelism: u32) -> Environment {
    let mut environment = unchecked(parallelism);
    environment.set_rate(8_000);
    environment
}

/// State goes into files, however little it is.
fn on_files(parallelism: u32) -> Environment {
    let mut settings = FsSettings::default();
    settings.files.inline_threshold = 0;
    let mut environment = slow(parallelism);
    environment.set_state_backend(FsBackend::new(settings).unwrap());
    environment
}

/// Waits until the source of rules, which has few, has come to its end; the others have not.
fn until_rules_have_ended(running: &Running) {
    running.until(RULE_COUNT * 8);
}

#[test]
fn it_is_taken_while_the_job_runs_on() {
    for (mut environment, from, to) in [(slow(2), 2, 3), (on_files(3), 3, 1)] {
        let place = Place::new();
        let running = Running::start(&place, &mut environment);
        until_rules_have_ended(&running);
        let path = running.handle.savepoint(None).unwrap();
        let report = running.gate.wait(running.handle).unwrap();
        assert_eq!((report.savepoints, report.checkpoints), (1, 0));
        check(&running.outputs, &place.output(), from);
        // What the job has committed behind the savepoint is taken back.
        finish_on(&place, local(&path), &mut unchecked(to), to);
    }
}

#[test]
fn the_job_stops_with_it() {
    for drain in [false, true] {
        for (mut job, parallelism) in [(slow(3), 2), (on_files(2), 3)] {
            let place = Place::new();
            let running = Running::start(&place, &mut job);
            until_rules_have_ended(&running);
            let path = running.handle.stop(None, drain).unwrap();
            let report = running.gate.wait(running.handle).unwrap();
            assert_eq!(report.stopped_with.as_ref(), Some(&path));
            assert!(report.records_read < RECORDS, "it stopped before its end");
            // Only with the input are the rows of keys told.
            assert_eq!(running.outputs.rows.take().is_empty(), !drain);
            // With checkpoints or without: the savepoint does not care.
            let mut next = if drain {
                environment(parallelism)
            } else {
                unchecked(parallelism)
            };
            finish_on(&place, local(&path), &mut next, parallelism);
        }
    }
}

#[test]
fn the_job_is_cancelled_once_it_stands() {
    cancel(&mut slow(2), &mut unchecked(1), 1);
}

#[test]
fn a_job_that_fails_between_it_and_the_commit_only_commits() {
    let mut job = on_files(2);
    job.set_restart_strategy(RestartStrategy::FixedDelay {
        attempts: 1,
        delay: Duration::ZERO,
    });
    fail_before_commit(&mut job, &mut unchecked(2), 2);
}

#[test]
fn one_that_fails_leaves_the_job_alone() {
    fail(&mut slow(2), 2);
}

#[test]
fn those_asked_for_at_the_end_stand_or_are_refused() {
    let (mut stood, mut refused) = (0, 0);
    for records_left in 0..60 {
        let place = Place::new();
        let mut environment = unchecked(2);
        if records_left % 2 == 0 {
            environment.set_rate(20_000);
        }
        let running = Running::start(&place, &mut environment);
        running.gate.open();
        running.until(RECORDS + RULE_COUNT - 10 * records_left);
        let asked = running.handle.savepoint(None);
        running.gate.wait(running.handle).unwrap();
        check(&running.outputs, &place.output(), 2);
        match asked {
            Ok(path) => {
                stood += 1;
                finish_on(&place, local(&path), &mut unchecked(3), 3);
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
                assert_eq!(place.savepoint_count(), 0);
            }
        }
    }
    assert!(stood > 0 && refused > 0, "{stood} {refused}");
}

/// Tells that its snapshot is due, and takes a large one once it may.
struct Held {
    due: Sender<()>,
    may: Arc<Barrier>,
    numbers: Option<OperatorListHandle<u64>>,
}

impl Process<(), u64, u64> for Held {
    fn open(&mut self, context: &mut OpenContext<'_, ()>) -> Result<()> {
        let numbers = OperatorListDescriptor::split("numbers");
        self.numbers = Some(context.operator().register_list(&numbers)?);
        Ok(())
    }

    fn process(&mut self, _: u64, _: &mut Context<'_, (), u64>) -> Result<()> {
        Ok(())
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, ()>) -> Result<()> {
        self.due.send(()).unwrap();
        self.may.wait();
        let numbers = (0..100_000).collect();
        context.operator().list_set(self.numbers.unwrap(), numbers)
    }
}

#[test]
fn the_tasks_wait_at_the_end_until_it_stands() {
    let place = Place::new();
    let mut environment = unchecked(1);
    environment.set_channels(ChannelSettings {
        batch: 8,
        capacity: RECORDS as usize,
    });
    environment
        .set_rate(1_000)
        .set_savepoint_dir(place.savepoints());
    let (due, is_due) = channel();
    let may = Arc::new(Barrier::new(2));
    let wait = Arc::clone(&may);
    let held = numbers(&environment).rebalance().process(move || Held {
        due: due.clone(),
        may: Arc::clone(&wait),
        numbers: None,
    });
    held.uid("held").collect();
    let (tell, records) = channel();
    environment.set_listener(move |event: &JobEvent<'_>| {
        if let JobEvent::Progress { records } = event {
            let _: std::result::Result<(), _> = tell.send(*records);
        }
    });
    environment.set_progress_interval(Duration::from_millis(2));
    let handle = environment.start().unwrap();
    let asked = handle.control().savepoint(None).unwrap();
    is_due.recv_timeout(Duration::from_mins(1)).unwrap();
    while records.recv().unwrap() < RECORDS {}
    // So that a source that does not wait would have ended.
    records.iter().take(10).for_each(drop);
    may.wait();
    let path = asked.wait().unwrap();
    let opened = open(local(&path));
    for uid in ["numbers", "held"] {
        assert!(!opened.stored.metadata().operator(uid).unwrap().is_empty());
    }
    assert_eq!(handle.wait().unwrap().savepoints, 1);
}

#[test]
fn checkpoints_are_refused() {
    let place = Place::new();
    let running = Running::start(&place, &mut slow(1));
    let asked = running.handle.control().checkpoint();
    let error = asked.unwrap().wait().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    let text = error.to_string();
    assert!(
        text.contains("'execution.checkpointing.interval'"),
        "{text}"
    );
    running.gate.wait(running.handle).unwrap();
    check(&running.outputs, &place.output(), 1);
}
