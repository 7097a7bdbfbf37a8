//! One `u64` per `u64` key.

use super::open;
use crate::measure::Report;
use crate::rng::Rng;
use crate::settings::Settings;
use alluvium::{AnyBackend, KeyedBackend, KeyedBackendExt, Result, ValueDescriptor, ValueHandle};
use std::hint::black_box;

const VALUE: ValueDescriptor<u64> = ValueDescriptor::new("value");

/// How many keys are prefetched together.
const PREFETCHED: usize = 64;

struct State {
    backend: AnyBackend<u64>,
    value: ValueHandle<u64>,
}

// Inlined into the loops, as the bare map's operations are: no call stands between.
impl State {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Result<()> {
        black_box(self.backend.key(&key)?.get(self.value)?.as_deref());
        Ok(())
    }

    #[inline(always)]
    fn set(&mut self, key: u64, value: u64) -> Result<()> {
        self.backend.key(&key)?.value(self.value).set(value)
    }

    #[inline(always)]
    fn add_one(&mut self, key: u64) -> Result<()> {
        self.backend.key(&key)?.value(self.value).update(|value| {
            *value = Some(value.unwrap_or(0).wrapping_add(1));
        })
    }
}

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let keys = settings.keys(500_000);
    let mut backend = open(0, 1, Vec::new())?;
    let value = backend.register(&VALUE)?;
    let mut state = State { backend, value };
    let mut rng = Rng::new(1);
    for key in 0..keys {
        state.set(key, rng.draw())?;
    }
    let mut failed = Ok(());
    let mut check = |result: Result<()>| {
        if result.is_err() {
            failed = result;
        }
    };
    report.rate(settings, "value_get", |_| check(state.get(rng.below(keys))));
    let mut soon = vec![0; PREFETCHED];
    let mut ahead = |state: &mut State, rng: &mut Rng, i: u64| {
        let at = i as usize % PREFETCHED;
        if at == 0 {
            soon.fill_with(|| rng.below(keys));
            state.backend.prefetch(&soon);
        }
        soon.get(at).copied().unwrap_or_default()
    };
    report.rate(settings, "value_get_prefetched", |i| {
        let key = ahead(&mut state, &mut rng, i);
        check(state.get(key));
    });
    report.rate(settings, "value_rmw_prefetched", |i| {
        let key = ahead(&mut state, &mut rng, i);
        check(state.add_one(key));
    });
    report.rate(settings, "value_update", |i| {
        check(state.set(rng.below(keys), i));
    });
    report.rate(settings, "value_rmw", |_| {
        check(state.add_one(rng.below(keys)));
    });
    let mut hot = Rng::new(2);
    report.rate(settings, "value_rmw_hot", |_| {
        let key = if hot.below(10) == 0 {
            hot.below(keys)
        } else {
            hot.below(keys / 100)
        };
        check(state.add_one(key));
    });
    let mut next = keys;
    report.rate(settings, "value_add", |i| {
        check(state.set(next, i));
        next += 1;
    });
    failed
}
