//! Savepoints made of rows.

use crate::program::{
    All, BROADCAST, LEAST, LIST, MAP, MEAN, Of, SPLIT, UID, UNION, VALUE, max, put_all,
    restore_keyed, restore_operator,
};
use alluvium::checkpoint::{
    CheckpointMetadata, DynamicEntry, MemoryStorage, OfflineOptions, OfflineSnapshot,
    OperatorWriter, RowDescriptor, SavepointWriter,
};
use alluvium::{DynamicValue, ErrorKind, ListDescriptor, Schema, SerdeCodec, ValueDescriptor};
use std::collections::BTreeMap;
use std::sync::Arc;

fn rows() -> All<String> {
    let keys = (0..200).map(|number| {
        let mut of = Of::default();
        if number % 2 == 0 {
            of.values = (0..number % 5)
                .map(|n| (n, format!("{number}/{n}")))
                .collect();
        }
        of.list = (0..i64::from(number) % 4)
            .map(|n| (n > 0).then_some(-n))
            .collect();
        of.map = (0..number % 3)
            .map(|n| (format!("u{n}"), f64::from(n) / 3.0))
            .collect();
        of.least = (number % 7 == 0).then_some(-(number as i32));
        of.mean = (number % 5 == 0).then_some((f64::from(number), 1));
        (format!("key {number}"), of)
    });
    keys.filter(|(_, of)| *of != Of::default()).collect()
}

fn savepoint(all: &All<String>, groups: u32, parallelism: u32) -> CheckpointMetadata {
    let mut operator = OperatorWriter::new(UID, max(groups), parallelism).unwrap();
    put_all(&mut operator, all).unwrap();
    operator.list(&SPLIT, &[1, 2, 3, 4, 5]).unwrap();
    operator.list(&UNION, &["a".to_owned()]).unwrap();
    operator.list(&UNION, &["b".to_owned()]).unwrap();
    operator
        .broadcast(&BROADCAST, &[(7, true), (1, false)])
        .unwrap();
    let mut savepoint = SavepointWriter::new("test").with_timestamp(5);
    savepoint.add(operator).unwrap();
    savepoint.into_metadata().unwrap()
}

#[test]
fn a_program_finds_what_was_written_at_any_parallelism() {
    let all = rows();
    for (groups, written, restored) in [(128, 1, 1), (128, 3, 2), (7, 7, 3), (300, 2, 5)] {
        let metadata = savepoint(&all, groups, written);
        let stored = CheckpointMetadata::from_bytes(&metadata.to_bytes().unwrap()).unwrap();
        assert_eq!(
            restore_keyed::<String>(&stored, UID, restored).unwrap(),
            all
        );
        let found = restore_operator(&stored, UID, restored).unwrap();
        assert_eq!(found.split.concat(), [1, 2, 3, 4, 5]);
        let most = 5usize.div_ceil(restored as usize);
        assert!(
            found.split.iter().all(|list| list.len() <= most),
            "{:?}",
            found.split
        );
        for subtask in 0..restored as usize {
            assert_eq!(found.union[subtask], ["a", "b"]);
            assert_eq!(found.broadcast[subtask], [(1, false), (7, true)]);
        }
    }
}

