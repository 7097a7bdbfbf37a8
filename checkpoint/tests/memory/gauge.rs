//! What is allocated, and how much was given.

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}

/// The most that was allocated beyond what was when it began, whenever somebody looked.
pub(crate) struct Peak {
    before: usize,
    most: AtomicUsize,
}

impl Peak {
    pub(crate) fn begin() -> Self {
        Self {
            before: held(),
            most: AtomicUsize::new(0),
        }
    }

    pub(crate) fn look(&self) {
        let now = held().saturating_sub(self.before);
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }
}

/// How many bytes the parts of a job have given.
#[derive(Default)]
pub(crate) struct Given {
    bytes: Mutex<usize>,
    more: Condvar,
}

impl Given {
    pub(crate) fn add(&self, bytes: usize) {
        *self.bytes.lock().unwrap() += bytes;
        self.more.notify_all();
    }

    pub(crate) fn wait_for(&self, enough: usize) {
        let given = self.bytes.lock().unwrap();
        // So long that nobody waits for it but where the bound is never reached.
        let longest = Duration::from_mins(1);
        let waited = self
            .more
            .wait_timeout_while(given, longest, |given| *given < enough);
        let (given, _) = waited.unwrap();
        assert!(*given >= enough, "only {given} bytes were given");
    }
}
