//! Log entries as bytes.

use alluvium_state_api::{Result, StateError};

use super::entry::{Entry, LogEvent, LogState, PublishedCheckpoint, Retirement};
use super::ids::{JobId, OwnerId};
use crate::files::MAX_NAME;
use crate::storage::check_path;
use crate::wire::Reader;

/// No entry is longer.
pub(super) const MAX_ENTRY: usize = 1 << 20;
/// No entry names more checkpoints.
pub(crate) const MAX_LIVE: usize = 1024;
/// No entry retires more files.
pub(crate) const MAX_RETIRED_FILES: usize = 2048;
const MAX_PATH: usize = 512;
/// No snapshot that a job was told to start from has a longer name, in bytes.
pub(crate) const MAX_ORIGIN: usize = 4096;

const MAGIC: [u8; 4] = *b"ALVP";
const VERSION: u16 = 1;
const MUST_UNDERSTAND: u16 = 0x8000;
const CLAIM: u16 = 1 | MUST_UNDERSTAND;
const PUBLISHED: u16 = 2 | MUST_UNDERSTAND;
const RETIRED: u16 = 3 | MUST_UNDERSTAND;
const FINISHED: u16 = 4 | MUST_UNDERSTAND;
const RETIRED_WITH_FILES: u16 = 5 | MUST_UNDERSTAND;
const FLAG_FINISHED: u16 = 1;
const FLAG_STARTED_OVER: u16 = 2;
const FLAG_ORIGIN: u16 = 4;
const FLAGS: u16 = FLAG_FINISHED | FLAG_STARTED_OVER | FLAG_ORIGIN;
/// Magic, version, kind, length: the same in every version, as is the checksum at the end.
const HEAD: usize = 12;
const CRC: usize = 4;

/// The bytes of `entry`, whose parts are within their bounds.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let (kind, payload) = match &entry.event {
        LogEvent::Claim => (CLAIM, Vec::new()),
        LogEvent::Published => (PUBLISHED, Vec::new()),
        LogEvent::Retired(retirement) => encode_retirement(retirement),
        LogEvent::Finished => (FINISHED, Vec::new()),
        LogEvent::Other(kind) => (*kind, Vec::new()),
    };
    let mut body = Vec::new();
    body.extend_from_slice(&entry.seq.to_le_bytes());
    body.extend_from_slice(&entry.generation.to_le_bytes());
    body.extend_from_slice(&entry.owner.0);
    put_text(&mut body, entry.job.as_str());
    put_state(&mut body, &entry.state);
    body.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    body.extend_from_slice(&payload);

    let length = HEAD + body.len() + CRC;
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.append(&mut body);
    let crc = crc32fast::hash(&out);
    out.extend_from_slice(&crc.to_le_bytes());
    out
}

fn encode_retirement(retirement: &Retirement) -> (u16, Vec<u8>) {
    let (ids, files) = (&retirement.checkpoints, &retirement.files);
    let mut out = Vec::with_capacity(2 + 8 * ids.len());
    out.extend_from_slice(&(ids.len() as u16).to_le_bytes());
    for id in ids {
        out.extend_from_slice(&id.to_le_bytes());
    }
    if files.is_empty() {
        return (RETIRED, out);
    }
    out.extend_from_slice(&(files.len() as u16).to_le_bytes());
    for file in files {
        put_text(&mut out, file);
    }
    (RETIRED_WITH_FILES, out)
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_state(out: &mut Vec<u8>, state: &LogState) {
    out.extend_from_slice(&state.next_checkpoint.to_le_bytes());
    let flag = |is_set: bool, flag: u16| if is_set { flag } else { 0 };
    let flags = flag(state.finished, FLAG_FINISHED)
        | flag(state.started_over, FLAG_STARTED_OVER)
        | flag(state.origin.is_some(), FLAG_ORIGIN);
    out.extend_from_slice(&flags.to_le_bytes());
    out.extend_from_slice(&(state.live.len() as u16).to_le_bytes());
    for live in &state.live {
        out.extend_from_slice(&live.checkpoint.to_le_bytes());
        out.extend_from_slice(&live.length.to_le_bytes());
        out.extend_from_slice(&live.crc.to_le_bytes());
        put_text(out, &live.path);
    }
    if let Some(origin) = &state.origin {
        put_text(out, origin);
    }
}

/// Reads an entry back.
///
/// # Errors
/// `Corrupt` naming part, offset, expected and found; `Incompatible` if a later version wrote it
/// and this one cannot know what it means.
pub(super) fn decode(bytes: &[u8]) -> Result<Entry> {
    let (kind, mut body) = open(bytes)?;
    let seq = body.u64("seq")?;
    let generation = body.u64("generation")?;
    let owner = OwnerId(body.array("owner")?);
    let job = read_job(&mut body)?;
    let state = read_state(&mut body)?;
    let length = body.u32("length of the payload")?;
    let payload = body.part_of(length as usize, "payload")?;
    body.finish("log entry")?;
    let event = read_event(kind, payload)?;
    Ok(Entry {
        seq,
        generation,
        owner,
        job,
        event,
        state,
    })
}

/// Kind and body, with all that stands around them checked: first that the bytes are those that
/// were written, then that this version knows them.
fn open(bytes: &[u8]) -> Result<(u16, Reader<'_>)> {
    let mut reader = Reader::new(bytes, 0);
    let before = reader;
    let magic = reader.array::<4>("magic of a log entry")?;
    if magic != MAGIC {
        let (expected, found) = (MAGIC.escape_ascii(), magic.escape_ascii());
        return Err(before.corrupt("magic of a log entry", expected, found));
    }
    let version = reader.u16("version")?;
    let kind = reader.u16("kind")?;
    let before = reader;
    let length = reader.u32("length")?;
    if length as usize != bytes.len() {
        return Err(before.corrupt("length", bytes.len(), length));
    }
    let body = reader.part_of(reader.left().saturating_sub(CRC), "body")?;
    let before = reader;
    let found = reader.u32("checksum")?;
    let (covered, _) = bytes.split_at(bytes.len() - CRC);
    let expected = crc32fast::hash(covered);
    if found != expected {
        let (expected, found) = (format!("{expected:#010x}"), format!("{found:#010x}"));
        return Err(before.corrupt("checksum of a log entry", expected, found));
    }
    if version != VERSION {
        return Err(StateError::incompatible(format!(
            "version {VERSION} of log entries is known, found {version}"
        )));
    }
    Ok((kind, body))
}

fn read_text<'a>(reader: &mut Reader<'a>, most: usize, what: &str) -> Result<&'a str> {
    let before = *reader;
    let length = reader.u16(what)? as usize;
    if length > most {
        return Err(before.corrupt(what, format_args!("at most {most} bytes"), length));
    }
    let bytes = reader.take(length, what)?;
    std::str::from_utf8(bytes).map_err(|error| before.corrupt(what, "UTF-8", error))
}

