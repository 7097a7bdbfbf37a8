//! Time: the one place where the command reads a clock.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
pub(super) fn now() -> Instant {
    Instant::now()
}
