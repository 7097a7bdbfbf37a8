//! What is said of handles that do not fit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_state_api::{
    BroadcastDescriptor, Codec, CodecRef, ErrorKind, KeyedBackendExt, ListHandle, MapDescriptor,
    MapHandle, MaxParallelism, NativeCodec, OpenRequest, OperatorListDescriptor,
    OperatorListHandle, OperatorStateStore, Result, Schema, StateHandle, StateId, ValueDescriptor,
    ValueHandle,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOperatorState, HeapOptions};
use std::fmt::Debug;

fn open() -> HeapKeyedBackend<u64> {
    let max = MaxParallelism::new(16).unwrap();
    let request = OpenRequest::fresh(0, 1).with_max_parallelism(max);
    HeapKeyedBackend::open(request, HeapOptions::default()).unwrap()
}

fn refused<T: Debug>(result: Result<T>, told: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    let message = error.to_string();
    for part in told {
        assert!(message.contains(part), "no '{part}' in: {message}");
    }
}

#[test]
fn a_handle_of_other_types_is_told_with_its_state_and_both_types() {
    let mut b = open();
    let count = b.register(&ValueDescriptor::<u64>::new("count")).unwrap();
    let seen = MapDescriptor::<u32, bool, u8>::new("seen");
    let seen = b.register(&seen).unwrap();
    let told = [
        "types of state 'count'",
        "for value of u32 in namespaces ()",
        "registered as value of u64 in namespaces ()",
    ];
    let wrong = ValueHandle::<u32>::new(count.id());
    let mut scope = b.key(&1).unwrap();
    refused(scope.get(wrong).map(drop), &told);
    refused(scope.value(wrong).set(1), &told);
    let told = ["'count'", "for list of u64", "value of u64"];
    let list = scope.list(ListHandle::<u64>::new(count.id())).add(1);
    refused(list, &told);
    let wrong = MapHandle::<u32, bool>::new(seen.id());
    let told = [
        "types of state 'seen'",
        "for map of u32 to bool in namespaces ()",
        "registered as map of u32 to bool in namespaces u8",
    ];
    refused(scope.map(wrong).put(1, true), &told);
}

#[test]
fn a_handle_of_another_backend_is_told_apart_from_one_of_other_types() {
    let (mut b, mut other) = (open(), open());
    b.register(&ValueDescriptor::<u64>::new("count")).unwrap();
    let count = ValueDescriptor::<u64>::new("count");
    let theirs = other.register(&count).unwrap();
    let told = ["given out by another backend", "names state 0"];
    let mut scope = b.key(&1).unwrap();
    refused(scope.get(theirs).map(drop), &told);
    refused(scope.value(theirs).set(1), &told);
    refused(b.entries(theirs), &told);

    let mine = b.register(&count).unwrap();
    let nobody = ValueHandle::<u64>::new(StateId::new(mine.id().owner(), 7));
    let told = ["names state 7 of this backend, which has 1"];
    refused(b.key(&1).unwrap().value(nobody).set(1), &told);
    refused(b.entries(nobody), &told);
}

/// Stores counts as their lower half.
struct Narrow;

impl Codec<u64> for Narrow {
    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        NativeCodec.encode(&(*value as u32), out)
    }

    fn decode(&self, input: &mut &[u8]) -> Result<u64> {
        let value: u32 = NativeCodec.decode(input)?;
        Ok(value.into())
    }

    fn schema(&self) -> Schema {
        Schema::U32
    }
}

#[test]
fn two_types_that_are_stored_alike_are_told_apart() {
    let mut b = open();
    b.register(&ValueDescriptor::<u32>::new("count")).unwrap();
    let wide = ValueDescriptor::<u64>::with_codec("count", CodecRef::shared(Narrow));
    let told = [
        "'count' is registered as value of u32",
        "now as value of u64",
    ];
    refused(b.register(&wide), &told);
}

#[test]
fn handles_of_operator_state_are_told_apart_likewise() {
    let (mut s, mut other) = (HeapOperatorState::new(), HeapOperatorState::new());
    let offsets = OperatorListDescriptor::<u64>::split("offsets");
    let rules = BroadcastDescriptor::<String, u8>::new("rules");
    let offsets = s.register_list(&offsets).unwrap();
    let theirs = other.register_broadcast(&rules).unwrap();
    let told = ["given out by another store of operator state"];
    refused(s.broadcast_clear(theirs), &told);
    let told = [
        "types of operator state 'offsets'",
        "for list of u32",
        "of u64",
    ];
    let wrong = OperatorListHandle::<u32>::new(offsets.id());
    refused(s.list_add(wrong, 1), &told);
}

#[test]
fn operator_state_that_is_registered_otherwise_is_told_with_both() {
    let mut s = HeapOperatorState::new();
    let rules = BroadcastDescriptor::<String, u8>::new("rules");
    s.register_broadcast(&rules).unwrap();
    let rules = BroadcastDescriptor::<u64, u8>::new("rules");
    let told = ["as broadcast of string to u8", "as broadcast of u64 to u8"];
    refused(s.register_broadcast(&rules), &told);

    // What is stored is alike.
    let texts = OperatorListDescriptor::<String>::split("texts");
    s.register_list(&texts).unwrap();
    let texts = OperatorListDescriptor::<Box<str>>::split("texts");
    let told = [
        "as list of alloc::string::String",
        "now as list of alloc::boxed::Box<str>",
    ];
    refused(s.register_list(&texts), &told);
}
