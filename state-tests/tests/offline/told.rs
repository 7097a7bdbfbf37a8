//! What cannot be restored is told with whose state it is.

use crate::program::{LIST, SPLIT, UID, max};
use alluvium::checkpoint::{
    OperatorWriter, ProgramOperator, SavepointWriter, SubtaskRestore, Unclaimed, plan_restore,
};
use alluvium::{
    AnyStateBackend, ErrorKind, HeapOperatorState, KeyedBackendExt, ListDescriptor,
    OperatorListDescriptor, OperatorStateStore, Result, StateBackend,
};

const OTHER: ListDescriptor<u64> = ListDescriptor::new("list");
const OTHER_SPLIT: OperatorListDescriptor<u32> = OperatorListDescriptor::split("split");

/// What the second of two subtasks is restored from.
fn restored() -> SubtaskRestore {
    let mut operator = OperatorWriter::new(UID, max(16), 1).unwrap();
    for key in 0..100u64 {
        operator.put(&LIST, &key, &(), &vec![None]).unwrap();
    }
    operator.list(&SPLIT, &[1, 2]).unwrap();
    let mut savepoint = SavepointWriter::new("test");
    savepoint.add(operator).unwrap();
    let program = ProgramOperator {
        uid: UID.into(),
        parallelism: 2,
        max_parallelism: None,
    };
    let stored = savepoint.into_metadata().unwrap().into();
    let plan = plan_restore(&stored, &[program], Unclaimed::Refuse).unwrap();
    plan[0].subtask(1).unwrap()
}

fn refused<T>(result: Result<T>, told: &[&str]) {
    let error = result.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
    let message = error.to_string();
    assert_eq!(
        message.matches("operator 'everything'").count(),
        1,
        "{error}"
    );
    for part in ["operator 'everything', subtask 1: "].iter().chain(told) {
        assert!(message.contains(part), "no '{part}' in: {message}");
    }
}

#[test]
fn a_backend_says_which_operator_has_other_keys() {
    let opened = AnyStateBackend::default().open::<String>(restored().keyed);
    refused(opened.map(drop), &["u64", "string"]);
}

#[test]
fn a_backend_says_which_operator_has_a_state_of_another_type() {
    let mut backend = AnyStateBackend::default()
        .open::<u64>(restored().keyed)
        .unwrap();
    refused(backend.register(&OTHER), &["state 'list', value"]);
    backend.register(&LIST).unwrap();
}

#[test]
fn a_backend_says_which_operator_asks_for_other_key_groups() {
    let mut request = restored().keyed;
    request.max_parallelism = Some(max(32));
    let opened = AnyStateBackend::default().open::<u64>(request);
    refused(opened.map(drop), &["taken with 16", "asks for 32"]);
}

#[test]
fn operator_state_says_whose_it_is() {
    let restored = restored();
    let state = HeapOperatorState::restore(restored.operator_state);
    let mut state = state.for_subtask(&restored.subtask);
    refused(
        state.register_list(&OTHER_SPLIT),
        &["operator state 'split', value", "u32"],
    );
    state.register_list(&SPLIT).unwrap();
}
