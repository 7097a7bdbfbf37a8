//! One operator state in the snapshot of a subtask.

use crate::wire::{Put, Reader, read_records};
use alluvium_state_api::{
    OperatorItem, OperatorStateImage, OperatorStateKind, OperatorStateMeta, Result, StateError,
};

/// What stands before the items.
///
/// # Errors
/// `Misuse` if a schema cannot be stored, or the state has keys and should not, or the other way
/// round.
pub(super) fn encode_meta(meta: &OperatorStateMeta) -> Result<Vec<u8>> {
    check(meta).map_err(StateError::misuse)?;
    let mut out = Vec::new();
    out.framed(meta.name.as_bytes())?;
    out.byte(meta.kind.code())?;
    if let Some(key) = &meta.key {
        key.encode(&mut out)?;
    }
    meta.value.encode(&mut out)?;
    Ok(out)
}

/// Puts the state whose `meta` is encoded.
pub(super) fn write(meta: &[u8], state: &OperatorStateImage, out: &mut dyn Put) -> Result<()> {
    out.framed(meta)?;
    for item in &state.items {
        if state.meta.kind == OperatorStateKind::Broadcast {
            out.framed(&item.key)?;
        }
        out.framed(&item.value)?;
    }
    Ok(())
}

/// Reads a state back.
///
/// # Errors
/// `Corrupt`; `Incompatible` if its kind is not known here.
pub(super) fn read(mut body: Reader<'_>) -> Result<OperatorStateImage> {
    let meta = read_meta(body.part("operator state")?)?;
    let mut items = Vec::new();
    while !body.is_empty() {
        let key = match meta.kind {
            OperatorStateKind::Broadcast => body.framed("broadcast key")?.to_vec(),
            _ => Vec::new(),
        };
        let value = body.framed("item of operator state")?.to_vec();
        items.push(OperatorItem { key, value });
    }
    Ok(OperatorStateImage { meta, items })
}

fn read_meta(mut part: Reader<'_>) -> Result<OperatorStateMeta> {
    let name = part.string("name of an operator state")?.to_owned();
    let kind = OperatorStateKind::from_code(part.byte("kind of operator state")?)?;
    let key = match kind {
        OperatorStateKind::Broadcast => Some(part.schema("schema of broadcast keys")?),
        _ => None,
    };
    let value = part.schema("schema of operator state")?;
    read_records(part, "operator state", |_, _| Ok(false))?;
    Ok(OperatorStateMeta {
        name,
        kind,
        key,
        value,
    })
}

fn check(meta: &OperatorStateMeta) -> Result<(), String> {
    if meta.key.is_some() == (meta.kind == OperatorStateKind::Broadcast) {
        return Ok(());
    }
    Err(format!(
        "operator state '{}' is a {}: only broadcast state has keys, and always",
        meta.name, meta.kind
    ))
}
