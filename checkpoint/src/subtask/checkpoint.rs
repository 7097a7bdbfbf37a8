//! What a whole checkpoint holds.

use super::OperatorSnapshot;
use crate::files::FileRef;
use crate::wire::{MUST_UNDERSTAND, Put, Reader, count, read_records, write_record};
use alluvium_state_api::{CheckpointId, Result, SnapshotLimits, StateError};
use std::collections::{BTreeMap, BTreeSet};

const IDENTITY: u8 = 1 | MUST_UNDERSTAND;
const PROPERTY: u8 = 2;
const FINAL: u64 = 1;

/// What a whole checkpoint holds: what `_metadata` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointMetadata {
    /// The checkpoint.
    pub checkpoint: CheckpointId,
    /// When it was triggered, in milliseconds since the Unix epoch.
    pub timestamp: u64,
    /// The id of the job.
    pub job_id: String,
    /// The name of the job.
    pub job_name: String,
    /// Whether it was taken after the end of all input: the job has nothing left to do.
    pub is_final: bool,
    /// The operators, each uid once.
    pub operators: Vec<OperatorSnapshot>,
    /// What the engine wants to find again, by name.
    pub properties: BTreeMap<String, Vec<u8>>,
}

/// The kinds of parts that a checkpoint's metadata is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckpointPartKind {
    /// What it says about itself; once, and first.
    Summary,
    /// One operator.
    Operator,
}

/// One part of a checkpoint's metadata as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointPart<B = Vec<u8>> {
    /// What it is.
    pub kind: CheckpointPartKind,
    /// Its bytes.
    pub bytes: B,
}

impl CheckpointMetadata {
    /// Metadata of a checkpoint without operators.
    pub fn new(checkpoint: CheckpointId, timestamp: u64, job_id: &str, job_name: &str) -> Self {
        Self {
            checkpoint,
            timestamp,
            job_id: job_id.to_owned(),
            job_name: job_name.to_owned(),
            is_final: false,
            operators: Vec::new(),
            properties: BTreeMap::new(),
        }
    }

    /// The operator with this uid.
    pub fn operator(&self, uid: &str) -> Option<&OperatorSnapshot> {
        self.operators.iter().find(|operator| operator.uid == uid)
    }

    /// The files that it names; one that several subtasks name comes several times.
    pub fn files(&self) -> impl Iterator<Item = &FileRef> {
        self.operators.iter().flat_map(OperatorSnapshot::files)
    }

    /// The parts that it is stored as: the summary, then each operator, so that a reader can skip
    /// operators.
    ///
    /// # Errors
    /// `Misuse` if operators or subtasks do not fit one another; `Corrupt` if a segment in it is
    /// damaged.
    pub fn to_parts(&self) -> Result<Vec<CheckpointPart>> {
        self.check().map_err(StateError::misuse)?;
        let mut summary = Vec::new();
        self.write_summary(&mut summary)?;
        let mut parts = vec![CheckpointPart {
            kind: CheckpointPartKind::Summary,
            bytes: summary,
        }];
        for operator in &self.operators {
            operator.check_segments()?;
            let mut bytes = Vec::with_capacity(operator.size()? as usize);
            operator.write(&mut bytes)?;
            parts.push(CheckpointPart {
                kind: CheckpointPartKind::Operator,
                bytes,
            });
        }
        Ok(parts)
    }

