//! `memory memory DIR [SCALE]`: live heap bytes per entry, counted by the allocator.

#![forbid(unsafe_code)]

use alluvium_benches::measure::Report;
use alluvium_benches::settings::Settings;
use alluvium_benches::work;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    let grown = stats.bytes_allocated as isize + stats.bytes_reallocated;
    grown as usize - stats.bytes_deallocated
}

fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match work::memory(&Report::new("alluvium-heap"), &settings, live) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
