//! The memory backend under the conformance suite, in each of its modes.

use alluvium::{MemoryBackend, MemorySettings};
use alluvium_state_tests::conformance::{Harness, keyed_cases};
use alluvium_state_tests::conformance_suite;

pub(crate) struct Memory(MemoryBackend);

impl Memory {
    fn with(change: impl FnOnce(&mut MemorySettings)) -> Self {
        let mut settings = MemorySettings::default();
        change(&mut settings);
        Self(MemoryBackend::new(settings).unwrap())
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::with(|_| {})
    }
}

impl Harness for Memory {
    type Backend = MemoryBackend;

    fn backend(&self) -> &MemoryBackend {
        &self.0
    }
}

mod asynchronous {
    use super::*;
    conformance_suite!(Memory::default());
}

mod synchronous {
    use super::*;
    conformance_suite!(Memory::with(|settings| {
        settings.asynchronous_snapshots = false;
    }));
}

/// A limit on live state measures every write, for which an update takes a copy first: all cases
/// but those that count copies.
#[test]
fn live_limit() {
    let limited = Memory::with(|settings| settings.max_live_bytes = Some(1 << 40));
    for case in keyed_cases() {
        if !case.name.contains("g04") {
            println!("{}", case.name);
            (case.run)(&limited);
        }
    }
}