    /// Reads the parts back.
    ///
    /// # Errors
    /// `Corrupt` naming part and offset; `Incompatible` if a later version wrote it.
    pub fn from_parts<'a>(
        parts: impl IntoIterator<Item = CheckpointPart<&'a [u8]>>,
    ) -> Result<Self> {
        let (mut metadata, mut operators) = (None, Vec::new());
        for (place, part) in parts.into_iter().enumerate() {
            let reader = Reader::new(part.bytes, 0);
            let at = |error: StateError| error.context(format!("part {place} of a checkpoint"));
            match part.kind {
                CheckpointPartKind::Summary if metadata.is_none() => {
                    metadata = Some(Self::read_summary(reader).map_err(at)?);
                }
                CheckpointPartKind::Summary => {
                    return Err(at(reader.corrupt("summary", "one", "another")));
                }
                CheckpointPartKind::Operator => {
                    operators.push(OperatorSnapshot::read(reader).map_err(at)?);
                }
            }
        }
        let Some(mut metadata) = metadata else {
            let message = "a checkpoint has a summary, found none";
            return Err(StateError::corrupt(message));
        };
        metadata.operators = operators;
        metadata.check().map_err(StateError::corrupt)?;
        Ok(metadata)
    }

    /// The length of all its [parts](Self::to_parts), in bytes; nothing is copied to find it.
    ///
    /// # Errors
    /// `Misuse` if a schema in it cannot be stored.
    pub fn size(&self) -> Result<u64> {
        let mut size = count(|out| self.write_summary(out))?;
        for operator in &self.operators {
            size += operator.size()?;
        }
        Ok(size)
    }

    /// Checks `size`, that of the whole `_metadata`, against what the backend allows.
    ///
    /// # Errors
    /// `LimitExceeded` naming checkpoint, size, limit and option.
    pub fn check_limit(&self, size: u64, limits: &SnapshotLimits) -> Result<()> {
        match &limits.checkpoint {
            Some(limit) => limit.check(format_args!("checkpoint {}", self.checkpoint), size),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), String> {
        let mut uids = BTreeSet::new();
        for operator in &self.operators {
            operator.check()?;
            if !uids.insert(&operator.uid) {
                return Err(format!(
                    "operator '{}' stands in checkpoint {} twice",
                    operator.uid, self.checkpoint
                ));
            }
        }
        Ok(())
    }

    fn write_summary(&self, out: &mut dyn Put) -> Result<()> {
        write_record(IDENTITY, out, |out| {
            out.varint(self.checkpoint.0)?;
            out.varint(self.timestamp)?;
            out.framed(self.job_id.as_bytes())?;
            out.framed(self.job_name.as_bytes())?;
            out.varint(if self.is_final { FINAL } else { 0 })
        })?;
        self.properties.iter().try_for_each(|(name, value)| {
            write_record(PROPERTY, out, |out| {
                out.framed(name.as_bytes())?;
                out.bytes(value)
            })
        })
    }

    fn read_summary(reader: Reader<'_>) -> Result<Self> {
        let (mut metadata, mut properties) = (None, BTreeMap::new());
        read_records(reader, "summary", |tag, mut body| {
            match tag {
                IDENTITY if metadata.is_none() => metadata = Some(Self::read_identity(body)?),
                PROPERTY => {
                    let before = body;
                    let name = body.string("name of a property")?.to_owned();
                    let value = body.take(body.left(), "property")?.to_vec();
                    if properties.insert(name, value).is_some() {
                        return Err(before.corrupt("property", "each once", "one twice"));
                    }
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let Some(metadata) = metadata else {
            return Err(reader.corrupt("summary", "a record of its identity", "none"));
        };
        Ok(Self {
            properties,
            ..metadata
        })
    }

    fn read_identity(mut body: Reader<'_>) -> Result<Self> {
        let checkpoint = CheckpointId(body.varint("checkpoint")?);
        let timestamp = body.varint("timestamp")?;
        let job_id = body.string("job id")?;
        let job_name = body.string("job name")?;
        let flags = body.varint("flags")?;
        body.finish("identity")?;
        if flags & !FINAL != 0 {
            return Err(StateError::incompatible(format!(
                "flags of a checkpoint: known are {FINAL:#x}, found {flags:#x}"
            )));
        }
        let mut metadata = Self::new(checkpoint, timestamp, job_id, job_name);
        metadata.is_final = flags & FINAL != 0;
        Ok(metadata)
    }
}
