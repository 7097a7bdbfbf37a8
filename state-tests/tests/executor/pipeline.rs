//! Jobs without checkpoints: operators, exchanges, back-pressure, errors.

use crate::common::unchecked;
use alluvium::{ErrorKind, KeyedBackendExt, Result, StateError, ValueDescriptor};
use alluvium_state_tests::executor::{
    ChannelSettings, Collection, Context, Environment, FailAt, Failure, FailurePlan, OpenContext,
    Process, RestartStrategy, TwoInputs, unrecoverable,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn sorted<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items
}

#[test]
fn map_filter_and_flat_map_see_every_record_at_every_parallelism() {
    for parallelism in [1, 2, 3, 5] {
        let environment = unchecked(parallelism);
        let found = environment
            .source(Collection::new(0..1_000_u64, 4))
            .map(|n| n * 3)
            .filter(|n| n % 2 == 0)
            .rebalance()
            .flat_map(|n| [n, n + 1])
            .collect();
        let report = environment.execute().unwrap();
        assert_eq!((report.records_read, report.records_before), (1_000, 0));
        let expected = (0..1_000).map(|n| n * 3).filter(|n| n % 2 == 0);
        let expected = sorted(expected.flat_map(|n| [n, n + 1]).collect());
        assert_eq!(sorted(found.take()), expected);
    }
}

#[test]
fn one_subtask_keeps_the_order() {
    let environment = unchecked(1);
    let found = environment
        .from_collection(0..500_u32)
        .rebalance()
        .map(|n| n)
        .collect();
    environment.execute().unwrap();
    assert_eq!(found.take(), (0..500).collect::<Vec<_>>());
}

#[test]
fn a_broadcast_reaches_every_subtask_and_a_union_every_record() {
    let environment = unchecked(3);
    let numbers = environment.from_collection(0..100_u32);
    let all = numbers.broadcast().map(|n| n);
    let found = all.union(&numbers.map(|n| n + 1_000)).map(|n| n).collect();
    environment.execute().unwrap();
    let found = found.take();
    let copies = |n: u32| found.iter().filter(|found| **found == n).count();
    assert!((0..100).all(|n| copies(n) == 3 && copies(n + 1_000) == 1));
}

#[test]
fn short_forms_keep_and_clear_state_per_key() {
    for parallelism in [1, 3] {
        let environment = unchecked(parallelism);
        let keyed = environment
            .source(Collection::new(0..300_u64, 3))
            .key_by(|n| n % 10);
        let counts = keyed
            .map_with_state(|n, count: Option<u64>| {
                let count = count.unwrap_or(0) + 1;
                ((n % 10, count), (count < 15).then_some(count))
            })
            .collect();
        let firsts = keyed
            .filter_with_state(|_, seen: Option<bool>| (seen.is_none(), Some(true)))
            .map(|n| n % 10)
            .collect();
        let pairs = keyed
            .flat_map_with_state(|n, before: Option<u64>| match before {
                None => (None, Some(n)),
                Some(before) => (Some((before, n)), None),
            })
            .collect();
        environment.execute().unwrap();
        // Counted to 15 and begun anew, twice each.
        let counts = counts.take();
        assert!(counts.iter().all(|(_, count)| *count <= 15));
        assert_eq!(counts.iter().filter(|(_, count)| *count == 15).count(), 20);
        assert_eq!(sorted(firsts.take()), (0..10).collect::<Vec<_>>());
        let pairs = pairs.take();
        assert_eq!(pairs.len(), 150);
        assert!(pairs.iter().all(|(a, b)| a % 10 == b % 10));
    }
}

const SUM: ValueDescriptor<u64> = ValueDescriptor::new("sum");

/// Sums per key what comes first, and what comes second.
#[derive(Default)]
struct Join(Option<alluvium::ValueHandle<u64>>);

impl TwoInputs<u32, (u32, u64), u32, (u32, u64)> for Join {
    fn open(&mut self, context: &mut OpenContext<'_, u32>) -> Result<()> {
        self.0 = Some(context.keyed()?.register(&SUM)?);
        Ok(())
    }

    fn process_first(
        &mut self,
        record: (u32, u64),
        cx: &mut Context<'_, u32, (u32, u64)>,
    ) -> Result<()> {
        let mut sum = cx.keyed()?.value(self.0.unwrap());
        sum.update(|sum| *sum = Some(sum.unwrap_or(0) + record.1))
    }

    fn process_second(&mut self, _: u32, cx: &mut Context<'_, u32, (u32, u64)>) -> Result<()> {
        let mut sum = cx.keyed()?.value(self.0.unwrap());
        sum.update(|sum| *sum = Some(sum.unwrap_or(0) + 1_000))
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, u32, (u32, u64)>) -> Result<()> {
        let sum = self.0.unwrap();
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(sum, &(), |scope| {
            let total = scope.get(sum)?.map_or(0, |sum| *sum);
            output.emit((*scope.key(), total))
        })
    }
}

#[test]
fn two_keyed_inputs_share_the_state_of_a_key() {
    for parallelism in [1, 2, 3] {
        let environment = unchecked(parallelism);
        let first = environment.source(Collection::new((0..100).map(|n| (n % 7, 1_u64)), 2));
        let second = environment.from_collection(0..7_u32);
        let sums = first
            .key_by(|record| record.0)
            .connect(&second.key_by(|n| *n))
            .process(Join::default)
            .collect();
        environment.execute().unwrap();
        let sums: BTreeMap<_, _> = sums.take().into_iter().collect();
        assert_eq!(sums.len(), 7);
        for (key, sum) in sums {
            assert_eq!(
                sum,
                1_000 + (0..100).filter(|n| n % 7 == key).count() as u64
            );
        }
    }
}

/// Asks for keyed state.
struct Asks;

