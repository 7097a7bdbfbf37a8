//! Reading the envelope.

use alluvium_state_api::{Result, StateError};

use super::{MAGIC, SECTION_HEAD, SectionKind, VERSION, section_crc};
use crate::wire::Reader;

/// The sections of a `_metadata`, all of them checked.
///
/// ```
/// use alluvium_checkpoint::{Metadata, MetadataWriter, SectionKind};
///
/// let mut writer = MetadataWriter::new();
/// writer.section(SectionKind::SUMMARY, b"first");
/// writer.section(SectionKind(7), b"from a later version, and not needed");
/// let bytes = writer.finish();
/// let metadata = Metadata::parse(&bytes)?;
/// let payloads: Vec<&[u8]> = metadata.sections().map(|section| section.payload).collect();
/// assert_eq!(payloads, [b"first"]);
///
/// let error = Metadata::parse(&bytes[1..]).unwrap_err();
/// assert!(error.to_string().contains("magic"));
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata<'a> {
    sections: Vec<Section<'a>>,
}

/// One section of a `_metadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// What it is.
    pub kind: SectionKind,
    /// Where its payload begins in the whole.
    pub offset: u64,
    /// Its contents.
    pub payload: &'a [u8],
}

impl<'a> Metadata<'a> {
    /// Takes `bytes`, a whole `_metadata`, apart.
    ///
    /// # Errors
    /// `Corrupt` naming part, offset, expected and found, if these are not the bytes that were
    /// written; `Incompatible` if they are of another version, or hold a section that must be
    /// understood and is not known.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut body = open(bytes)?;
        let mut sections = Vec::new();
        while !body.is_empty() {
            let section = read_section(&mut body)?;
            if section.kind.is_known() {
                sections.push(section);
            } else if section.kind.must_be_understood() {
                return Err(unknown(section));
            }
        }
        Ok(Self { sections })
    }

    /// The sections of known kinds, in the order in which they were written.
    pub fn sections(&self) -> impl Iterator<Item = Section<'a>> + '_ {
        self.sections.iter().copied()
    }
}

/// The sections as bytes, with head and end mark checked: first that these are the bytes that were
/// written, then that this version knows them.
fn open(bytes: &[u8]) -> Result<Reader<'_>> {
    let mut reader = Reader::new(bytes, 0);
    let before = reader;
    let magic = reader.array::<4>("magic of metadata")?;
    if magic != MAGIC {
        let expected = format!("{}, as every checkpoint begins", MAGIC.escape_ascii());
        return Err(before.corrupt("magic of metadata", expected, magic.escape_ascii()));
    }
    let version = reader.u16("version")?;
    let before_reserved = reader;
    let reserved = reader.u16("reserved bytes")?;
    let length = reader.left().saturating_sub(SECTION_HEAD);
    let body = reader.part_of(length, "sections")?;
    check_end(reader, bytes)?;
    if version != VERSION {
        return Err(StateError::incompatible(format!(
            "version {VERSION} of checkpoint metadata is known, found {version}"
        )));
    }
    if reserved != 0 {
        return Err(before_reserved.corrupt("reserved bytes", 0, reserved));
    }
    Ok(body)
}

fn check_end(mut end: Reader<'_>, bytes: &[u8]) -> Result<()> {
    let before = end;
    let kind = SectionKind(end.u16("end mark")?);
    if kind != SectionKind::END {
        return Err(before.corrupt("end mark", SectionKind::END, kind));
    }
    zero(&mut end)?;
    let before_crc = end;
    let found = end.u32("checksum of the whole")?;
    let before = end;
    let length = end.u64("length of the whole")?;
    if length != bytes.len() as u64 {
        return Err(before.corrupt("length of the whole", bytes.len(), length));
    }
    let (covered, _) = bytes.split_at(bytes.len() - SECTION_HEAD);
    let expected = crc32fast::hash(covered);
    if found != expected {
        let (expected, found) = (format!("{expected:#010x}"), format!("{found:#010x}"));
        return Err(before_crc.corrupt("checksum of the whole", expected, found));
    }
    Ok(())
}

fn read_section<'a>(body: &mut Reader<'a>) -> Result<Section<'a>> {
    let kind = SectionKind(body.u16("kind of a section")?);
    zero(body)?;
    let before_crc = *body;
    let found = body.u32("checksum of a section")?;
    let before = *body;
    let length = body.u64("length of a section")?;
    let offset = body.offset();
    let payload = match usize::try_from(length) {
        Ok(length) if length <= body.left() => body.take(length, "section")?,
        _ => {
            let expected = format!("at most {}", body.left());
            return Err(before.corrupt("length of a section", expected, length));
        }
    };
    let expected = section_crc(kind, 0, length, payload);
    if found != expected {
        let (expected, found) = (format!("{expected:#010x}"), format!("{found:#010x}"));
        return Err(before_crc.corrupt("checksum of a section", expected, found));
    }
    Ok(Section {
        kind,
        offset,
        payload,
    })
}

fn zero(reader: &mut Reader<'_>) -> Result<()> {
    let before = *reader;
    match reader.u16("reserved bytes")? {
        0 => Ok(()),
        found => Err(before.corrupt("reserved bytes", 0, found)),
    }
}

#[cold]
fn unknown(section: Section<'_>) -> StateError {
    StateError::incompatible(format!(
        "the section at offset {} is of kind {}, which must be understood and is not known to \
         this version",
        section.offset - SECTION_HEAD as u64,
        section.kind
    ))
}
