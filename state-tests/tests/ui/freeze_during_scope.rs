//! No snapshot is frozen in the middle of an access.

use alluvium::{
    CheckpointId, FreezeRequest, KeyedBackend, KeyedBackendExt, Result, SnapshotMode, ValueHandle,
};

fn freeze<B: KeyedBackend<Key = i32>>(backend: &mut B, handle: ValueHandle<u64>) -> Result<()> {
    let mut scope = backend.key(&1)?;
    let request = FreezeRequest {
        checkpoint: CheckpointId(1),
        mode: SnapshotMode::Full,
    };
    drop(backend.freeze(request)?);
    scope.value(handle).set(1)
}

fn main() {}
