//! Reading, claiming and appending: the part of the log that asks the store.

use std::ops::RangeInclusive;
use std::sync::Arc;

use alluvium_state_api::{ErrorKind, Result, StateError};

use super::append::{Decision, Fact, decide};
use super::codec::{MAX_ENTRY, decode, encode};
use super::entry::{Entry, LogEvent, LogState, OpenMode};
use super::ids::{JobId, OwnerId};
use super::search::{Probe, TailSearch};
use crate::storage::{Created, Storage};

/// How often a claim is tried while others claim or append.
const CLAIMS: u32 = 16;
/// How often an append is tried again to learn what became of it.
const RETRIES: u32 = 2;

/// The log of one job, to be read.
#[derive(Clone)]
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    job: JobId,
}

/// An entry and the very bytes that it was read from.
pub(crate) struct Stored {
    pub(crate) entry: Entry,
    pub(crate) bytes: Vec<u8>,
}

impl Log {
    pub(crate) fn new(storage: Arc<dyn Storage>, job: JobId) -> Self {
        Self { storage, job }
    }

    fn folder(&self) -> String {
        format!("{}/log", self.job)
    }

    /// Where the entry of this number lies, from the root of the storage.
    pub(crate) fn path(&self, seq: u64) -> String {
        format!("{}/log/{seq}", self.job)
    }

    fn locate(&self, seq: u64) -> String {
        self.storage.locate(&self.path(seq))
    }

    /// The newest entry, found from `known`, an existing one or 0. The newest `verified` entries
    /// are read and checked against one another, at least the newest itself.
    ///
    /// # Errors
    /// `Corrupt` if an entry is damaged, missing, or does not follow from the one before;
    /// `Incompatible` if an entry is of a later version or of another job.
    pub(crate) fn newest(&self, known: u64, verified: u64) -> Result<Option<Stored>> {
        let tail = self.find_tail(known)?;
        if tail == 0 {
            return Ok(None);
        }
        let newest = self.read(tail)?;
        self.check_order(&newest.entry, None)?;
        let mut after = newest.entry.clone();
        for seq in verified_from(tail, verified).rev().skip(1) {
            let before = self.read(seq)?.entry;
            self.check_order(&before, Some(&after))?;
            after = before;
        }
        Ok(Some(newest))
    }

    /// What to do about a log that is damaged: nobody can say what it would be to go on behind it.
    #[cold]
    pub(crate) fn with_way_out(&self, error: StateError) -> StateError {
        if error.kind() != ErrorKind::Corrupt {
            return error;
        }
        let folder = self.storage.locate(&self.job.to_string());
        StateError::corrupt(format!(
            "no run of job '{}' can begin, not even one that starts over, while its log is damaged: put \
             back what is damaged, or move '{folder}' away; its checkpoints can be started from there",
            self.job
        ))
        .with_source(error)
    }

    /// How many entries [`newest`](Self::newest) reads, and what is wrong with each of them that is
    /// not sound, oldest first.
    ///
    /// # Errors
    /// As `newest` if an entry is missing; `Storage`.
    pub(crate) fn check(&self, verified: u64) -> Result<(u64, Vec<StateError>)> {
        let tail = self.find_tail(0)?;
        let (mut problems, mut checked) = (Vec::new(), 0);
        let mut after = None;
        for seq in verified_from(tail, verified).rev() {
            checked += 1;
            after = match self.read(seq) {
                Ok(Stored { entry, .. }) => {
                    problems.extend(self.check_order(&entry, after.as_ref()).err());
                    Some(entry)
                }
                Err(error) if error.kind() == ErrorKind::Storage => return Err(error),
                // The one before it has nothing to be compared with.
                Err(error) => {
                    problems.push(error);
                    None
                }
            };
        }
        problems.reverse();
        Ok((checked, problems))
    }

