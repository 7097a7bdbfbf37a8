//! Lists of `u64` per `u64` key.

use super::open;
use crate::measure::Report;
use crate::rng::Rng;
use crate::settings::Settings;
use alluvium::{KeyedBackendExt, ListDescriptor, Result};
use std::hint::black_box;
use std::ops::ControlFlow;

const LIST: ListDescriptor<u64> = ListDescriptor::new("list");

pub(super) fn run(report: &Report, settings: &Settings) -> Result<()> {
    let keys = settings.keys(100_000);
    let mut backend = open::<u64>(0, 1, Vec::new())?;
    let list = backend.register(&LIST)?;
    let mut rng = Rng::new(4);
    let mut failed = Ok(());
    let mut check = |result: Result<()>| {
        if result.is_err() {
            failed = result;
        }
    };
    report.rate(settings, "list_append", |i| {
        let (key, clear) = (rng.below(keys), rng.below(50) == 0);
        check(backend.key(&key).and_then(|mut scope| {
            let mut list = scope.list(list);
            if clear {
                list.clear()?;
            }
            list.add(i)
        }));
    });
    report.rate(settings, "list_get", |_| {
        let key = rng.below(keys);
        check(backend.key(&key).and_then(|mut scope| {
            scope.list(list).scan(|item| {
                black_box(*item);
                ControlFlow::Continue(())
            })
        }));
    });
    failed
}
