//! Ten `u64` entries per `u64` key.

use super::open;
use crate::measure::Report;
use crate::rng::Rng;
use crate::settings::Settings;
use alluvium::{KeyedBackendExt, MapDescriptor, Result};
use std::hint::black_box;
use std::ops::ControlFlow;

const MAP: MapDescriptor<u64, u64> = MapDescriptor::new("map");

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let keys = settings.keys(100_000);
    let mut backend = open::<u64>(0, 1, Vec::new())?;
    let map = backend.register(&MAP)?;
    let mut rng = Rng::new(3);
    for key in 0..keys {
        for user_key in 0..10 {
            backend.key(&key)?.map(map).put(user_key, rng.draw())?;
        }
    }
    let mut failed = Ok(());
    let mut check = |result: Result<()>| {
        if result.is_err() {
            failed = result;
        }
    };
    report.rate(settings, "map_get", |_| {
        let (key, user_key) = (rng.below(keys), rng.below(10));
        check(backend.key(&key).and_then(|mut scope| {
            black_box(scope.map(map).get(&user_key)?.as_deref());
            Ok(())
        }));
    });
    report.rate(settings, "map_put", |i| {
        let (key, user_key) = (rng.below(keys), rng.below(10));
        check(
            backend
                .key(&key)
                .and_then(|mut scope| scope.map(map).put(user_key, i)),
        );
    });
    report.rate(settings, "map_iterate10", |_| {
        let key = rng.below(keys);
        check(backend.key(&key).and_then(|mut scope| {
            scope.map(map).scan(|user_key, value| {
                black_box(user_key.wrapping_add(*value));
                ControlFlow::Continue(())
            })
        }));
    });
    failed
}
