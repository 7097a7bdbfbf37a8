//! Configuring the state backend and checkpoints: for all jobs in a file, for one in its program.

use alluvium::config::{Configuration, Location, options};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::Environment;
use std::time::Duration;

/// What a cluster's configuration file says, under names of long ago.
const CLUSTER: &str = "
state.backend: filesystem
state.checkpoints.dir: hdfs://namenode:40010/flink/checkpoints
state.savepoints.dir: hdfs:///flink/savepoints
";

/// What a file says today; keys may be flat or nested.
const FILE: &str = "
execution.checkpointing:
  interval: 1 s
  mode: EXACTLY_ONCE
  timeout: 60000              # a bare number counts milliseconds
  min-pause: 500 ms
  externalized-checkpoint-retention: RETAIN_ON_CANCELLATION
parallelism.default: 2
";

/// What comes of a job that is configured so.
fn run_with(configuration: &Configuration) -> Result<String> {
    let mut environment = Environment::new("configured");
    environment.configure(&configuration.resolve()?)?;
    let sums = environment
        .from_collection(1..=4)
        .key_by(|_| ())
        .map_with_state(|value, sum: Option<u64>| {
            let sum = sum.unwrap_or(0) + value;
            (sum, Some(sum))
        })
        .uid("sum")
        .collect();
    environment.execute()?;
    Ok(format!("{:?}", sums.take().iter().max()))
}

pub(crate) fn run() -> Result<Vec<String>> {
    let mut lines = Vec::new();

    // The file of a cluster: every option has a place where it came from.
    let cluster = Configuration::new().with_yaml("cluster.yaml", CLUSTER.as_bytes())?;
    for option in [&options::CHECKPOINT_DIR, &options::SAVEPOINT_DIR] {
        let (key, origin) = (option.key(), cluster.origin(option));
        let location = cluster.get(option).map(|location| location.to_string());
        lines.push(format!("{key}: {} {origin}", location.unwrap_or_default()));
    }
    lines.extend(cluster.warnings().iter().map(ToString::to_string));

    // What `-D` says wins over the file, what the program sets over both.
    let directory = tempfile::tempdir()
        .map_err(|error| StateError::storage("no place for checkpoints").with_source(error))?;
    let checkpoints = Location::new(&directory.path().to_string_lossy())?;
    let configuration = Configuration::new()
        .with_yaml("alluvium.yaml", FILE.as_bytes())?
        .with_argument("execution.checkpointing.timeout=2 min")?
        .with(&options::CHECKPOINT_DIR, checkpoints)?
        .with(&options::INTERVAL, Duration::from_millis(100))?;
    let resolved = configuration.resolve()?;
    lines.push(format!(
        "backend {:?}, interval {:?}, timeout {:?}",
        resolved.backend, resolved.checkpoints.interval, resolved.checkpoints.timeout,
    ));
    lines.push(format!("greatest sum: {}", run_with(&configuration)?));

    // Mistakes are told with the place and the way out.
    for wrong in [
        "execution.checkpointing.intervall: 1 s",
        "execution.checkpointing.timeout: a while",
        "execution.checkpointing.storage: filesystem",
    ] {
        let configuration = Configuration::new().with_yaml("alluvium.yaml", wrong.as_bytes());
        let error = configuration.and_then(|configuration| configuration.resolve());
        lines.extend(error.err().map(|error| error.to_string()));
    }
    Ok(lines)
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
