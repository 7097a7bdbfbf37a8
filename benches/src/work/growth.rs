//! Growing from nothing to ten million entries, over all key groups and within one.

use super::backend;
use crate::measure::{Report, now};
use crate::settings::Settings;
use alluvium::{
    KeyedBackendExt, MaxParallelism, OpenRequest, Result, StateBackend, ValueDescriptor,
};
use std::time::Duration;

const VALUE: ValueDescriptor<u64> = ValueDescriptor::new("value");

/// An idle loop on a shared machine shows pauses of its own: the least of several runs' maxima is
/// what the program itself does.
const RUNS: usize = 5;

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let keys = settings.keys(10_000_000);
    for (work, groups) in [("value_add_worst", 128), ("value_add_worst_one_group", 1)] {
        let mut worst = Duration::MAX;
        for _ in 0..RUNS {
            worst = worst.min(grow(keys, MaxParallelism::new(groups)?)?);
        }
        report.say_ms(work, worst);
    }
    Ok(())
}

/// The longest single insertion.
fn grow(keys: u64, max_parallelism: MaxParallelism) -> Result<Duration> {
    let request = OpenRequest::fresh(0, 1).with_max_parallelism(max_parallelism);
    let mut state = backend()?.open::<u64>(request)?;
    let value = state.register(&VALUE)?;
    let mut worst = Duration::ZERO;
    for key in 0..keys {
        let start = now();
        state.key(&key)?.value(value).set(key)?;
        worst = worst.max(start.elapsed());
    }
    Ok(worst)
}