#[test]
fn rows_are_read_as_they_were_written() {
    let all = rows();
    let snapshot = OfflineSnapshot::from(savepoint(&all, 128, 3));
    let operator = snapshot.operator(UID).unwrap();
    let mut found: All<String> = BTreeMap::new();
    let mut values = operator.keyed("value").unwrap();
    for row in values.rows::<String, _>(&VALUE).unwrap() {
        let row = row.unwrap();
        found
            .entry(row.key)
            .or_default()
            .values
            .insert(row.namespace, row.row);
    }
    for row in operator
        .keyed("list")
        .unwrap()
        .rows::<String, _>(&LIST)
        .unwrap()
    {
        let row = row.unwrap();
        found.entry(row.key).or_default().list = row.row;
    }
    for row in operator
        .keyed("map")
        .unwrap()
        .rows::<String, _>(&MAP)
        .unwrap()
    {
        let row = row.unwrap();
        found
            .entry(row.key)
            .or_default()
            .map
            .insert(row.row.0, row.row.1);
    }
    for row in operator
        .keyed("least")
        .unwrap()
        .rows::<String, _>(&LEAST)
        .unwrap()
    {
        let row = row.unwrap();
        found.entry(row.key).or_default().least = Some(row.row);
    }
    for row in operator
        .keyed("mean")
        .unwrap()
        .rows::<String, _>(&MEAN)
        .unwrap()
    {
        let row = row.unwrap();
        found.entry(row.key).or_default().mean = Some(row.row);
    }
    assert_eq!(found, all);
    let total = operator.keyed("map").unwrap().histogram().unwrap().total();
    let entries: usize = all.values().map(|of| of.map.len()).sum();
    assert_eq!(total.entries, entries as u64);
    assert_eq!(
        operator
            .operator_states()
            .iter()
            .map(|view| view.meta.name.as_str())
            .collect::<Vec<_>>(),
        ["split", "union", "broadcast"]
    );
    let broadcast = &operator.operator_states()[2];
    assert_eq!(
        broadcast.dynamic(1).unwrap(),
        [
            (Some(DynamicValue::from(7u8)), DynamicValue::from(true)),
            (Some(DynamicValue::from(1u8)), DynamicValue::from(false)),
        ]
    );
}

#[test]
fn dynamic_rows_make_the_same_savepoint_as_typed_ones() {
    let all = rows();
    let typed = savepoint(&all, 128, 2);
    let snapshot = OfflineSnapshot::from(typed.clone());
    let operator = snapshot.operator(UID).unwrap();
    let mut copy = OperatorWriter::new(UID, max(128), 2).unwrap();
    for meta in operator.keyed_states() {
        copy.keyed_state(&Schema::String, meta).unwrap();
    }
    for meta in operator.keyed_states() {
        for entry in operator.keyed(&meta.name).unwrap().dynamic() {
            copy.put_dynamic(&meta.name, &entry.unwrap()).unwrap();
        }
    }
    for view in operator.operator_states() {
        let items = match view.meta.kind {
            alluvium::OperatorStateKind::Broadcast => view.subtasks[0].clone(),
            _ => view.subtasks.concat(),
        };
        copy.operator_state(view.meta.clone(), items).unwrap();
    }
    let mut savepoint = SavepointWriter::new("test").with_timestamp(5);
    savepoint.add(copy).unwrap();
    assert_eq!(savepoint.into_metadata().unwrap(), typed);
}