fn read_job(reader: &mut Reader<'_>) -> Result<JobId> {
    let before = *reader;
    let job = read_text(reader, JobId::MAX_LENGTH, "job id")?;
    JobId::new(job).map_err(|error| before.corrupt("job id", "a job id", error))
}

fn read_state(reader: &mut Reader<'_>) -> Result<LogState> {
    let next_checkpoint = reader.u64("next checkpoint id")?;
    let flags = reader.u16("flags")?;
    if flags & !FLAGS != 0 {
        return Err(StateError::incompatible(format!(
            "flags of a log entry: known are {FLAGS:#x}, found {flags:#x}"
        )));
    }
    let mut state = LogState {
        next_checkpoint,
        finished: flags & FLAG_FINISHED != 0,
        started_over: flags & FLAG_STARTED_OVER != 0,
        origin: None,
        live: Vec::new(),
    };
    let before = *reader;
    let count = reader.u16("number of checkpoints")? as usize;
    if count > MAX_LIVE {
        let expected = format_args!("at most {MAX_LIVE}");
        return Err(before.corrupt("number of checkpoints", expected, count));
    }
    let mut least = 0;
    for _ in 0..count {
        let before = *reader;
        let published = read_published(reader)?;
        let id = published.checkpoint;
        if id < least || id >= next_checkpoint {
            let expected = format_args!("one in {least}..{next_checkpoint}");
            return Err(before.corrupt("checkpoint id", expected, id));
        }
        least = id + 1;
        state.live.push(published);
    }
    if flags & FLAG_ORIGIN != 0 {
        let before = *reader;
        let origin = read_text(reader, MAX_ORIGIN, "origin")?;
        if origin.is_empty() {
            return Err(before.corrupt("origin", "at least 1 byte", 0));
        }
        state.origin = Some(origin.to_owned());
    }
    Ok(state)
}

fn read_published(reader: &mut Reader<'_>) -> Result<PublishedCheckpoint> {
    let checkpoint = reader.u64("checkpoint id")?;
    let length = reader.u64("length of metadata")?;
    let crc = reader.u32("checksum of metadata")?;
    let before = *reader;
    let path = read_text(reader, MAX_PATH, "path of metadata")?;
    check_path(path).map_err(|error| before.corrupt("path of metadata", "a path", error))?;
    Ok(PublishedCheckpoint {
        checkpoint,
        path: path.to_owned(),
        length,
        crc,
    })
}

fn read_event(kind: u16, mut payload: Reader<'_>) -> Result<LogEvent> {
    let event = match kind {
        CLAIM => LogEvent::Claim,
        PUBLISHED => LogEvent::Published,
        RETIRED => LogEvent::Retired(read_ids(&mut payload)?.into()),
        RETIRED_WITH_FILES => LogEvent::Retired(Retirement {
            checkpoints: read_ids(&mut payload)?,
            files: read_files(&mut payload)?,
        }),
        FINISHED => LogEvent::Finished,
        other if other & MUST_UNDERSTAND == 0 => return Ok(LogEvent::Other(other)),
        other => {
            return Err(StateError::incompatible(format!(
                "a log entry of kind {other:#06x} must be understood and is not known to this \
                 version"
            )));
        }
    };
    payload.finish("payload")?;
    Ok(event)
}

fn read_ids(payload: &mut Reader<'_>) -> Result<Vec<u64>> {
    let count = payload.u16("number of retired checkpoints")?;
    (0..count)
        .map(|_| payload.u64("retired checkpoint"))
        .collect()
}

fn read_files(payload: &mut Reader<'_>) -> Result<Vec<String>> {
    let before = *payload;
    let count = payload.u16("number of retired files")? as usize;
    if count > MAX_RETIRED_FILES {
        let expected = format_args!("at most {MAX_RETIRED_FILES}");
        return Err(before.corrupt("number of retired files", expected, count));
    }
    let read = |_| {
        let before = *payload;
        let name = read_text(payload, MAX_NAME, "retired file")?;
        if name.contains('/') || check_path(name).is_err() {
            let found = format_args!("'{}'", name.escape_debug());
            return Err(before.corrupt("retired file", "a plain name", found));
        }
        Ok(name.to_owned())
    };
    (0..count).map(read).collect()
}