impl Process<(), u32, u32> for Asks {
    fn open(&mut self, context: &mut OpenContext<'_, ()>) -> Result<()> {
        context.keyed()?.register(&SUM).map(drop)
    }

    fn process(&mut self, record: u32, cx: &mut Context<'_, (), u32>) -> Result<()> {
        cx.emit(record)
    }
}

#[test]
fn keyed_state_where_nothing_is_keyed_is_an_error_that_says_so() {
    let environment = unchecked(2);
    environment
        .from_collection(0..9_u32)
        .process(|| Asks)
        .name("asks");
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    let text = error.to_string();
    assert!(text.contains("'asks'") && text.contains("key_by"), "{text}");
}

#[test]
fn duplicate_uids_are_refused_before_anything_runs() {
    let environment = unchecked(1);
    let source = environment.from_collection(0..9_u32);
    let found = source.map(|n| n).uid("same").collect();
    source.map(|n| n).uid("same");
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("same uid 'same'"), "{error}");
    assert!(found.take().is_empty());
}

#[test]
fn an_error_names_its_operator_once_and_a_panic_is_one() {
    for failure in [Failure::Error, Failure::Panic] {
        let mut environment = unchecked(2);
        environment
            .source(Collection::new(0..100_u32, 2))
            .map(|n| n)
            .key_by(|n| *n)
            .process(|| Doubles)
            .uid("doubles")
            .map(|n| n);
        let plan = FailurePlan::new().fail("doubles", Some(1), FailAt::Record(5), failure);
        environment.set_failures(plan);
        let text = environment.execute().unwrap_err().to_string();
        assert_eq!(
            text.matches("operator 'doubles', subtask 1").count(),
            1,
            "{text}"
        );
        assert!(text.contains("job 'test'"), "{text}");
    }
}

struct Doubles;

impl Process<u32, u32, u32> for Doubles {
    fn process(&mut self, record: u32, cx: &mut Context<'_, u32, u32>) -> Result<()> {
        cx.emit(record * 2)
    }
}

#[test]
fn without_checkpoints_a_restart_begins_from_scratch_and_only_if_asked_for() {
    let run = |strategy: Option<RestartStrategy>| {
        let mut environment = unchecked(1);
        let found = environment
            .from_collection(0..20_u32)
            .map(|n| n)
            .uid("map")
            .collect();
        let plan = FailurePlan::new().fail("map", None, FailAt::Record(11), Failure::Panic);
        environment.set_failures(plan);
        if let Some(strategy) = strategy {
            environment.set_restart_strategy(strategy);
        }
        (environment.execute(), found.take())
    };
    let (result, found) = run(None);
    assert!(result.is_err());
    assert_eq!(found.len(), 10);
    let once = RestartStrategy::FixedDelay {
        attempts: 1,
        delay: Duration::ZERO,
    };
    let (result, found) = run(Some(once));
    let report = result.unwrap();
    assert_eq!((report.restarts, report.records_read), (1, 20));
    assert!(report.records_processed > 20);
    assert_eq!(found.len(), 30);
}

#[test]
fn restarts_run_out_and_the_first_cause_is_told() {
    let mut environment = unchecked(2);
    environment
        .source(Collection::new(0..100_u32, 2))
        .map(|n| n)
        .uid("map");
    let plan = FailurePlan::new()
        .fail("map", Some(1), FailAt::Record(3), Failure::Error)
        .fail("map", Some(0), FailAt::Record(4), Failure::Panic)
        .times(10);
    environment
        .set_failures(plan)
        .set_restart_strategy(RestartStrategy::FixedDelay {
            attempts: 2,
            delay: Duration::ZERO,
        });
    let text = environment.execute().unwrap_err().to_string();
    assert!(
        text.contains("after 2 restarts") && text.contains("first cause"),
        "{text}"
    );
}

#[test]
fn what_no_restart_can_help_fails_at_once() {
    let mut environment = unchecked(1);
    let tries = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&tries);
    environment.from_collection(0..10_u32).for_each(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Err(unrecoverable(StateError::corrupt("line 1 is bad")))
    });
    environment.set_restart_strategy(RestartStrategy::FixedDelay {
        attempts: 5,
        delay: Duration::ZERO,
    });
    let error = environment.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("line 1 is bad"), "{error}");
    assert_eq!(tries.load(Ordering::Relaxed), 1);
}

#[test]
fn a_slow_task_holds_its_source_back() {
    let mut environment = Environment::new("test");
    environment.set_channels(ChannelSettings {
        batch: 10,
        capacity: 2,
    });
    let read = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&read);
    let greatest = Arc::new(AtomicU64::new(0));
    let seen = Arc::new(AtomicU64::new(0));
    let behind = Arc::clone(&greatest);
    environment
        .from_collection(0..10_000_u32)
        .map(move |n| {
            counted.fetch_add(1, Ordering::SeqCst);
            n
        })
        .rebalance()
        .for_each(move |_| {
            let done = seen.fetch_add(1, Ordering::SeqCst);
            behind.fetch_max(read.load(Ordering::SeqCst) - done, Ordering::SeqCst);
            Ok(())
        });
    environment.execute().unwrap();
    // Two batches wait in the channel; one is held at either end.
    let greatest = greatest.load(Ordering::SeqCst);
    assert!(greatest <= 40, "{greatest} records were under way");
}

#[test]
fn a_job_can_be_cancelled() {
    let mut environment = unchecked(2);
    environment
        .source(Collection::new(0..1_000_000_u32, 2))
        .rebalance()
        .map(|n| n);
    environment.set_rate(100);
    let handle = environment.start().unwrap();
    handle.cancel();
    assert_eq!(handle.wait().unwrap_err().kind(), ErrorKind::Cancelled);
}
