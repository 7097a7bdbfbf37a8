//! How long a run that is over waits for what it has begun.

use super::attempt::Outcome;
use super::request::EndNow;
use crossbeam_channel::{Receiver, RecvError, TryRecvError, after, never, select};
use std::time::{Duration, Instant};

/// Waits for as long as it takes, until somebody wants the job to end; from then on for a bounded
/// time.
pub(super) struct Patience {
    end: Receiver<EndNow>,
    asked: Option<EndNow>,
    /// How long it lasts once somebody wants the end; `None` for ever.
    limit: Option<Duration>,
    over: Receiver<Instant>,
    is_over: bool,
}

impl Patience {
    /// That of a run which has come to `outcome`, and may be told through `end` to end.
    pub(super) fn new(outcome: &Outcome, end: &Receiver<EndNow>, limit: Option<Duration>) -> Self {
        let mut patience = Self {
            end: end.clone(),
            asked: None,
            limit,
            over: never(),
            is_over: false,
        };
        if matches!(outcome, Outcome::Cancelled | Outcome::Suspended) {
            patience.begin_to_end();
        }
        patience
    }

    fn begin_to_end(&mut self) {
        self.end = never();
        self.over = self.limit.map_or_else(never, after);
    }

    /// What comes first from `from`, or that nothing will; `None` if that takes too long.
    pub(super) fn wait<T>(&mut self, from: &Receiver<T>) -> Option<Result<T, RecvError>> {
        loop {
            if self.is_over {
                return match from.try_recv() {
                    Ok(heard) => Some(Ok(heard)),
                    Err(TryRecvError::Disconnected) => Some(Err(RecvError)),
                    Err(TryRecvError::Empty) => None,
                };
            }
            select! {
                recv(from) -> heard => return Some(heard),
                recv(self.end) -> end => {
                    self.asked = end.ok();
                    self.begin_to_end();
                }
                recv(self.over) -> _ => self.is_over = true,
            }
        }
    }

    /// Whether it is over: something may be left that has not come.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// How the run ends, after all: who wants the end of one that has failed does not want it to
    /// be restarted.
    pub(super) fn outcome(&self, outcome: Outcome) -> Outcome {
        match (self.asked, outcome) {
            (Some(end), Outcome::Failed { .. }) => end.into(),
            (_, outcome) => outcome,
        }
    }
}