    /// Checks that `after`, the next entry if that is known, follows `entry`, and that the first
    /// one begins the log.
    fn check_order(&self, entry: &Entry, after: Option<&Entry>) -> Result<()> {
        if let Some(after) = after {
            after.check_after(entry).map_err(|differs| {
                let place = self.locate(after.seq);
                StateError::corrupt(format!("log entry '{place}' does not follow: {differs}"))
            })?;
        }
        if entry.seq == 1 && (entry.event != LogEvent::Claim || entry.generation != 1) {
            let place = self.locate(1);
            return Err(StateError::corrupt(format!(
                "log entry '{place}': expected the claim of generation 1, found {:?} of \
                 generation {}",
                entry.event, entry.generation
            )));
        }
        Ok(())
    }

    /// The number of the newest entry, 0 if there is none. What the folder lists only shows
    /// whether an entry is missing below.
    fn find_tail(&self, known: u64) -> Result<u64> {
        let tail = self.search(known)?;
        let names = self.storage.list(&self.folder())?;
        let numbers = names.iter().filter_map(|name| {
            let number = name.parse::<u64>().ok()?;
            (number.to_string() == *name).then_some(number)
        });
        let listed = numbers.max().unwrap_or(0);
        if listed <= tail {
            return Ok(tail);
        }
        // Others may have appended since.
        let tail = self.search(tail)?;
        if listed <= tail {
            return Ok(tail);
        }
        Err(StateError::corrupt(format!(
            "log entry '{}' is missing: expected entries 1 to {listed}, found 1 to {tail} in a row",
            self.locate(tail + 1)
        )))
    }

    fn search(&self, known: u64) -> Result<u64> {
        let mut search = TailSearch::from(known);
        loop {
            match search.next() {
                Probe::Ask(seq) => search.answer(seq, self.storage.exists(&self.path(seq))?),
                Probe::Done(tail) => return Ok(tail),
            }
        }
    }

    /// The entry of this number.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    pub(crate) fn read(&self, seq: u64) -> Result<Stored> {
        let path = self.path(seq);
        let place = self.storage.locate(&path);
        let Some(bytes) = self.storage.read(&path, MAX_ENTRY as u64 + 1)? else {
            return Err(StateError::corrupt(format!(
                "log entry '{place}' is missing"
            )));
        };
        if bytes.len() > MAX_ENTRY {
            return Err(StateError::corrupt(format!(
                "log entry '{place}': expected at most {MAX_ENTRY} bytes, found more"
            )));
        }
        let entry =
            decode(&bytes).map_err(|error| error.context(format!("log entry '{place}'")))?;
        if entry.seq != seq {
            return Err(StateError::corrupt(format!(
                "log entry '{place}': expected the entry of this number, found that of number {}",
                entry.seq
            )));
        }
        if entry.job != self.job {
            return Err(StateError::incompatible(format!(
                "log entry '{place}' belongs to job '{}', not to job '{}'",
                entry.job, self.job
            )));
        }
        Ok(Stored { entry, bytes })
    }

    /// Creates an existing entry once more, which must change nothing: some stores that speak an
    /// object-store protocol ignore the condition, and two owners would never notice each other.
    /// The bytes are the same, so even then nothing is lost.
    fn check_condition(&self, seq: u64, bytes: &[u8]) -> Result<()> {
        match self.storage.create(&self.path(seq), bytes)? {
            Created::Exists => Ok(()),
            Created::New => Err(StateError::storage(format!(
                "the store of '{}' creates objects that exist already: it cannot keep a log",
                self.locate(seq)
            ))),
        }
    }

    /// Tries to create `entry` until it is known what became of it, or the attempts are used up.
    fn create(&self, entry: &Entry) -> Attempted {
        let path = self.path(entry.seq);
        let bytes = encode(entry);
        let mut left = RETRIES;
        loop {
            let (fact, error) = match self.attempt(&path, &bytes) {
                Ok(fact) => (fact, None),
                Err(error) => (Fact::Failed, Some(error)),
            };
            match decide(&bytes, fact, left) {
                Decision::Appended => return Attempted::Appended,
                Decision::Superseded(found) => return Attempted::Superseded(found),
                Decision::TryAgain => left -= 1,
                Decision::Unknown => return Attempted::Unknown(error),
            }
        }
    }

    fn attempt(&self, path: &str, bytes: &[u8]) -> Result<Fact> {
        match self.storage.create(path, bytes)? {
            Created::New => Ok(Fact::Created),
            Created::Exists => {
                let found = self.storage.read(path, MAX_ENTRY as u64 + 1)?;
                Ok(found.map_or(Fact::Failed, Fact::Exists))
            }
        }
    }
}

