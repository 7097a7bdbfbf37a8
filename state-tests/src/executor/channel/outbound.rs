//! The sending end of a channel.

use super::Message;
use crate::executor::barrier::Barrier;
use alluvium::{CheckpointId, Result, StateError};
use crossbeam_channel::{Receiver, Sender};

/// Gathers records into batches and sends them.
pub(crate) struct Outbound<T> {
    sender: Sender<Message<T>>,
    spare: Receiver<Vec<T>>,
    buffer: Vec<T>,
    batch: usize,
}

/// The receiver has gone: its task failed or was stopped, and told the job why.
fn gone() -> StateError {
    StateError::cancelled("the receiving task has stopped")
}

impl<T> Outbound<T> {
    pub(super) const fn new(
        sender: Sender<Message<T>>,
        spare: Receiver<Vec<T>>,
        batch: usize,
    ) -> Self {
        Self {
            sender,
            spare,
            buffer: Vec::new(),
            batch,
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, record: T) -> Result<()> {
        if self.buffer.capacity() == 0 {
            self.buffer = self.empty_batch();
        }
        self.buffer.push(record);
        if self.buffer.len() < self.batch {
            return Ok(());
        }
        self.flush()
    }

    #[cold]
    fn empty_batch(&self) -> Vec<T> {
        self.spare
            .try_recv()
            .unwrap_or_else(|_| Vec::with_capacity(self.batch))
    }

    /// Sends the records gathered so far.
    pub(crate) fn flush(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.buffer);
        self.send(Message::Batch(batch))
    }

    /// Sends what was gathered, then the barrier.
    pub(crate) fn barrier(&mut self, barrier: Barrier) -> Result<()> {
        self.flush()?;
        self.send(Message::Barrier(barrier))
    }

    /// Sends what was gathered, then the news that `checkpoint` was given up.
    pub(crate) fn cancel(&mut self, checkpoint: CheckpointId) -> Result<()> {
        self.flush()?;
        self.send(Message::Cancel(checkpoint))
    }

    /// Sends what was gathered, then the end of the stream.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.flush()?;
        self.send(Message::End)
    }

    fn send(&self, message: Message<T>) -> Result<()> {
        self.sender.send(message).map_err(|_| gone())
    }
}
