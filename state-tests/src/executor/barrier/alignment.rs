//! Alignment as a pure state machine: it is told what the channels deliver, and says which of them
//! to read from and when to take the snapshot.
//!
//! Exactly-once: a channel that has delivered the barrier is blocked until the others have; a newer
//! barrier gives the older checkpoint up. At-least-once: nothing is ever blocked; barriers are
//! counted per checkpoint, and completing one forgets the older ones. Closed channels do not take
//! part. The rules are those of Flink's `SingleCheckpointBarrierHandler` and
//! `CheckpointBarrierTracker`.

use super::Barrier;
use alluvium::CheckpointId;
use alluvium::checkpoint::CheckpointMode;
use std::collections::VecDeque;

/// The greatest number of checkpoints counted at a time without alignment; older ones are
/// forgotten.
const MAX_COUNTED: usize = 50;

/// Why a task has given a checkpoint up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbortReason {
    /// A barrier of a newer checkpoint came first.
    Overtaken,
    /// A task before this one gave it up.
    Cancelled,
}

/// What follows from a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// A checkpoint given up just now: tell the coordinator and the tasks behind.
    pub aborted: Option<(CheckpointId, AbortReason)>,
    /// All barriers of this checkpoint have come: take the snapshot now.
    pub complete: Option<Barrier>,
}

impl Outcome {
    const NOTHING: Self = Self {
        aborted: None,
        complete: None,
    };
}

#[derive(Clone, Copy, Debug)]
struct Channel {
    open: bool,
    /// The newest checkpoint whose barrier it has delivered.
    delivered: CheckpointId,
}

/// The alignment of one task.
#[derive(Debug)]
pub struct Alignment {
    mode: CheckpointMode,
    channels: Vec<Channel>,
    /// Checkpoints of which some barriers have come, ascending; one at most when aligning.
    pending: VecDeque<Barrier>,
    /// The newest checkpoint that is complete or was given up; its barriers, and those of older
    /// ones, mean nothing any more.
    newest: CheckpointId,
    /// Checkpoints above `newest` that were given up while an older one was pending.
    given_up: Vec<CheckpointId>,
}

impl Alignment {
    /// For `channels` channels, all open.
    pub fn new(mode: CheckpointMode, channels: usize) -> Self {
        let channel = Channel {
            open: true,
            delivered: CheckpointId(0),
        };
        Self {
            mode,
            channels: vec![channel; channels],
            pending: VecDeque::new(),
            newest: CheckpointId(0),
            given_up: Vec::new(),
        }
    }

    /// Whether nothing may be read from `channel` now.
    pub fn is_blocked(&self, channel: usize) -> bool {
        let Some(channel) = self.channels.get(channel) else {
            return true;
        };
        let waits = self
            .pending
            .front()
            .is_some_and(|barrier| channel.delivered == barrier.checkpoint);
        !channel.open || (self.mode == CheckpointMode::ExactlyOnce && waits)
    }

    /// Whether every channel is closed.
    pub fn all_closed(&self) -> bool {
        self.channels.iter().all(|channel| !channel.open)
    }

    /// `channel` has delivered `barrier`.
    pub fn barrier(&mut self, channel: usize, barrier: Barrier) -> Outcome {
        let id = barrier.checkpoint;
        if id <= self.newest || self.given_up.contains(&id) {
            return Outcome::NOTHING;
        }
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.delivered = channel.delivered.max(id);
        }
        let mut outcome = Outcome::NOTHING;
        match self.mode {
            CheckpointMode::ExactlyOnce => {
                let older = self.pending.front().map(|pending| pending.checkpoint);
                match older {
                    // Channels deliver in order, so an older barrier cannot follow a newer one
                    // unless its checkpoint was given up.
                    Some(older) if older > id => return Outcome::NOTHING,
                    Some(older) if older < id => {
                        self.pending.clear();
                        outcome.aborted = Some((older, AbortReason::Overtaken));
                        self.newest = self.newest.max(older);
                    }
                    _ => {}
                }
                if self.pending.is_empty() {
                    self.pending.push_back(barrier);
                }
            }
            CheckpointMode::AtLeastOnce => self.count(barrier),
        }
        outcome.complete = self.completed();
        outcome
    }

    fn count(&mut self, barrier: Barrier) {
        let place = self
            .pending
            .partition_point(|pending| pending.checkpoint < barrier.checkpoint);
        if self.pending.get(place).map(|pending| pending.checkpoint) != Some(barrier.checkpoint) {
            self.pending.insert(place, barrier);
        }
        if self.pending.len() > MAX_COUNTED {
            self.pending.pop_front();
        }
    }

    /// The newest pending checkpoint whose barrier every open channel has delivered, which ends it
    /// and all older ones.
    fn completed(&mut self) -> Option<Barrier> {
        let least = self
            .channels
            .iter()
            .filter(|channel| channel.open)
            .map(|channel| channel.delivered)
            .min()?;
        let place = self
            .pending
            .iter()
            .rposition(|pending| pending.checkpoint <= least)?;
        let barrier = self.pending.drain(..=place).next_back()?;
        self.forget(barrier.checkpoint);
        Some(barrier)
    }

    /// Nothing up to `checkpoint` means anything any more.
    fn forget(&mut self, checkpoint: CheckpointId) {
        self.newest = self.newest.max(checkpoint);
        let newest = self.newest;
        self.given_up.retain(|given_up| *given_up > newest);
    }

    /// A channel has delivered the news that `checkpoint` was given up upstream.
    pub fn cancel(&mut self, checkpoint: CheckpointId) -> Outcome {
        if checkpoint <= self.newest || self.given_up.contains(&checkpoint) {
            return Outcome::NOTHING;
        }
        self.pending
            .retain(|pending| pending.checkpoint > checkpoint);
        self.forget(checkpoint);
        Outcome {
            aborted: Some((checkpoint, AbortReason::Cancelled)),
            complete: None,
        }
    }

    /// The coordinator has given `checkpoint` up. Unlike [`cancel`](Self::cancel), which comes in
    /// the order of the stream, this says nothing about older checkpoints.
    pub fn give_up(&mut self, checkpoint: CheckpointId) {
        if checkpoint <= self.newest {
            return;
        }
        self.pending
            .retain(|pending| pending.checkpoint != checkpoint);
        if self.pending.is_empty() {
            self.forget(checkpoint);
        } else {
            self.given_up.push(checkpoint);
        }
    }

    /// `channel` has come to its end and takes no further part. What the others have delivered may
    /// suffice now.
    pub fn close(&mut self, channel: usize) -> Outcome {
        if let Some(channel) = self.channels.get_mut(channel) {
            channel.open = false;
        }
        Outcome {
            aborted: None,
            complete: self.completed(),
        }
    }
}

#[cfg(test)]
mod tests;
