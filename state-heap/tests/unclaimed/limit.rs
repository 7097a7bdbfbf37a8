//! A limit on live state counts what is restored as writing it would have been counted.

use crate::store::{Snapshot, Watched};
use crate::{Backend, COUNT, OPTIONS, freeze};
use alluvium_state_api::{
    CheckpointId, ErrorKind, KeyedBackend, KeyedBackendExt, Limit, ListDescriptor, OpenRequest,
    SnapshotMode, SnapshotSource, StateError,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};

const BYTES: ListDescriptor<u8> = ListDescriptor::new("bytes");

fn limited(layers: &[Watched], bytes: u64) -> Backend {
    let live_limit = Some(Limit {
        bytes,
        option: "a.limit",
    });
    let options = HeapOptions {
        live_limit,
        ..OPTIONS
    };
    let chain = layers.iter().cloned();
    let chain = chain.map(|layer| Box::new(layer) as Box<dyn SnapshotSource>);
    let request = OpenRequest::fresh(0, 1).with_restore(vec![chain.collect()]);
    HeapKeyedBackend::open(request, options).unwrap()
}

fn stored(state: &mut Backend, checkpoint: u64, mode: SnapshotMode) -> Watched {
    let snapshot = Snapshot::of(freeze(state, checkpoint, mode)).unwrap();
    state.confirm(CheckpointId(checkpoint));
    Watched::new(snapshot)
}

fn refused(error: &StateError) {
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.to_string().contains("a.limit"), "{error}");
}

#[test]
fn a_list_that_fitted_fits_again_and_gives_back_what_it_took() {
    let mut state = limited(&[], 150);
    let bytes = state.register(&BYTES).unwrap();
    state
        .key(&1)
        .unwrap()
        .list(bytes)
        .add_all([7; 100])
        .unwrap();
    let layers = [stored(&mut state, 1, SnapshotMode::Full)];

    let mut state = limited(&layers, 150);
    let bytes = state.register(&BYTES).unwrap();
    let mut scope = state.key(&1).unwrap();
    refused(&scope.list(bytes).add_all([8; 43]).unwrap_err());
    scope.list(bytes).clear().unwrap();
    scope.list(bytes).add_all([8; 142]).unwrap();
    refused(&scope.list(bytes).add(8).unwrap_err());
    refused(&limited(&layers, 107).register(&BYTES).unwrap_err());
}

#[test]
fn what_a_chain_says_more_than_once_counts_once() {
    let mut state = limited(&[], 4_000);
    let count = state.register(&COUNT).unwrap();
    let mut layers = Vec::new();
    for checkpoint in 1..=4 {
        for key in 0..if checkpoint == 1 { 200 } else { 60 } {
            let mut scope = state.key(&key).unwrap();
            scope.value(count).set(checkpoint).unwrap();
        }
        layers.push(stored(&mut state, checkpoint, SnapshotMode::Incremental));
    }
    assert!(
        layers
            .iter()
            .skip(1)
            .all(|layer| layer.header().base.is_some())
    );
    let mut restored = limited(&layers, 200 * 16);
    let count = restored.register(&COUNT).unwrap();
    assert_eq!(restored.entries(count).unwrap(), 200);
    refused(&restored.key(&200).unwrap().value(count).set(1).unwrap_err());
    refused(&limited(&layers, 200 * 16 - 1).register(&COUNT).unwrap_err());
}
