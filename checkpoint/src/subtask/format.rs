//! The records that the snapshot of a subtask consists of.

use super::image;
use super::{KeyedChain, KeyedSegment, SubtaskSnapshot};
use crate::files::{FilePlace, FileRef};
use crate::wire::{MUST_UNDERSTAND, Put, Reader, read_records, write_record};
use alluvium_state_api::{KeyGroup, RawKeyedState, RawOperatorState, Result, StateError};

const IDENTITY: u8 = 1 | MUST_UNDERSTAND;
const SEGMENT: u8 = 2 | MUST_UNDERSTAND;
const FILE: u8 = 3 | MUST_UNDERSTAND;
const OPERATOR_STATE: u8 = 4 | MUST_UNDERSTAND;
const RAW_KEYED: u8 = 5 | MUST_UNDERSTAND;
const RAW_OPERATOR: u8 = 6 | MUST_UNDERSTAND;
const FLAGS: u8 = 7 | MUST_UNDERSTAND;
// 8 is reserved for timers, 9 for channel state.
const SEGMENT_LAYER: u8 = 0x0a | MUST_UNDERSTAND;
const REST: u8 = 0x0b | MUST_UNDERSTAND;

/// Flag of a file: it goes on the chain of the record before.
const LAYER: u64 = 1;
/// Flag of a file: it lies among those that checkpoints share.
const SHARED: u64 = 2;

const FINISHED: u64 = 1;

/// Puts the records of `snapshot`; what is empty is left out.
pub(super) fn write(snapshot: &SubtaskSnapshot, out: &mut dyn Put) -> Result<()> {
    write_record(IDENTITY, out, |out| {
        out.framed(snapshot.operator.as_bytes())?;
        out.varint(u64::from(snapshot.subtask))?;
        out.varint(u64::from(snapshot.parallelism))
    })?;
    for chain in &snapshot.keyed {
        let mut first = true;
        for segment in &chain.layers {
            write_segment(segment, !std::mem::take(&mut first), out)?;
        }
    }
    for state in &snapshot.operator_state {
        let meta = image::encode_meta(&state.meta)?;
        write_record(OPERATOR_STATE, out, |out| image::write(&meta, state, out))?;
    }
    if !snapshot.raw_keyed.is_empty() {
        write_record(RAW_KEYED, out, |out| {
            snapshot.raw_keyed.iter().try_for_each(|(group, bytes)| {
                out.varint(u64::from(group.0))?;
                out.framed(bytes)
            })
        })?;
    }
    if !snapshot.raw_operator.is_empty() {
        write_record(RAW_OPERATOR, out, |out| {
            let mut partitions = snapshot.raw_operator.partitions.iter();
            partitions.try_for_each(|partition| out.framed(partition))
        })?;
    }
    if let Some(file) = &snapshot.rest {
        write_record(REST, out, |out| write_file(file, 0, out))?;
    }
    if snapshot.finished {
        write_record(FLAGS, out, |out| out.varint(FINISHED))?;
    }
    Ok(())
}

fn write_segment(segment: &KeyedSegment, layer: bool, out: &mut dyn Put) -> Result<()> {
    match segment {
        KeyedSegment::Inline(bytes) => {
            let tag = if layer { SEGMENT_LAYER } else { SEGMENT };
            write_record(tag, out, |out| out.bytes(bytes))
        }
        KeyedSegment::File(file) => {
            let flags = if layer { LAYER } else { 0 };
            write_record(FILE, out, |out| write_file(file, flags, out))
        }
    }
}

fn write_file(file: &FileRef, flags: u64, out: &mut dyn Put) -> Result<()> {
    let place = match file.place {
        FilePlace::Own => 0,
        FilePlace::Shared => SHARED,
    };
    out.varint(flags | place)?;
    file.write(out)
}

