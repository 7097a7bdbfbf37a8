//! What a segment says about the snapshot before its first entry.

use crate::wire::{Put, Reader, read_records};
use alluvium_state_api::{
    CheckpointId, KeyGroupRange, MaxParallelism, Result, SnapshotHeader, StateError, StateKind,
    StateMeta,
};
use std::collections::BTreeSet;

/// The greatest length of an encoded header, in bytes: 16 MiB.
pub(super) const MAX_LENGTH: usize = 16 << 20;

/// The encoding of `header`.
///
/// # Errors
/// `Misuse` if the header contradicts itself or is longer than 16 MiB.
pub(super) fn encode(header: &SnapshotHeader) -> Result<Vec<u8>> {
    check(header).map_err(StateError::misuse)?;
    let mut out = Vec::new();
    out.varint(header.checkpoint.0)?;
    out.push(u8::from(header.base.is_some()));
    if let Some(base) = header.base {
        out.varint(base.0)?;
    }
    out.varint(u64::from(header.max_parallelism.get()))?;
    out.varint(header.groups.len() as u64)?;
    if let Some(first) = header.groups.first() {
        out.varint(u64::from(first.0))?;
    }
    header.key.encode(&mut out)?;
    out.varint(header.states.len() as u64)?;
    for state in &header.states {
        out.framed(&encode_state(state)?)?;
    }
    if out.len() > MAX_LENGTH {
        return Err(StateError::misuse(format!(
            "the header of a segment holds at most {MAX_LENGTH} bytes, found {}",
            out.len()
        )));
    }
    Ok(out)
}

/// Reads a header back.
///
/// # Errors
/// `Corrupt`; `Incompatible` if it holds parts that must be understood and are not known here.
pub(super) fn decode(bytes: &[u8]) -> Result<SnapshotHeader> {
    let mut reader = Reader::new(bytes, 0);
    let checkpoint = CheckpointId(reader.varint("checkpoint")?);
    let base = if reader.flag("whether there is a base")? {
        Some(CheckpointId(reader.varint("base")?))
    } else {
        None
    };
    let max_parallelism = reader.max_parallelism()?;
    let groups = read_groups(&mut reader, max_parallelism)?;
    let key = reader.schema("schema")?;
    let count = reader.count("number of states")?;
    let states = (0..count).map(|_| decode_state(reader.part("state")?));
    let states = states.collect::<Result<_>>()?;
    read_records(reader, "header", |_, _| Ok(false))?;
    let header = SnapshotHeader {
        checkpoint,
        base,
        max_parallelism,
        groups,
        key,
        states,
    };
    check(&header).map_err(StateError::corrupt)?;
    Ok(header)
}

fn read_groups(reader: &mut Reader<'_>, max: MaxParallelism) -> Result<KeyGroupRange> {
    let count = reader.varint_up_to(u64::from(max.get()), "number of key groups")?;
    if count == 0 {
        return Ok(KeyGroupRange::EMPTY);
    }
    let first = reader.varint_up_to(u64::from(max.get()) - count, "first key group")?;
    KeyGroupRange::new(first as i32, (first + count - 1) as i32)
}

fn encode_state(state: &StateMeta) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    out.framed(state.name.as_bytes())?;
    out.push(state.kind.code());
    state.namespace.encode(&mut out)?;
    out.push(u8::from(state.user_key.is_some()));
    if let Some(user_key) = &state.user_key {
        user_key.encode(&mut out)?;
    }
    state.value.encode(&mut out)?;
    Ok(out)
}

fn decode_state(mut reader: Reader<'_>) -> Result<StateMeta> {
    let state = StateMeta {
        name: reader.string("state name")?.to_owned(),
        kind: StateKind::from_code(reader.byte("state kind")?)?,
        namespace: reader.schema("schema")?,
        user_key: if reader.flag("whether there are user keys")? {
            Some(reader.schema("schema")?)
        } else {
            None
        },
        value: reader.schema("schema")?,
    };
    read_records(reader, "state", |_, _| Ok(false))?;
    Ok(state)
}

/// Checks what the fields say about one another.
fn check(header: &SnapshotHeader) -> Result<(), String> {
    if let Some(base) = header.base.filter(|base| *base >= header.checkpoint) {
        return Err(format!(
            "the base of checkpoint {} must be an older one, found {base}",
            header.checkpoint
        ));
    }
    let (max, groups) = (header.max_parallelism, header.groups);
    if groups.intersection(max.all_groups()) != groups {
        return Err(format!(
            "key groups must lie below the max parallelism {max}, found {groups}"
        ));
    }
    let mut names = BTreeSet::new();
    for state in &header.states {
        if !names.insert(&state.name) {
            return Err(format!("state '{}' stands in a header twice", state.name));
        }
        if state.user_key.is_some() != (state.kind == StateKind::Map) {
            return Err(format!(
                "state '{}' is {} state: only map state has user keys, and always",
                state.name, state.kind
            ));
        }
    }
    Ok(())
}
