//! Time: the one place where the executor reads a clock.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What tells the time.
pub trait Clock: Send + Sync + Debug + 'static {
    /// Milliseconds since the Unix epoch.
    fn millis(&self) -> u64;

    /// Time since some fixed moment; never goes backwards.
    fn elapsed(&self) -> Duration;
}

/// The clock of the machine.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: std::time::Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
    pub(crate) fn shared() -> Arc<dyn Clock> {
        let start = std::time::Instant::now();
        Arc::new(Self { start })
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge where time comes in")]
    fn millis(&self) -> u64 {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64)
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
