//! A job that uses every kind of state there is, and what it should come to.

use crate::derived::{self, Keep, Kept, Place};
use crate::gate::{Gate, Gated};
use alluvium::{
    AggregatingDescriptor, AggregatingHandle, Aggregator, BroadcastDescriptor, BroadcastHandle,
    CheckpointId, KeyGroup, KeyedBackendExt, ListDescriptor, ListHandle, MapDescriptor, MapHandle,
    OperatorListDescriptor, OperatorListHandle, OperatorStateStore, Reducer, ReducingDescriptor,
    ReducingHandle, Result, ValueDescriptor, ValueHandle,
};
use alluvium_state_tests::executor::{
    BarrierContext, ChannelSettings, Collected, Collection, Context, Environment, FileSink,
    OpenContext, Process, RestartStrategy, Stream, TwoInputs,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The number of records of the source.
pub(crate) const RECORDS: u64 = 2_000;
/// The number of keys.
pub(crate) const KEYS: u64 = 37;
/// The number of splits of the source.
pub(crate) const SPLITS: u32 = 6;

/// An environment with small channels, and no checkpoints.
pub(crate) fn unchecked(parallelism: u32) -> Environment {
    let mut environment = Environment::new("test");
    environment
        .set_parallelism(parallelism)
        .set_channels(ChannelSettings {
            batch: 8,
            capacity: 2,
        });
    environment
}

/// An environment with small channels, quick restarts, and checkpoints at fixed records.
pub(crate) fn environment(parallelism: u32) -> Environment {
    let mut environment = unchecked(parallelism);
    environment
        .enable_checkpointing(Duration::from_hours(1))
        .set_checkpoint_every(120)
        .set_restart_strategy(RestartStrategy::FixedDelay {
            attempts: 5,
            delay: Duration::ZERO,
        });
    environment
}

pub(crate) fn numbers(environment: &Environment) -> Stream<u64> {
    let numbers = environment.source(Collection::new(0..RECORDS, SPLITS));
    numbers.uid("numbers")
}

/// What a key has come to: how many records, their sum, the distinct tens among them, and the
/// least of each list of records that was gathered.
pub(crate) type Row = (u64, u64, u64, u64);

const COUNT: ValueDescriptor<(u64, u64)> = ValueDescriptor::new("count");
const TENS: MapDescriptor<u64, u64> = MapDescriptor::new("tens");
const SEEN: ListDescriptor<u64> = ListDescriptor::new("seen");
const LEAST: ReducingDescriptor<Least> = ReducingDescriptor::new("least");
const SPAN: AggregatingDescriptor<Span> = AggregatingDescriptor::new("span");

struct Least;

impl Reducer for Least {
    type Value = u64;

    fn reduce(least: &mut u64, value: u64) {
        *least = value.min(*least);
    }
}

/// How far the least and the greatest lie apart.
struct Span;

impl Aggregator for Span {
    type In = u64;
    type Acc = (u64, u64);
    type Out = u64;

    fn create() -> (u64, u64) {
        (u64::MAX, 0)
    }

    fn add(acc: &mut (u64, u64), value: u64) {
        Self::merge(acc, (value, value));
    }

    fn result(acc: &(u64, u64)) -> u64 {
        acc.1 - acc.0
    }

    fn merge(acc: &mut (u64, u64), other: (u64, u64)) {
        *acc = (acc.0.min(other.0), acc.1.max(other.1));
    }
}

#[derive(Clone, Copy)]
struct Handles {
    count: ValueHandle<(u64, u64)>,
    tens: MapHandle<u64, u64>,
    seen: ListHandle<u64>,
    least: ReducingHandle<Least>,
    span: AggregatingHandle<Span>,
}

/// Keeps all five kinds of state per key, and the number of all its records in raw keyed state
/// (by group) as well.
#[derive(Default)]
pub(crate) struct Tally {
    handles: Option<Handles>,
    by_group: BTreeMap<KeyGroup, u64>,
}

impl Process<u64, u64, (u64, Row)> for Tally {
    fn open(&mut self, context: &mut OpenContext<'_, u64>) -> Result<()> {
        for (group, bytes) in context.raw_keyed.iter() {
            let count = u64::from_le_bytes(bytes.try_into().unwrap());
            self.by_group.insert(group, count);
        }
        let backend = context.keyed()?;
        self.handles = Some(Handles {
            count: backend.register(&COUNT)?,
            tens: backend.register(&TENS)?,
            seen: backend.register(&SEEN)?,
            least: backend.register(&LEAST)?,
            span: backend.register(&SPAN)?,
        });
        Ok(())
    }

    fn process(&mut self, record: u64, cx: &mut Context<'_, u64, (u64, Row)>) -> Result<()> {
        let handles = self.handles.unwrap();
        let scope = cx.keyed()?;
        *self.by_group.entry(scope.group()).or_default() += 1;
        scope.value(handles.count).update(|count| {
            let (n, sum) = count.unwrap_or_default();
            *count = Some((n + 1, sum + record));
        })?;
        scope.map(handles.tens).put(record / 10, record)?;
        scope.reducing(handles.least).add(record)?;
        scope.aggregating(handles.span).add(record)?;
        scope.list(handles.seen).add(record)
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, u64>) -> Result<()> {
        let writer = context.raw_keyed()?;
        for (group, count) in &self.by_group {
            writer.start_group(*group)?;
            writer.write(&count.to_le_bytes())?;
        }
        Ok(())
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, u64, (u64, Row)>) -> Result<()> {
        let handles = self.handles.unwrap();
        let mut by_group: BTreeMap<KeyGroup, u64> = BTreeMap::new();
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(handles.count, &(), |scope| {
            let (n, sum) = *scope.get(handles.count)?.unwrap();
            *by_group.entry(scope.group()).or_default() += n;
            let (mut least, mut greatest) = (u64::MAX, 0);
            scope.scan_list(handles.seen, |seen| {
                least = least.min(*seen);
                greatest = greatest.max(*seen);
                std::ops::ControlFlow::Continue(())
            })?;
            // All kinds of state say the same.
            assert_eq!(
                scope.reducing(handles.least).get()?.as_deref(),
                Some(&least)
            );
            assert_eq!(
                scope.aggregating(handles.span).get()?,
                Some(greatest - least)
            );
            let mut tens = 0;
            scope.map(handles.tens).scan(|_, _| {
                tens += 1;
                std::ops::ControlFlow::Continue(())
            })?;
            output.emit((*scope.key(), (n, sum, tens, least)))
        })?;
        // Raw state says the same as managed state.
        assert_eq!(by_group, self.by_group);
        Ok(())
    }
}

pub(crate) fn expected_rows() -> BTreeMap<u64, Row> {
    let mut rows = BTreeMap::new();
    for key in 0..KEYS {
        let own = || (0..RECORDS).filter(move |n| n % KEYS == key);
        let tens: BTreeSet<_> = own().map(|n| n / 10).collect();
        let row = (own().count() as u64, own().sum(), tens.len() as u64, key);
        rows.insert(key, row);
    }
    rows
}

const RULES: BroadcastDescriptor<u64, u64> = BroadcastDescriptor::new("rules");
const MAX_UNION: OperatorListDescriptor<u64> = OperatorListDescriptor::union("greatest");

/// How many rules a subtask knows; the greatest record that any subtask of the run before its
/// checkpoint has seen, or this one since; and what each of those subtasks had seen.
pub(crate) type RuledRow = (u64, u64, Vec<u64>);

/// Keyed records, and rules of which every subtask knows all: broadcast and union state. Emits
/// nothing but a row at the end.
#[derive(Default)]
pub(crate) struct Ruled {
    rules: Option<BroadcastHandle<u64, u64>>,
    greatest: Option<OperatorListHandle<u64>>,
    restored: Vec<u64>,
    seen: u64,
}

impl TwoInputs<u64, u64, u64, RuledRow> for Ruled {
    fn open(&mut self, context: &mut OpenContext<'_, u64>) -> Result<()> {
        let store = context.operator();
        self.rules = Some(store.register_broadcast(&RULES)?);
        let greatest = store.register_list(&MAX_UNION)?;
        self.restored = store.list_get(greatest)?;
        self.seen = self.restored.iter().copied().max().unwrap_or(0);
        self.greatest = Some(greatest);
        Ok(())
    }

    fn process_first(&mut self, record: u64, cx: &mut Context<'_, u64, RuledRow>) -> Result<()> {
        assert_eq!(*cx.keyed()?.key(), record % KEYS);
        self.seen = self.seen.max(record);
        Ok(())
    }

    fn process_second(&mut self, rule: u64, cx: &mut Context<'_, u64, RuledRow>) -> Result<()> {
        assert!(cx.keyed().is_err());
        cx.operator()
            .broadcast_put(self.rules.unwrap(), rule, rule * 2)
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, u64>) -> Result<()> {
        let greatest = self.greatest.unwrap();
        context.operator().list_set(greatest, vec![self.seen])
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, u64, RuledRow>) -> Result<()> {
        let mut rules = 0;
        cx.operator()
            .broadcast_scan(self.rules.unwrap(), |rule, double| {
                assert_eq!(*double, *rule * 2);
                rules += 1;
                std::ops::ControlFlow::Continue(())
            })?;
        cx.emit((rules, self.seen, self.restored.clone()))
    }
}

/// The number of rules.
pub(crate) const RULE_COUNT: u64 = 50;

/// Counts its records in raw operator state, one partition each hundred.
#[derive(Default)]
pub(crate) struct RawCount {
    hundreds: u64,
    rest: u64,
}

impl Process<(), u64, u64> for RawCount {
    fn open(&mut self, context: &mut OpenContext<'_, ()>) -> Result<()> {
        for partition in &context.raw_operator.partitions {
            self.rest += u64::from_le_bytes(partition.as_slice().try_into().unwrap());
        }
        Ok(())
    }

    fn process(&mut self, _: u64, _: &mut Context<'_, (), u64>) -> Result<()> {
        self.rest += 1;
        if self.rest >= 100 {
            self.rest -= 100;
            self.hundreds += 1;
        }
        Ok(())
    }

    fn snapshot(&mut self, context: &mut BarrierContext<'_, ()>) -> Result<()> {
        let counts = std::iter::repeat_n(100, self.hundreds as usize).chain([self.rest]);
        for count in counts {
            context.raw_operator.start_partition();
            context.raw_operator.write(&count.to_le_bytes())?;
        }
        Ok(())
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, (), u64>) -> Result<()> {
        cx.emit(self.hundreds * 100 + self.rest)
    }
}

/// What each key has gained since the checkpoint before, emitted ahead of each barrier and at the
/// end.
#[derive(Default)]
pub(crate) struct Gains(BTreeMap<u64, u64>);

impl Gains {
    fn emit(&mut self, cx: &mut Context<'_, u64, (u64, u64)>) -> Result<()> {
        let mut gains = std::mem::take(&mut self.0).into_iter();
        gains.try_for_each(|gain| cx.emit(gain))
    }
}

impl Process<u64, u64, (u64, u64)> for Gains {
    fn process(&mut self, record: u64, _: &mut Context<'_, u64, (u64, u64)>) -> Result<()> {
        *self.0.entry(record % KEYS).or_default() += 1;
        Ok(())
    }

    fn before_barrier(
        &mut self,
        _: CheckpointId,
        cx: &mut Context<'_, u64, (u64, u64)>,
    ) -> Result<()> {
        self.emit(cx)
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, u64, (u64, u64)>) -> Result<()> {
        self.emit(cx)
    }
}

/// What the job hands out beside its files.
pub(crate) struct Outputs {
    pub(crate) rows: Collected<(u64, Row)>,
    pub(crate) ruled: Collected<RuledRow>,
    pub(crate) raw: Collected<u64>,
    pub(crate) kept: Collected<(Place, Kept)>,
}

/// The job: all kinds of state, and gains written to `directory`.
pub(crate) fn build(environment: &Environment, directory: &Path) -> Outputs {
    build_behind(&Gate::opened(), environment, directory)
}

/// The same, with the records behind a gate.
pub(crate) fn build_behind(
    gate: &Arc<Gate>,
    environment: &Environment,
    directory: &Path,
) -> Outputs {
    let numbers = environment.source(Gated {
        records: Collection::new(0..RECORDS, SPLITS),
        gate: Arc::clone(gate),
    });
    let numbers = numbers.uid("numbers");
    let keyed = numbers.key_by(|n| n % KEYS);
    let rows = keyed.process(Tally::default).uid("tally").collect();
    let rules = environment
        .source(Collection::new(0..RULE_COUNT, 2))
        .uid("rules");
    let ruled = keyed
        .connect_broadcast(&rules)
        .process(Ruled::default)
        .uid("ruled")
        .collect();
    let raw = numbers
        .rebalance()
        .process(RawCount::default)
        .uid("raw")
        .collect();
    let kept = numbers
        .key_by(|record| derived::place(*record))
        .process(Keep::default)
        .uid("kept")
        .collect();
    let sink = gains_sink(directory);
    keyed
        .process(Gains::default)
        .uid("gains")
        .rebalance()
        .two_phase_sink(move || sink.clone())
        .uid("sink");
    Outputs {
        rows,
        ruled,
        raw,
        kept,
    }
}

pub(crate) fn gains_sink(directory: &Path) -> FileSink<(u64, u64)> {
    FileSink::new(
        directory,
        "gains",
        |gain: &(u64, u64), line: &mut Vec<u8>| {
            line.extend_from_slice(format!("{},{}\n", gain.0, gain.1).as_bytes());
        },
    )
    .with_header("key,gain\n")
}

/// The sum of the gains in all committed files, by key.
pub(crate) fn committed(directory: &Path) -> BTreeMap<u64, u64> {
    let mut sums = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("key,gain"));
        for line in lines {
            let (key, gain) = line.split_once(',').unwrap();
            *sums.entry(key.parse().unwrap()).or_default() += gain.parse::<u64>().unwrap();
        }
    }
    sums
}

