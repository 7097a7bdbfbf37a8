//! The end of a chain: records go to other tasks.

use super::{Control, Event, Link};
use crate::executor::Record;
use crate::executor::channel::Outbound;
use alluvium::{MaxParallelism, Result};
use std::sync::Arc;

/// Which receiving subtask a record goes to.
pub(crate) enum Route<T> {
    /// The only one that there is a channel to.
    Single,
    /// Each in turn.
    Rebalance {
        /// Whose turn it is.
        next: usize,
    },
    /// All of them.
    Broadcast,
    /// The one that owns the key group of the record's key.
    Key {
        /// The key hash of a record's key.
        hash: Arc<dyn Fn(&T) -> i32 + Send + Sync>,
        max_parallelism: MaxParallelism,
        /// The owner of each group.
        owners: Arc<[u16]>,
    },
}

/// Sends records and barriers through the channels of one edge.
pub(crate) struct Exchange<T> {
    channels: Vec<Outbound<T>>,
    route: Route<T>,
}

impl<T: Record> Exchange<T> {
    pub(crate) const fn new(channels: Vec<Outbound<T>>, route: Route<T>) -> Self {
        Self { channels, route }
    }

    fn each(&mut self, f: impl FnMut(&mut Outbound<T>) -> Result<()>) -> Result<()> {
        self.channels.iter_mut().try_for_each(f)
    }

    #[inline]
    fn push(&mut self, channel: usize, record: T) -> Result<()> {
        match self.channels.get_mut(channel) {
            Some(channel) => channel.push(record),
            // An edge has a channel to every receiver.
            None => Ok(()),
        }
    }
}

impl<T: Record> Control for Exchange<T> {
    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        match event {
            Event::Flush => self.each(Outbound::flush),
            Event::Barrier(barrier) => self.each(|channel| channel.barrier(*barrier)),
            Event::Cancel(checkpoint) => self.each(|channel| channel.cancel(*checkpoint)),
            Event::End => self.each(Outbound::end),
            _ => Ok(()),
        }
    }
}

impl<T: Record> Link<T> for Exchange<T> {
    #[inline]
    fn record(&mut self, record: T) -> Result<()> {
        let channel = match &mut self.route {
            Route::Single => 0,
            Route::Rebalance { next } => {
                let channel = *next;
                *next = if channel + 1 < self.channels.len() {
                    channel + 1
                } else {
                    0
                };
                channel
            }
            Route::Key {
                hash,
                max_parallelism,
                owners,
            } => {
                let group = max_parallelism.group_of(hash(&record));
                usize::from(owners.get(usize::from(group.0)).copied().unwrap_or(0))
            }
            Route::Broadcast => return self.each(|channel| channel.push(record.clone())),
        };
        self.push(channel, record)
    }
}
