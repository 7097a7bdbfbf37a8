//! Measuring, and printing what was measured.

use crate::settings::Settings;
use std::time::{Duration, Instant};

/// Operations between two looks at the clock.
const BATCH: u64 = 4_096;

/// The time now; benches are the one place where it may be asked for.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what a bench is for"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// The time that `f` takes, and what it returns.
pub fn timed<T>(f: impl FnOnce() -> T) -> (Duration, T) {
    let start = now();
    let result = f();
    (start.elapsed(), result)
}

/// Prints figures under one peer's name.
#[derive(Clone, Debug)]
pub struct Report {
    peer: String,
}

impl Report {
    /// Figures of `peer`.
    pub fn new(peer: impl Into<String>) -> Self {
        Self { peer: peer.into() }
    }

    /// Prints one figure as a line of JSON.
    pub fn say(&self, work: &str, unit: &str, value: f64) {
        let peer = &self.peer;
        println!(r#"{{"peer":"{peer}","work":"{work}","unit":"{unit}","value":{value:.3}}}"#);
    }

    /// Prints a time in milliseconds.
    pub fn say_ms(&self, work: &str, time: Duration) {
        self.say(work, "ms", time.as_secs_f64() * 1e3);
    }

    /// Warms up, then runs as many operations as fit in the window, and prints their rate.
    pub fn rate(&self, settings: &Settings, work: &str, mut operation: impl FnMut(u64)) {
        let mut next = 0;
        let start = now();
        while start.elapsed() < settings.warm_up {
            (next..next + BATCH).for_each(&mut operation);
            next += BATCH;
        }
        let (start, mut done) = (now(), 0u64);
        while start.elapsed() < settings.window {
            (next..next + BATCH).for_each(&mut operation);
            next += BATCH;
            done += BATCH;
        }
        self.say(work, "ops/s", done as f64 / start.elapsed().as_secs_f64());
    }
}
