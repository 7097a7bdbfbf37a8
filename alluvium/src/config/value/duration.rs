//! Durations, with Flink's units: a number alone counts milliseconds.

use super::quantity::{self, Unit};
use super::{ConfigValue, sealed::Sealed};
use std::time::Duration;

const NANOS_A_MILLI: u128 = 1_000_000;
const NANOS_A_SECOND: u128 = 1_000_000_000;

const UNITS: [Unit; 7] = [
    unit(&["d", "day", "days"], 86_400 * NANOS_A_SECOND),
    unit(&["h", "hour", "hours"], 3_600 * NANOS_A_SECOND),
    unit(&["min", "m", "minute", "minutes"], 60 * NANOS_A_SECOND),
    unit(&["s", "sec", "secs", "second", "seconds"], NANOS_A_SECOND),
    unit(
        &["ms", "milli", "millis", "millisecond", "milliseconds"],
        NANOS_A_MILLI,
    ),
    // Both signs that Unicode has for micro; the first label is what is printed.
    unit(
        &["µs", "μs", "micro", "micros", "microsecond", "microseconds"],
        1_000,
    ),
    unit(&["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1),
];

const fn unit(labels: &'static [&'static str], factor: u128) -> Unit {
    Unit { labels, factor }
}

impl Sealed for Duration {}

impl ConfigValue for Duration {
    fn kind() -> String {
        "duration".to_owned()
    }

    fn expected() -> String {
        "a duration such as 500 ms, 10 s, 5 min or 2 h".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let nanos = quantity::parse(text, &UNITS, NANOS_A_MILLI);
        nanos.and_then(from_nanos).ok_or_else(Self::expected)
    }

    fn print(&self) -> String {
        if self.is_zero() {
            return "0 ms".to_owned();
        }
        let label = |unit: &Unit| unit.labels.first().copied().unwrap_or_default();
        quantity::print(self.as_nanos(), &UNITS, label)
    }

    fn is_below(&self, other: &Self) -> bool {
        self < other
    }
}

fn from_nanos(nanos: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanos / NANOS_A_SECOND).ok()?;
    Some(Duration::new(seconds, (nanos % NANOS_A_SECOND) as u32))
}
