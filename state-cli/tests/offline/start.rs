//! Savepoints that no program wrote, and flights that starts from them.

use crate::command::Flights;
use crate::reference::{Tables, data_set};
use crate::support::{crashed, json};
use alluvium::checkpoint::{
    CheckpointMetadata, CheckpointStore, DynamicEntry, JobId, LocalStorage, OfflineSnapshot,
    OperatorWriter, OwnerId, SavepointWriter, StoreOptions,
};
use alluvium::{
    DynamicValue, Field, MaxParallelism, OperatorListDescriptor, Schema, StateKind, StateMeta,
};
use std::path::Path;
use std::sync::Arc;

/// Publishes `metadata` as the newest checkpoint of flights under a new root.
fn publish(root: &Path, metadata: &CheckpointMetadata) {
    let storage = Arc::new(LocalStorage::open(root).unwrap());
    let job = JobId::new("flights").unwrap();
    let owner = OwnerId([7; 16]);
    let (mut store, _) =
        CheckpointStore::open(storage, job, owner, StoreOptions::default()).unwrap();
    let bytes = metadata.to_bytes().unwrap();
    store.publish(metadata.checkpoint.0, &bytes).unwrap();
}

fn state(name: &str, kind: StateKind, value: Schema) -> StateMeta {
    StateMeta {
        name: name.into(),
        kind,
        namespace: Schema::Unit,
        user_key: None,
        value,
    }
}

/// The state of the carriers from the rows of their table.
fn carriers(table: &str) -> OperatorWriter {
    let field = |name: &str| Field {
        name: name.into(),
        schema: Schema::U64,
    };
    let counts = Schema::Struct {
        name: "Counts".into(),
        fields: vec![field("flights"), field("cancelled")],
    };
    let mut operator =
        OperatorWriter::new("carriers", MaxParallelism::new(128).unwrap(), 2).unwrap();
    let code = Schema::Array(4, Schema::U8.into());
    let counts = operator
        .keyed_state(&code, &state("counts", StateKind::Value, counts))
        .unwrap();
    let least = state("least-departure-delay", StateKind::Reducing, Schema::I32);
    let least = operator.keyed_state(&code, &least).unwrap();
    let mut lines = table
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    for row in lines {
        let column = |name: &str| {
            row.get(header.iter().position(|one| *one == name)?)
                .copied()
        };
        let entry = |value| DynamicEntry {
            key: counts.key().from_text(column("carrier").unwrap()).unwrap(),
            namespace: DynamicValue::Unit,
            user_key: None,
            value,
        };
        let value = counts.value().from_columns(column).unwrap();
        operator.put_dynamic("counts", &entry(value)).unwrap();
        if let Some(delay) = column("least_departure_delay").filter(|delay| !delay.is_empty()) {
            let value = least.value().from_text(delay).unwrap();
            operator
                .put_dynamic("least-departure-delay", &entry(value))
                .unwrap();
        }
    }
    operator
}

#[test]
fn flights_starts_from_the_rows_of_its_own_table() {
    let first = Flights::new(&["--parallelism", "2"]);
    first.finish(&[]);
    let table = std::fs::read_to_string(first.output().join("carriers.csv")).unwrap();
    let mut savepoint = SavepointWriter::new("flights");
    savepoint.add(carriers(&table)).unwrap();
    let metadata = savepoint.into_metadata().unwrap();

    let second = Flights::new(&["--parallelism", "3", "--checkpoint-dir", "root"]);
    publish(&second.path("root"), &metadata);
    let report = json(second.directory.path(), &["inspect", "root"]);
    assert_eq!(report["operators"][0]["keyed"][0]["entries"], 16);
    let summary = second.finish(&[]);
    assert_eq!(summary["restored_from"], 1);
    assert_begun_with_carriers(&second);
}

/// A savepoint of carriers that have flown once already, with these operators more, in `place`.
fn written(place: &Flights, more: &[&str]) -> String {
    let first = Flights::new(&["--parallelism", "2"]);
    first.finish(&[]);
    let table = std::fs::read_to_string(first.output().join("carriers.csv")).unwrap();
    let mut savepoint = SavepointWriter::new("flights");
    savepoint.add(carriers(&table)).unwrap();
    for uid in more {
        let mut operator = OperatorWriter::new(*uid, MaxParallelism::new(128).unwrap(), 1).unwrap();
        operator.list(&OFFSETS, &[7]).unwrap();
        savepoint.add(operator).unwrap();
    }
    let storage = Arc::new(LocalStorage::open(place.path("savepoints")).unwrap());
    savepoint.write(storage, "written").unwrap();
    "savepoints/written".to_owned()
}

const OFFSETS: OperatorListDescriptor<u64> = OperatorListDescriptor::split("offsets");

/// Carriers have every flight twice, the others once.
fn assert_begun_with_carriers(flights: &Flights) {
    let expected = Tables {
        carriers: Tables::of(data_set(), 2).carriers,
        ..Tables::of(data_set(), 1)
    };
    expected.assert_in(&flights.output());
}

#[test]
fn flights_starts_from_a_savepoint_that_was_written_offline() {
    let flights = Flights::new(&["--parallelism", "3"]);
    let path = written(&flights, &[]);
    let summary = flights.finish(&["-s", &path]);
    assert_eq!(summary["restored_from"], 1);
    assert_begun_with_carriers(&flights);
}

#[test]
fn state_of_an_operator_that_flights_lacks_is_refused_unless_it_may_be_left_behind() {
    let flights = Flights::new(&["--parallelism", "3"]);
    let path = written(&flights, &["hotels", "trains"]);
    let named = ["'hotels'", "'trains'", &path];
    flights.fail(&["-s", &path], &named);
    for words in [&["-n"][..], &["--claim"]] {
        let ran = flights.run(words);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        let told = "expected one in --from-savepoint";
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
    assert!(!flights.output().join("carriers.csv").exists());
    flights.finish(&["-s", &path, "-n"]);
    assert_begun_with_carriers(&flights);
    // The path may be configured.
    let option = format!("execution.state-recovery.path={path}");
    flights.finish(&[
        "--job-id", "other", "--output", "other", "-D", &option, "-n",
    ]);
}

#[test]
fn flights_ends_the_same_after_re_keying() {
    let flights = crashed();
    let root = flights.output().join("checkpoints");
    let report = json(
        flights.directory.path(),
        &["inspect", root.to_str().unwrap()],
    );
    let checkpoint = &report["checkpoint"];
    let storage = Arc::new(LocalStorage::open(root).unwrap());
    let folder = format!("flights/chk-{checkpoint}");
    let snapshot = OfflineSnapshot::load(storage, &folder).unwrap();
    let mut savepoint = SavepointWriter::from_snapshot(&snapshot).unwrap();
    let uids: Vec<_> = savepoint.uids().map(ToOwned::to_owned).collect();
    let more = MaxParallelism::new(256).unwrap();
    for uid in uids {
        savepoint.set_max_parallelism(&uid, more).unwrap();
    }
    publish(
        &flights.path("rekeyed"),
        &savepoint.into_metadata().unwrap(),
    );
    let options = ["--repeat", "8", "--checkpoint-dir", "rekeyed"];
    let other = [&options[..], &["--max-parallelism", "128"]].concat();
    flights.fail(&other, &["256", "128"]);
    let more = [&options[..], &["--parallelism", "5"]].concat();
    let summary = flights.finish(&more);
    assert_eq!(summary["restored_from"], *checkpoint);
    assert!(summary["records_before"].as_u64().unwrap() > 0);
    Tables::of(data_set(), 8).assert_in(&flights.output());
}