impl Log {
    #[cold]
    fn taken_over(&self, from: OwnerId, by: Option<&Entry>) -> StateError {
        let by = by.map_or_else(
            || "one that has deleted the log".to_owned(),
            |entry| format!("generation {} of owner {}", entry.generation, entry.owner),
        );
        StateError::misuse(format!(
            "job '{}' was taken over from owner {from} by another process, {by}; this process \
             must stop",
            self.job
        ))
    }
}

/// The newest `verified` of `tail` entries, at least one if there is one.
fn verified_from(tail: u64, verified: u64) -> RangeInclusive<u64> {
    tail.saturating_sub(verified.saturating_sub(1)).max(1)..=tail
}

enum Attempted {
    Appended,
    Superseded(Vec<u8>),
    Unknown(Option<StateError>),
}

/// Who claims a log, and how.
pub(crate) struct Claimant<'a> {
    pub(crate) owner: OwnerId,
    pub(crate) mode: OpenMode,
    /// The snapshot that the job is told to start from.
    pub(crate) origin: Option<&'a str>,
}

/// The log of one job, as its owner writes it.
pub(crate) struct PublicationLog {
    log: Log,
    newest: Entry,
    /// Why nothing can be appended any more.
    halted: Option<(ErrorKind, String)>,
}

impl PublicationLog {
    /// Begins a new generation, and with it ends the one before. `next_checkpoint` says, given what
    /// the log says, from which id on nobody has begun a checkpoint. Also returns the entry before
    /// the claim.
    ///
    /// # Errors
    /// As [`Log::newest`] and `next_checkpoint`; `Storage`; `Misuse` if another owner has the same
    /// id, or if `after` is an owner and another one has written since.
    pub(crate) fn claim(
        log: Log,
        new: &Claimant<'_>,
        verified: u64,
        after: Option<OwnerId>,
        next_checkpoint: impl Fn(Option<&LogState>) -> Result<u64>,
    ) -> Result<(Self, Option<Entry>)> {
        let newest = log.newest(0, verified);
        let mut before = newest.map_err(|error| log.with_way_out(error))?;
        if let Some(stored) = &before {
            log.check_condition(stored.entry.seq, &stored.bytes)?;
        }
        for _ in 0..CLAIMS {
            let known = before.as_ref().map(|stored| &stored.entry);
            if let Some(after) =
                after.filter(|after| known.map(|entry| entry.owner) != Some(*after))
            {
                return Err(log.taken_over(after, known));
            }
            let next = next_checkpoint(known.map(|entry| &entry.state))?;
            let claim = claim_after(known, &log.job, new, next)?;
            match log.create(&claim) {
                Attempted::Appended => {
                    if before.is_none() {
                        log.check_condition(claim.seq, &encode(&claim))?;
                    }
                    let claimed = Self {
                        log,
                        newest: claim,
                        halted: None,
                    };
                    return Ok((claimed, before.map(|stored| stored.entry)));
                }
                Attempted::Superseded(_) => before = log.newest(claim.seq, 1)?,
                Attempted::Unknown(error) => {
                    let place = log.locate(claim.seq);
                    return Err(unknown(&place, error));
                }
            }
        }
        Err(StateError::storage(format!(
            "cannot claim the log '{}': {CLAIMS} times another entry came first",
            log.storage.locate(&log.folder())
        )))
    }

    /// What the log says now.
    pub(crate) fn state(&self) -> &LogState {
        &self.newest.state
    }

    pub(crate) fn generation(&self) -> u64 {
        self.newest.generation
    }