/// Reads the records back.
///
/// # Errors
/// `Corrupt`; `Incompatible` if a record must be understood and is not known here.
pub(super) fn read(reader: Reader<'_>) -> Result<SubtaskSnapshot> {
    let mut identity = None;
    let mut snapshot = SubtaskSnapshot::new("", 0, 0);
    read_records(reader, "subtask snapshot", |tag, body| {
        match tag {
            IDENTITY => once(&mut identity, read_identity(body)?, body)?,
            SEGMENT => add(&mut snapshot.keyed, read_segment(body)?, false, body)?,
            SEGMENT_LAYER => add(&mut snapshot.keyed, read_segment(body)?, true, body)?,
            FILE => {
                let (file, layer) = read_file(body, LAYER | SHARED)?;
                add(&mut snapshot.keyed, KeyedSegment::File(file), layer, body)?;
            }
            REST if snapshot.rest.is_none() => snapshot.rest = Some(read_file(body, SHARED)?.0),
            OPERATOR_STATE => snapshot.operator_state.push(image::read(body)?),
            RAW_KEYED => snapshot.raw_keyed = read_raw_keyed(body)?,
            RAW_OPERATOR => snapshot.raw_operator = read_raw_operator(body)?,
            FLAGS => snapshot.finished = read_flags(body)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let Some((operator, subtask, parallelism)) = identity else {
        return Err(reader.corrupt("subtask snapshot", "a record of its identity", "none"));
    };
    Ok(SubtaskSnapshot {
        operator,
        subtask,
        parallelism,
        ..snapshot
    })
}

fn once<T>(slot: &mut Option<T>, value: T, at: Reader<'_>) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(at.corrupt("subtask snapshot", "one record of its identity", "another")),
    }
}

fn read_identity(mut body: Reader<'_>) -> Result<(String, u32, u32)> {
    let operator = body.string("operator uid")?.to_owned();
    let most = u64::from(u32::MAX);
    let subtask = body.varint_up_to(most, "subtask")? as u32;
    let at_parallelism = body;
    let parallelism = body.varint_up_to(most, "parallelism")? as u32;
    body.finish("identity")?;
    if subtask >= parallelism {
        let expected = format_args!("one above subtask {subtask}");
        return Err(at_parallelism.corrupt("parallelism", expected, parallelism));
    }
    Ok((operator, subtask, parallelism))
}

fn read_segment(mut body: Reader<'_>) -> Result<KeyedSegment> {
    let bytes = body.take(body.left(), "segment")?;
    Ok(KeyedSegment::Inline(bytes.into()))
}

/// Adds a segment to the chain before, or begins one with it.
fn add(
    chains: &mut Vec<KeyedChain>,
    segment: KeyedSegment,
    layer: bool,
    at: Reader<'_>,
) -> Result<()> {
    match chains.last_mut() {
        Some(chain) if layer => chain.layers.push(segment),
        None if layer => {
            let expected = "one upon which it stands";
            return Err(at.corrupt("layer of keyed state", expected, "none"));
        }
        _ => chains.push(KeyedChain {
            layers: vec![segment],
        }),
    }
    Ok(())
}

/// Reads a file whose flags are among `known`; whether it goes on the chain before.
fn read_file(mut body: Reader<'_>, known: u64) -> Result<(FileRef, bool)> {
    let flags = body.varint("flags of a file")?;
    if flags & !known != 0 {
        return Err(StateError::incompatible(format!(
            "flags of a file: known are {known:#x}, found {flags:#x}"
        )));
    }
    let place = if flags & SHARED == 0 {
        FilePlace::Own
    } else {
        FilePlace::Shared
    };
    let file = FileRef::read(place, &mut body)?;
    body.finish("file")?;
    Ok((file, flags & LAYER != 0))
}

fn read_raw_keyed(mut body: Reader<'_>) -> Result<RawKeyedState> {
    let (mut groups, mut least) = (Vec::new(), 0);
    while !body.is_empty() {
        let before = body;
        let group = body.varint_up_to(u64::from(u16::MAX) >> 1, "key group of raw state")?;
        if group < least {
            let expected = format_args!("{least} or above");
            return Err(before.corrupt("key group of raw state", expected, group));
        }
        least = group + 1;
        let bytes = body.framed("raw keyed state")?;
        groups.push((KeyGroup(group as u16), bytes.to_vec()));
    }
    Ok(RawKeyedState::from_groups(groups))
}

fn read_raw_operator(mut body: Reader<'_>) -> Result<RawOperatorState> {
    let mut partitions = Vec::new();
    while !body.is_empty() {
        partitions.push(body.framed("partition of raw state")?.to_vec());
    }
    Ok(RawOperatorState { partitions })
}

fn read_flags(mut body: Reader<'_>) -> Result<bool> {
    let flags = body.varint("flags")?;
    body.finish("flags")?;
    if flags & !FINISHED != 0 {
        return Err(StateError::incompatible(format!(
            "flags of a subtask's snapshot: known are {FINISHED:#x}, found {flags:#x}"
        )));
    }
    Ok(flags & FINISHED != 0)
}
