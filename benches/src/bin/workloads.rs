//! `workloads WORK[,WORK...] DIR [SCALE] [--quick]`: runs the workloads on the heap backend.

#![forbid(unsafe_code)]

use alluvium_benches::measure::Report;
use alluvium_benches::settings::Settings;
use alluvium_benches::work;
use std::process::ExitCode;

fn main() -> ExitCode {
    let settings = match Settings::parse(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    let report = Report::new("alluvium-heap");
    for name in &settings.works {
        if let Err(error) = work::run(name, &report, &settings) {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
