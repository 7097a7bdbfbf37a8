//! The interfaces of functions, and what is heard of a job from outside.
use crate::common::{KEYS, RECORDS, environment, numbers};
use alluvium::{
    AnyBackend, CheckpointId, CheckpointedFunction, ErrorKind, HeapOperatorState,
    InitializationContext, KeyedBackendExt, ListCheckpointed, OperatorListDescriptor,
    OperatorListHandle, OperatorStateStore, Result, SnapshotContext, ValueDescriptor, ValueHandle,
};
use alluvium_state_tests::executor::{
    Checkpointed, Context, Environment, FailAt, Failure, FailurePlan, JobEvent, ListState, Process,
    TwoInputs,
};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const KEYED: ValueDescriptor<u64> = ValueDescriptor::new("keyed");
const OPERATOR: OperatorListDescriptor<u64> = OperatorListDescriptor::split("operator");

/// Counts per key in keyed state, and all of the subtask in operator state.
#[derive(Default)]
struct CheckpointCount {
    keyed: Option<ValueHandle<u64>>,
    operator: Option<OperatorListHandle<u64>>,
    all: u64,
}

type Backend = AnyBackend<u64>;

impl CheckpointedFunction<Backend, HeapOperatorState> for CheckpointCount {
    fn initialize_state(
        &mut self,
        context: &mut InitializationContext<'_, Backend, HeapOperatorState>,
    ) -> Result<()> {
        self.keyed = Some(context.keyed()?.register(&KEYED)?);
        let operator = context.operator().register_list(&OPERATOR)?;
        if context.is_restored() {
            self.all = context.operator().list_get(operator)?.iter().sum();
        }
        self.operator = Some(operator);
        Ok(())
    }

    fn snapshot_state(
        &mut self,
        context: &mut SnapshotContext<'_, Backend, HeapOperatorState>,
    ) -> Result<()> {
        let all = vec![self.all];
        context.operator().list_set(self.operator.unwrap(), all)
    }
}

type Counted = (u64, u64);

impl Process<u64, u64, Counted> for CheckpointCount {
    fn process(&mut self, record: u64, cx: &mut Context<'_, u64, Counted>) -> Result<()> {
        self.all += 1;
        let mut value = cx.keyed()?.value(self.keyed.unwrap());
        let count = value.update(|count| {
            let next = count.unwrap_or(0) + 1;
            *count = Some(next);
            next
        })?;
        cx.emit((record % KEYS, count))
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, u64, Counted>) -> Result<()> {
        cx.emit((u64::MAX, self.all))
    }
}

/// Counts its records; the count is its list.
#[derive(Default)]
struct RecordCount(u64);

impl ListCheckpointed for RecordCount {
    type Item = u64;

    fn snapshot_state(&mut self, checkpoint: CheckpointId, timestamp: i64) -> Result<Vec<u64>> {
        assert!(checkpoint.0 > 0 && timestamp > 0);
        Ok(vec![self.0])
    }

    fn restore_state(&mut self, items: Vec<u64>) -> Result<()> {
        self.0 = items.iter().sum();
        Ok(())
    }
}

impl Process<(), Counted, u64> for RecordCount {
    fn process(&mut self, _: Counted, _: &mut Context<'_, (), u64>) -> Result<()> {
        self.0 += 1;
        Ok(())
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, (), u64>) -> Result<()> {
        cx.emit(self.0)
    }
}

#[test]
fn both_interfaces_of_the_contract_keep_their_state_through_a_failure() {
    let parallelism = 2;
    let mut environment = environment(parallelism);
    let counted = numbers(&environment)
        .key_by(|n| n % KEYS)
        .process(|| Checkpointed(CheckpointCount::default()))
        .uid("counts");
    let records = counted
        .process(|| ListState::new(RecordCount::default()))
        .uid("records")
        .collect();
    let counted = counted.collect();
    environment.set_failures(FailurePlan::new().fail(
        "records",
        None,
        FailAt::AfterBarrier(3),
        Failure::Error,
    ));
    let report = environment.execute().unwrap();
    assert_eq!(report.restarts, 1);
    let (totals, counts): (Vec<_>, Vec<_>) = counted
        .take()
        .into_iter()
        .partition(|(key, _)| *key == u64::MAX);
    assert_eq!(totals.iter().map(|(_, all)| all).sum::<u64>(), RECORDS);
    let mut greatest = BTreeMap::new();
    for (key, count) in counts {
        let kept: &mut u64 = greatest.entry(key).or_default();
        *kept = count.max(*kept);
    }
    assert_eq!(greatest.values().sum::<u64>(), RECORDS);
    // Each subtask's own last record is emitted after its count.
    assert_eq!(
        records.take().iter().sum::<u64>(),
        RECORDS + u64::from(parallelism)
    );
}

/// Says which of its inputs a record came from.
struct Which;

