//! Channels between subtasks: bounded queues of batches.
//!
//! A full queue holds its sender back until the receiver has caught up. Emptied batches travel
//! back to the sender, so that a stream that has warmed up allocates nothing.

mod inbound;
mod matrix;
mod message;
mod outbound;

pub(crate) use inbound::{Inbound, Received};
pub(crate) use matrix::Matrix;
pub(crate) use message::Message;
pub(crate) use outbound::Outbound;

use crossbeam_channel::bounded;

/// The bounds of every channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelSettings {
    /// The greatest number of records in a batch; at least 1.
    pub batch: usize,
    /// The greatest number of batches (and barriers) waiting in one channel; at least 1.
    pub capacity: usize,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            batch: 1_024,
            capacity: 4,
        }
    }
}

/// A channel from one subtask to another.
pub(crate) fn channel<T>(settings: ChannelSettings) -> (Outbound<T>, Inbound<T>) {
    let (sender, receiver) = bounded(settings.capacity.max(1));
    let (spare_sender, spare_receiver) = bounded(settings.capacity.max(1));
    (
        Outbound::new(sender, spare_receiver, settings.batch.max(1)),
        Inbound::new(receiver, spare_sender),
    )
}

#[cfg(test)]
mod tests;
