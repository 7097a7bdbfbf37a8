//! What the fuzz targets share.
//!
//! Readers check a checksum before anything else, which random bytes never pass: each target is
//! shown its bytes as they are, and once more with lengths and checksums put right, so that what
//! lies behind is reached.

#![forbid(unsafe_code)]

/// Puts `bytes` at `at`, as far as there is room.
fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(room) = into.get_mut(at..) {
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
    }
}

fn number(bytes: &[u8], at: usize) -> usize {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk());
    four.map_or(0, |four| u32::from_le_bytes(*four) as usize)
}

/// Ends with the checksum of all before.
fn seal(bytes: &mut [u8]) {
    if let Some((covered, sum)) = bytes.split_last_chunk_mut::<4>() {
        *sum = crc32fast::hash(covered).to_le_bytes();
    }
}

/// A segment whose magics, total length and checksums fit, as far as its blocks can be followed.
pub fn seal_segment(bytes: &[u8]) -> Vec<u8> {
    const PREAMBLE: usize = 24;
    const TRAILER: usize = 32;
    const HEAD: usize = 16;
    let mut out = bytes.to_vec();
    put(&mut out, 0, b"\x89ALVSG\r\n\x01\x00");
    if let Some(preamble) = out.get_mut(..PREAMBLE) {
        seal(preamble);
    }
    let length = out.len();
    let Some(end) = length.checked_sub(TRAILER) else {
        return out;
    };
    put(&mut out, end + 12, &(length as u64).to_le_bytes());
    put(&mut out, end + 24, b"\n\rGSVLA\x98");
    if let Some(trailer) = out.get_mut(end..end + 24) {
        seal(trailer);
    }
    let mut at = PREAMBLE;
    while at + HEAD <= end {
        let stored = number(&out, at + 4);
        let Some(payload) = out.get(at + HEAD..end).and_then(|rest| rest.get(..stored)) else {
            break;
        };
        let mut sum = crc32fast::Hasher::new();
        sum.update(&(at as u64).to_le_bytes());
        sum.update(&out[at..at + 12]);
        sum.update(payload);
        put(&mut out, at + 12, &sum.finalize().to_le_bytes());
        at += HEAD + stored;
    }
    out
}

/// The snapshot of a subtask whose magic, length and checksum fit.
pub fn seal_subtask(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    put(&mut out, 0, b"ALVT\x01\x00");
    let body = out.len().saturating_sub(20) as u64;
    put(&mut out, 8, &body.to_le_bytes());
    seal(&mut out);
    out
}

/// A log entry whose magic, length and checksum fit, and that stands first in its log.
pub fn seal_log_entry(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    put(&mut out, 0, b"ALVP\x01\x00");
    let length = out.len() as u32;
    put(&mut out, 8, &length.to_le_bytes());
    put(&mut out, 12, &1u64.to_le_bytes());
    seal(&mut out);
    out
}

/// A `_metadata` whose magic, length and checksums fit, as far as its sections can be followed.
pub fn seal_metadata(bytes: &[u8]) -> Vec<u8> {
    const HEAD: usize = 16;
    let mut out = bytes.to_vec();
    put(&mut out, 0, b"ALVM\x01\x00\x00\x00");
    let length = out.len();
    let Some(end) = length.checked_sub(HEAD) else {
        return out;
    };
    let mut at = 8;
    while at + HEAD <= end {
        let room = end - at - HEAD;
        let payload = number(&out, at + 8).min(room);
        put(&mut out, at + 2, &[0, 0]);
        put(&mut out, at + 8, &(payload as u64).to_le_bytes());
        let mut sum = crc32fast::Hasher::new();
        sum.update(&out[at..at + 4]);
        sum.update(&out[at + 8..at + HEAD + payload]);
        put(&mut out, at + 4, &sum.finalize().to_le_bytes());
        at += HEAD + payload;
    }
    put(&mut out, end, &[0xff, 0xff, 0, 0]);
    let crc = crc32fast::hash(&out[..end]);
    put(&mut out, end + 4, &crc.to_le_bytes());
    put(&mut out, end + 8, &(length as u64).to_le_bytes());
    out
}