impl TwoInputs<(), u64, &'static str, String> for Which {
    fn process_first(&mut self, record: u64, cx: &mut Context<'_, (), String>) -> Result<()> {
        assert!(cx.keyed().is_err() && cx.backend().is_err());
        cx.emit(format!("first {record}"))
    }

    fn process_second(
        &mut self,
        record: &'static str,
        cx: &mut Context<'_, (), String>,
    ) -> Result<()> {
        cx.emit(format!("second {record}"))
    }
}

#[test]
fn two_inputs_need_no_keys() {
    let environment = environment(2);
    let first = environment.from_collection([1, 2]);
    let second = environment.from_collection(["a", "b"]);
    let found = first.connect(&second).process(|| Which).collect();
    environment.execute().unwrap();
    let mut found = found.take();
    found.sort();
    assert_eq!(found, ["first 1", "first 2", "second a", "second b"]);
}

#[test]
fn a_listener_hears_what_happens_in_order() {
    let mut environment = environment(2);
    numbers(&environment)
        .key_by(|n| n % KEYS)
        .map_with_state(|n, _: Option<u64>| (n, Some(n)))
        .uid("map");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    environment.set_listener(move |event: &JobEvent<'_>| {
        listener.lock().push(match event {
            JobEvent::Started {
                restored_from,
                records_before,
                restarts,
            } => format!(
                "started {restarts} {} {records_before}",
                restored_from.is_some()
            ),
            JobEvent::Progress { records } => format!("progress {records}"),
            JobEvent::CheckpointStarted(id) => format!("begun {id}"),
            JobEvent::CheckpointCompleted(stats) => {
                assert!(stats.size > 0);
                format!(
                    "completed {}{}",
                    stats.checkpoint,
                    if stats.last { " last" } else { "" }
                )
            }
            JobEvent::CheckpointFailed { checkpoint, .. } => format!("failed {checkpoint}"),
            JobEvent::Restarting { .. } => "restarting".to_owned(),
            _ => "other".to_owned(),
        });
    });
    environment.set_failures(FailurePlan::new().fail(
        "map",
        None,
        FailAt::Complete(1),
        Failure::Error,
    ));
    let report = environment.execute().unwrap();
    let heard = heard.lock();
    let place = |wanted: &str| {
        let found = heard.iter().position(|event| event.starts_with(wanted));
        found.unwrap_or_else(|| panic!("'{wanted}' is not among {heard:?}"))
    };
    let order = [
        "started 0 false 0",
        "begun 1",
        "completed 1",
        "restarting",
        "started 1 true",
    ];
    assert!(order.windows(2).all(|pair| place(pair[0]) < place(pair[1])));
    assert!(heard.iter().any(|event| event.ends_with("last")));
    assert_eq!(heard.last(), Some(&format!("progress {RECORDS}")));
    let completed = heard.iter().filter(|event| event.starts_with("completed"));
    assert_eq!(completed.count() as u64, report.checkpoints);
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_runs() {
    let refused = |change: fn(&mut Environment)| {
        let mut environment = Environment::new("test");
        let found = numbers(&environment).collect();
        change(&mut environment);
        let error = environment.execute().unwrap_err();
        assert!(found.take().is_empty());
        assert_eq!(error.kind(), ErrorKind::Misuse);
        error.to_string()
    };
    assert!(refused(|e| drop_unit(e.set_parallelism(0))).contains("found 0"));
    assert!(refused(|e| drop_unit(e.set_parallelism(40_000))).contains("40000"));
    assert!(refused(|e| drop_unit(e.set_rate(0))).contains("rate"));
    assert!(refused(|e| drop_unit(e.set_checkpoint_every(5))).contains("not enabled"));
    let hasty = |e: &mut Environment| drop_unit(e.enable_checkpointing(Duration::from_millis(1)));
    assert!(refused(hasty).contains("interval"));
    let unknown = |e: &mut Environment| {
        let plan = FailurePlan::new().fail("nobody", None, FailAt::Record(1), Failure::Panic);
        drop_unit(e.set_failures(plan));
    };
    assert!(refused(unknown).contains("'nobody'"));
}

fn drop_unit(_: &mut Environment) {}

#[test]
fn an_environment_runs_once_at_a_time_but_again_later() {
    let mut environment = environment(1);
    let found = numbers(&environment).collect();
    environment.set_rate(50);
    let (started, has_started) = std::sync::mpsc::channel();
    let started = Mutex::new(started);
    environment.set_listener(move |event: &JobEvent<'_>| {
        if matches!(event, JobEvent::Started { .. }) {
            started.lock().send(()).unwrap();
        }
    });
    let running = environment.start().unwrap();
    has_started.recv().unwrap();
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("executing already"), "{error}");
    running.cancel();
    assert_eq!(running.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    found.take();
    environment.set_rate(u64::from(u32::MAX));
    environment.execute().unwrap();
    assert_eq!(found.take().len() as u64, RECORDS);
}
