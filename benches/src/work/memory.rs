//! Live heap bytes per entry.

use super::open;
use crate::measure::Report;
use crate::rng::Rng;
use crate::settings::Settings;
use alluvium::{KeyedBackendExt, Result, ValueDescriptor};

const VALUE: ValueDescriptor<u64> = ValueDescriptor::new("value");

/// Fills a state with `u64 -> u64` entries and prints the live bytes per entry at the end, and the
/// greatest at any fill above 100,000 entries; `live` counts the bytes that the process holds.
///
/// # Errors
/// Whatever the state returns.
pub fn memory(report: &Report, settings: &Settings, live: impl Fn() -> usize) -> Result<()> {
    let keys = settings.keys(10_000_000);
    let before = live();
    let mut backend = open::<u64>(0, 1, Vec::new())?;
    let value = backend.register(&VALUE)?;
    let mut rng = Rng::new(7);
    let mut greatest = 0.0f64;
    for key in 0..keys {
        backend.key(&key)?.value(value).set(rng.draw())?;
        if key % 10_000 == 9_999 && key > 100_000 {
            greatest = greatest.max((live() - before) as f64 / (key + 1) as f64);
        }
    }
    report.say(
        "memory_per_entry",
        "bytes",
        (live() - before) as f64 / keys as f64,
    );
    report.say("memory_per_entry_greatest", "bytes", greatest);
    Ok(())
}