    /// Whether nothing can be appended any more, because another owner has taken over or because
    /// nobody knows what became of an entry.
    pub(crate) fn is_halted(&self) -> bool {
        self.halted.is_some()
    }

    /// Returns the error that halted the log, if one has.
    ///
    /// # Errors
    /// That one.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.halted {
            None => Ok(()),
            Some((kind, message)) => Err(StateError::new(*kind, message.clone())),
        }
    }

    /// Whether another owner has taken over, which halts the log: to be asked before anything is
    /// done on the strength of what it says.
    ///
    /// # Errors
    /// As [`append`](Self::append), and `Storage` if the log cannot be read.
    pub(crate) fn check_owner(&mut self) -> Result<()> {
        self.check()?;
        let next = self.newest.seq.saturating_add(1);
        let (path, place) = (self.log.path(next), self.log.locate(next));
        let Some(found) = self.log.storage.read(&path, MAX_ENTRY as u64 + 1)? else {
            return Ok(());
        };
        let error = self.superseded(&place, &found);
        self.halted = Some((error.kind(), error.message().to_owned()));
        Err(error)
    }

    /// Whether another owner has taken over, as far as is known.
    pub(crate) fn is_superseded(&self) -> bool {
        matches!(self.halted, Some((ErrorKind::Misuse, _)))
    }

    /// Appends `event`, which leads to `state`.
    ///
    /// # Errors
    /// `Misuse` if another owner has taken over: this one must stop. `Storage` if it is unknown
    /// whether the entry was appended: the log must be claimed anew. After either nothing can be
    /// appended any more, and the same error is returned again.
    pub(crate) fn append(&mut self, event: LogEvent, state: LogState) -> Result<()> {
        self.check()?;
        let entry = Entry {
            seq: self.newest.seq.saturating_add(1),
            event,
            state,
            ..self.newest.clone()
        };
        let place = self.log.locate(entry.seq);
        let error = match self.log.create(&entry) {
            Attempted::Appended => {
                self.newest = entry;
                return Ok(());
            }
            Attempted::Superseded(found) => self.superseded(&place, &found),
            Attempted::Unknown(error) => unknown(&place, error),
        };
        self.halted = Some((error.kind(), error.message().to_owned()));
        Err(error)
    }

    #[cold]
    fn superseded(&self, place: &str, found: &[u8]) -> StateError {
        let (job, ours) = (&self.log.job, self.newest.generation);
        let by = match decode(found) {
            Ok(entry) if entry.owner == self.newest.owner => "one with the same owner id, which \
                must be drawn at random for each run"
                .to_owned(),
            Ok(entry) => format!("generation {} of owner {}", entry.generation, entry.owner),
            Err(error) => format!("one whose entry cannot be read ({error})"),
        };
        StateError::misuse(format!(
            "job '{job}' was taken over by another process: '{place}' was written by {by}, while \
             generation {ours} of owner {} was running; this process must stop",
            self.newest.owner
        ))
    }
}

fn claim_after(
    before: Option<&Entry>,
    job: &JobId,
    new: &Claimant<'_>,
    next_checkpoint: u64,
) -> Result<Entry> {
    let owner = new.owner;
    if before.is_some_and(|entry| entry.owner == owner) {
        return Err(StateError::misuse(format!(
            "owner id {owner} has written the log of job '{job}' before: it must be drawn at \
             random for each run"
        )));
    }
    let initial = LogState::new();
    let (seq, generation, state) = before.map_or((0, 0, &initial), |entry| {
        (entry.seq, entry.generation, &entry.state)
    });
    Ok(Entry {
        seq: seq.saturating_add(1),
        generation: generation.saturating_add(1),
        owner,
        job: job.clone(),
        event: LogEvent::Claim,
        state: state.claimed(next_checkpoint, new.mode, new.origin),
    })
}

#[cold]
fn unknown(place: &str, source: Option<StateError>) -> StateError {
    let error = StateError::storage(format!(
        "it is unknown whether log entry '{place}' was written; the log must be opened anew"
    ));
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}
