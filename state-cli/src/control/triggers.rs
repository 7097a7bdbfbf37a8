//! What was triggered through the endpoint, and what has become of it.

use super::bodies::{Operation, TriggerStatus};
use alluvium::StateError;
use alluvium::config::Location;
use alluvium_state_tests::executor::{CheckpointStats, Pending};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many triggers are known at a time, those that have come to their end included.
const MOST: usize = 128;

/// What kind of thing was triggered: its status is asked for in a place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Savepoint,
    Checkpoint,
    Disposal,
}

/// Something under way, or its end.
#[derive(Debug)]
pub(crate) enum Work {
    Savepoint(Pending<Location>),
    Checkpoint(Pending<CheckpointStats>),
    /// A file operation of the endpoint's own; the answer comes through the channel.
    Disposal(Receiver<Result<(), StateError>>),
    Done(Operation),
}

#[derive(Debug)]
struct Trigger {
    work: Work,
    /// Whether its end was told to somebody.
    told: bool,
    /// Counts up: the lowest is the oldest.
    number: u64,
}

#[derive(Debug, Default)]
struct Known {
    triggers: BTreeMap<(Kind, String), Trigger>,
    numbers: u64,
}

/// The triggers of one endpoint. When there are too many, the oldest that has come to its end is
/// forgotten, one that was told first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Triggers(Arc<Mutex<Known>>);

/// All that can be remembered is under way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Triggers {
    fn lock(&self) -> MutexGuard<'_, Known> {
        // Whatever panicked did not do so in the midst of a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins `work` under `id`, unless something is known under it: then that goes on.
    pub(crate) fn begin<E: From<TooMany>>(
        &self,
        kind: Kind,
        id: &str,
        work: impl FnOnce() -> Result<Work, E>,
    ) -> Result<(), E> {
        let mut known = self.lock();
        let key = (kind, id.to_owned());
        if known.triggers.contains_key(&key) {
            return Ok(());
        }
        if known.triggers.len() >= MOST {
            known.forget_one().ok_or(TooMany)?;
        }
        let work = work()?;
        known.numbers += 1;
        let number = known.numbers;
        let told = false;
        known.triggers.insert(key, Trigger { work, told, number });
        Ok(())
    }

    /// How the trigger does, if it is known.
    pub(crate) fn status(&self, kind: Kind, id: &str) -> Option<TriggerStatus> {
        let mut known = self.lock();
        let trigger = known.triggers.get_mut(&(kind, id.to_owned()))?;
        Some(match trigger.work.look() {
            None => TriggerStatus::in_progress(),
            Some(operation) => {
                trigger.told = true;
                TriggerStatus::completed(operation)
            }
        })
    }

    /// Whether the ends of all were told.
    pub(crate) fn are_told(&self) -> bool {
        self.lock().triggers.values().all(|trigger| trigger.told)
    }
}

impl Known {
    fn forget_one(&mut self) -> Option<()> {
        let ended = self
            .triggers
            .iter_mut()
            .filter_map(|(key, trigger)| trigger.work.look().map(|_| (key, &*trigger)));
        let (key, _) = ended.min_by_key(|(_, trigger)| (!trigger.told, trigger.number))?;
        let key = key.clone();
        self.triggers.remove(&key).map(drop)
    }
}

impl Work {
    /// Looks whether it has come to its end.
    fn look(&mut self) -> Option<Operation> {
        let operation = match self {
            Self::Done(operation) => return Some(operation.clone()),
            Self::Savepoint(pending) => pending.poll()?.map(|path| Operation {
                location: Some(path.to_string()),
                ..Operation::default()
            }),
            Self::Checkpoint(pending) => pending.poll()?.map(|stats| Operation {
                checkpoint_id: Some(stats.checkpoint.0),
                ..Operation::default()
            }),
            Self::Disposal(answer) => match answer.try_recv() {
                Ok(answer) => answer.map(|()| Operation::default()),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    Err(StateError::cancelled("nobody knows what became of it"))
                }
            },
        };
        let operation = operation.unwrap_or_else(|error| Operation::failed(&error));
        *self = Self::Done(operation.clone());
        Some(operation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[expect(clippy::unnecessary_wraps, reason = "passed where beginning may fail")]
    fn done() -> Result<Work, TooMany> {
        Ok(Work::Done(Operation::default()))
    }

    #[test]
    fn triggers_are_bounded_and_what_is_under_way_is_never_forgotten() {
        let triggers = Triggers::default();
        let (answer, pending) = channel();
        let mut first = Some(pending);
        let begin = || Ok::<_, TooMany>(Work::Disposal(first.take().unwrap()));
        triggers.begin(Kind::Disposal, "first", begin).unwrap();
        for n in 1..MOST {
            triggers
                .begin(Kind::Savepoint, &n.to_string(), done)
                .unwrap();
        }
        let status = |kind, id: &str| triggers.status(kind, id).map(|told| told.status.id);
        assert_eq!(status(Kind::Savepoint, "5").as_deref(), Some("COMPLETED"));
        triggers.begin(Kind::Savepoint, "more", done).unwrap();
        assert_eq!(status(Kind::Savepoint, "5"), None, "the one that was told");
        triggers.begin(Kind::Savepoint, "even more", done).unwrap();
        assert_eq!(status(Kind::Savepoint, "1"), None, "the oldest");
        assert_eq!(
            status(Kind::Disposal, "first").as_deref(),
            Some("IN_PROGRESS")
        );
        assert!(!triggers.are_told());
        answer.send(Ok(())).unwrap();
        assert_eq!(
            status(Kind::Disposal, "first").as_deref(),
            Some("COMPLETED")
        );
    }

    #[test]
    fn when_all_are_under_way_no_more_are_taken() {
        let triggers = Triggers::default();
        let mut answers = Vec::new();
        let mut begin = |id: &str| {
            triggers.begin(Kind::Disposal, id, || {
                let (answer, pending) = channel();
                answers.push(answer);
                Ok(Work::Disposal(pending))
            })
        };
        for n in 0..MOST {
            begin(&n.to_string()).unwrap();
        }
        assert_eq!(begin("more"), Err(TooMany));
        assert_eq!(begin("7"), Ok(()), "it is known already");
        drop(answers);
        triggers.begin(Kind::Savepoint, "more", done).unwrap();
    }
}
