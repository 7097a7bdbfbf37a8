//! The steps of a program on keyed state.

use proptest::collection::vec;
use proptest::prelude::*;

/// Keys that programs use: few, so that they meet again.
pub(super) const KEYS: i32 = 12;
/// Namespaces likewise.
pub(super) const NAMESPACES: u8 = 3;
/// User keys likewise.
pub(super) const USER_KEYS: u16 = 8;

/// A change of one state under one key and namespace.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Change {
    Set(u64),
    /// Adds to the value that is there; leaves an absent one absent.
    Add(u64),
    Take,
    Clear,
    Append(u64),
    Extend(Vec<u64>),
    SetList(Vec<u64>),
    ClearList,
    MergeLists(Vec<u8>),
    Put(u16, u64),
    PutAll(Vec<(u16, u64)>),
    Remove(u16),
    /// Replaces a value that is there by its successor, an absent one by nothing.
    Bump(u16),
    ClearMap,
    Reduce(u64),
    ClearReduced,
    MergeReduced(Vec<u8>),
    Aggregate(bool),
    ClearAggregated,
    MergeAggregated(Vec<u8>),
}

/// One step of a program. Numbers that pick something count modulo what there is to pick from; with
/// nothing to pick from the step does nothing.
#[derive(Clone, Debug)]
pub enum Step {
    /// Changes state under a key and a namespace.
    Change(i32, u8, Change),
    /// Freezes all subtasks, unless two checkpoints are in flight; whole or incremental.
    Freeze {
        /// Whether an increment is asked for.
        incremental: bool,
    },
    /// Writes a checkpoint that is in flight, in so many parts.
    Write {
        /// Which one.
        pick: usize,
        /// The number of parts a subtask.
        parts: usize,
    },
    /// Drops a checkpoint that is in flight, unwritten, and aborts it.
    Drop {
        /// Which one.
        pick: usize,
    },
    /// Confirms a stored checkpoint to some subtasks.
    Confirm {
        /// Which one.
        pick: usize,
        /// A bit for each subtask that hears of it.
        heard: u8,
    },
    /// Aborts a stored checkpoint for some subtasks, whether it was confirmed or not.
    Abort {
        /// Which one.
        pick: usize,
        /// A bit for each subtask that hears of it.
        heard: u8,
    },
    /// Loses everything that is live or in flight and restores a stored checkpoint.
    Restore {
        /// Which one.
        pick: usize,
        /// The new parallelism; `None` keeps it, and gives each subtask its own snapshot only.
        parallelism: Option<u32>,
        /// Whether all states are registered and read at once.
        eager: bool,
    },
}

/// Any change.
fn change() -> impl Strategy<Value = Change> {
    let number = 0..1000u64;
    let numbers = vec(0..1000u64, 0..5);
    let user_key = 0..USER_KEYS;
    let sources = vec(0..NAMESPACES, 0..4);
    prop_oneof![
        4 => number.clone().prop_map(Change::Set),
        2 => number.clone().prop_map(Change::Add),
        1 => Just(Change::Take),
        1 => Just(Change::Clear),
        3 => number.clone().prop_map(Change::Append),
        2 => numbers.clone().prop_map(Change::Extend),
        1 => numbers.prop_map(Change::SetList),
        1 => Just(Change::ClearList),
        2 => sources.clone().prop_map(Change::MergeLists),
        4 => (user_key.clone(), number.clone()).prop_map(|(uk, uv)| Change::Put(uk, uv)),
        1 => vec((0..USER_KEYS, 0..1000u64), 0..5).prop_map(Change::PutAll),
        2 => user_key.clone().prop_map(Change::Remove),
        2 => user_key.prop_map(Change::Bump),
        1 => Just(Change::ClearMap),
        3 => number.prop_map(Change::Reduce),
        1 => Just(Change::ClearReduced),
        1 => sources.clone().prop_map(Change::MergeReduced),
        3 => any::<bool>().prop_map(Change::Aggregate),
        1 => Just(Change::ClearAggregated),
        1 => sources.prop_map(Change::MergeAggregated),
    ]
}

/// Any step.
pub(super) fn step() -> BoxedStrategy<Step> {
    let pick = 0..64usize;
    let heard = prop_oneof![2 => Just(0xff), 1 => any::<u8>()];
    prop_oneof![
        80 => (0..KEYS, 0..NAMESPACES, change())
            .prop_map(|(key, namespace, change)| Step::Change(key, namespace, change)),
        6 => prop::bool::weighted(0.8).prop_map(|incremental| Step::Freeze { incremental }),
        6 => (pick.clone(), 1..5usize).prop_map(|(pick, parts)| Step::Write { pick, parts }),
        1 => pick.clone().prop_map(|pick| Step::Drop { pick }),
        5 => (pick.clone(), heard.clone()).prop_map(|(pick, heard)| Step::Confirm { pick, heard }),
        1 => (pick.clone(), heard).prop_map(|(pick, heard)| Step::Abort { pick, heard }),
        2 => (pick, prop::option::of(1..5u32), any::<bool>()).prop_map(
            |(pick, parallelism, eager)| Step::Restore { pick, parallelism, eager }
        ),
    ]
    .boxed()
}
