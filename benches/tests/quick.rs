//! Every workload runs, quickly: a bench that nobody runs rots.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_benches::measure::Report;
use alluvium_benches::settings::Settings;
use alluvium_benches::work;

fn settings(dir: &std::path::Path) -> Settings {
    let arguments = ["all", &dir.display().to_string(), "0.002", "--quick"].map(str::to_owned);
    Settings::parse(arguments).unwrap()
}

#[test]
fn every_workload_runs() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let report = Report::new("test");
    for name in ["value", "map", "list", "growth", "snapshots"] {
        work::run(name, &report, &settings).unwrap();
    }
    work::memory(&report, &settings, || 0).unwrap();
}

#[test]
fn unknown_works_and_options_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let error = work::run("nothing", &Report::new("test"), &settings(dir.path())).unwrap_err();
    assert!(error.to_string().contains("'nothing'"), "{error}");
    assert!(Settings::parse(["value".to_owned()]).is_err());
    assert!(Settings::parse(["value", "dir", "x"].map(str::to_owned)).is_err());
    assert!(Settings::parse(["value", "dir", "--fast"].map(str::to_owned)).is_err());
}
