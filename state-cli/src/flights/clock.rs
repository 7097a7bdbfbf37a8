//! Time: the one place where the command reads a clock.

use std::time::{Instant, SystemTime};

#[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
pub(super) fn millis() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
