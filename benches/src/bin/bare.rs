//! `bare value DIR [SCALE] [--quick]`: the value workloads on a bare hash map, as the ceiling: no
//! key groups, no snapshots, no typed state in between.

#![forbid(unsafe_code)]

use alluvium_benches::measure::{Report, timed};
use alluvium_benches::rng::Rng;
use alluvium_benches::settings::Settings;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => {
            value(&settings);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn value(settings: &Settings) {
    let report = Report::new("bare-hashmap");
    let keys = settings.keys(500_000);
    let mut map: hashbrown::HashMap<u64, u64> = hashbrown::HashMap::new();
    let mut rng = Rng::new(1);
    for key in 0..keys {
        map.insert(key, rng.draw());
    }
    report.rate(settings, "value_get", |_| {
        black_box(map.get(&rng.below(keys)));
    });
    report.rate(settings, "value_update", |i| {
        map.insert(rng.below(keys), i);
    });
    report.rate(settings, "value_rmw", |_| {
        add_one(&mut map, rng.below(keys));
    });
    let mut hot = Rng::new(2);
    report.rate(settings, "value_rmw_hot", |_| {
        let key = if hot.below(10) == 0 {
            hot.below(keys)
        } else {
            hot.below(keys / 100)
        };
        add_one(&mut map, key);
    });
    let mut next = keys;
    report.rate(settings, "value_add", |i| {
        map.insert(next, i);
        next += 1;
    });
    let mut grown: hashbrown::HashMap<u64, u64> = hashbrown::HashMap::new();
    let insert = |key| timed(|| grown.insert(key, key)).0;
    let worst = (0..settings.keys(10_000_000)).map(insert).max();
    report.say_ms("value_add_worst", worst.unwrap_or(Duration::ZERO));
}

fn add_one(map: &mut hashbrown::HashMap<u64, u64>, key: u64) {
    if let Some(value) = map.get_mut(&key) {
        *value = value.wrapping_add(1);
    }
}