#[test]
fn a_key_is_found_through_its_group() {
    let all = rows();
    let snapshot = OfflineSnapshot::from(savepoint(&all, 128, 3));
    let operator = snapshot.operator(UID).unwrap();
    let mut reader = operator.keyed("map").unwrap();
    let key = reader.types().key().from_text("key 5").unwrap();
    let found = reader.lookup(&key).unwrap();
    assert_eq!(
        found,
        [0u8, 1].map(|n| DynamicEntry {
            key: "key 5".into(),
            namespace: DynamicValue::Unit,
            user_key: Some(format!("u{n}").into()),
            value: (f64::from(n) / 3.0).into(),
        })
    );
    assert!(reader.lookup(&"nobody".into()).unwrap().is_empty());
    let error = reader.lookup(&DynamicValue::from(7u8)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
}

#[test]
fn what_cannot_be_a_savepoint_is_refused() {
    const COUNT: ValueDescriptor<u64> = ValueDescriptor::new("count");
    const OTHER: ValueDescriptor<u32> = ValueDescriptor::new("count");
    const SAME: ListDescriptor<u64> = ListDescriptor::new("count");
    let operator = || OperatorWriter::new("op", max(16), 2).unwrap();
    let misuse = |result: alluvium::Result<()>, told: &str| {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert!(error.to_string().contains(told), "{error}");
    };
    misuse(
        OperatorWriter::new("op", max(16), 17).map(drop),
        "parallelism",
    );
    misuse(OperatorWriter::new("", max(16), 1).map(drop), "needs a uid");
    let mut one = operator();
    one.put(&COUNT, &1u8, &(), &1).unwrap();
    misuse(
        one.put(&COUNT, &1u8, &(), &2),
        "state 'count' has a row for key 1 already",
    );
    misuse(one.put(&OTHER, &2u8, &(), &2), "another kind or type");
    misuse(one.put(&SAME, &2u8, &(), &vec![2]), "another kind or type");
    misuse(one.put(&COUNT, &2u16, &(), &2), "another kind or type");
    misuse(
        one.put(&VALUE, &2u16, &0, &String::new()),
        "has keys u16, those before have u8",
    );
    let entry = DynamicEntry {
        key: 300u16.into(),
        namespace: DynamicValue::Unit,
        user_key: None,
        value: 1u64.into(),
    };
    misuse(
        one.put_dynamic("count", &entry),
        "state 'count', key: expected u8, found 300",
    );
    misuse(
        one.put_dynamic("cuont", &entry),
        "no keyed state 'cuont'; it has 'count'",
    );
    misuse(
        one.broadcast(&BROADCAST, &[(1, true), (1, false)]),
        "has a key twice",
    );

    let mut savepoint = SavepointWriter::new("test");
    savepoint.add(operator()).unwrap();
    misuse(savepoint.add(operator()), "operator 'op' already");
    let storage = Arc::new(MemoryStorage::new());
    savepoint.write(storage.clone(), "here").unwrap();
    let before = storage.paths();
    misuse(
        SavepointWriter::new("test").write(storage.clone(), "here"),
        "nothing is overwritten",
    );
    assert_eq!(storage.paths(), before);

    let small = OfflineOptions::default().with_max_held(20);
    let mut one = operator().with_options(small);
    one.put(&COUNT, &1u8, &(), &1).unwrap();
    one.put(&COUNT, &2u8, &(), &1).unwrap();
    let error = one.put(&COUNT, &3u8, &(), &1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
}

#[test]
fn values_of_serde_codecs_are_shown_as_what_they_are() {
    let point = SerdeCodec::<(i32, i32)>::new("geometry.Point", 2);
    let points =
        ValueDescriptor::<(i32, i32)>::with_codec("points", alluvium::CodecRef::shared(point));
    let mut operator = OperatorWriter::new("op", max(16), 1).unwrap();
    operator.put(&points, &1u8, &(), &(1, -1)).unwrap();
    let mut savepoint = SavepointWriter::new("test");
    savepoint.add(operator).unwrap();
    let snapshot = OfflineSnapshot::from(savepoint.into_metadata().unwrap());
    let mut reader = snapshot.operator("op").unwrap().keyed("points").unwrap();
    assert_eq!(
        points.meta().value.to_string(),
        "'geometry.Point' version 2"
    );
    let of = reader.types().value().clone();
    let entry = reader.dynamic().next().unwrap().unwrap();
    assert_eq!(
        of.show(&entry.value).to_string(),
        "'geometry.Point' version 2: 0x0201"
    );
    let rows: Vec<_> = reader.rows::<u8, _>(&points).unwrap().collect();
    assert_eq!(rows[0].as_ref().unwrap().row, (1, -1));
}

#[test]
fn typed_rows_need_the_types_of_the_state() {
    const WRONG: ListDescriptor<Option<i32>> = ListDescriptor::new("list");
    const NAMED: ListDescriptor<Option<i64>> = ListDescriptor::new("lists");
    let snapshot = OfflineSnapshot::from(savepoint(&rows(), 128, 1));
    let operator = snapshot.operator(UID).unwrap();
    let mut reader = operator.keyed("list").unwrap();
    let error = reader.rows::<u32, _>(&LIST).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    let told =
        "state 'list' of operator 'everything': key: the type was string, the program has u32";
    assert_eq!(error.to_string(), told);
    let error = reader.rows::<String, _>(&WRONG).err().unwrap();
    assert!(error.to_string().contains("state 'list', value"), "{error}");
    let error = reader.rows::<String, _>(&NAMED).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    let told = "state 'list' of operator 'everything': the descriptor is that of state 'lists'";
    assert_eq!(error.to_string(), told);
    let error = operator.keyed("lists").unwrap_err().to_string();
    assert!(
        error.contains("has no keyed state 'lists'; it has 'value', 'list',"),
        "{error}"
    );
}