/// Checks what the job has come to, given that the last run of it ended well at `parallelism`.
pub(crate) fn check(outputs: &Outputs, directory: &Path, parallelism: u32) {
    check_from(outputs, directory, parallelism);
}

/// The same; returns the union list that every subtask of the last run started with.
pub(crate) fn check_from(outputs: &Outputs, directory: &Path, parallelism: u32) -> Vec<u64> {
    // Later rows of a key replace earlier ones: the end may have been reached more than once.
    let rows: BTreeMap<_, _> = outputs.rows.take().into_iter().collect();
    assert_eq!(rows, expected_rows());
    let kept: BTreeMap<_, _> = outputs.kept.take().into_iter().collect();
    assert_eq!(kept, derived::expected());
    let ruled = outputs.ruled.take();
    let last: Vec<_> = ruled.iter().rev().take(parallelism as usize).collect();
    assert_eq!(last.len(), parallelism as usize);
    assert!(
        last.iter().all(|(rules, ..)| *rules == RULE_COUNT),
        "{last:?}"
    );
    let greatest = last.iter().map(|(_, seen, _)| *seen).max();
    assert_eq!(greatest, Some(RECORDS - 1));
    let union = last.first().map(|(.., found)| found).unwrap();
    assert!(last.iter().all(|(.., found)| found == union), "{last:?}");
    let raw = outputs.raw.take();
    let last: Vec<_> = raw.iter().rev().take(parallelism as usize).collect();
    assert_eq!(last.into_iter().sum::<u64>(), RECORDS);
    check_files(directory);
    union.clone()
}

/// Checks that every gain was committed once, and nothing is left lying about.
pub(crate) fn check_files(directory: &Path) {
    let expected = expected_rows().into_iter().map(|(key, row)| (key, row.0));
    assert_eq!(committed(directory), expected.collect());
    for entry in std::fs::read_dir(directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with('.'), "{name} was left behind");
    }
}

/// A generator of numbers that are the same in every run (`SplitMix64`).
pub(crate) struct Seeded(pub u64);

impl Seeded {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}
