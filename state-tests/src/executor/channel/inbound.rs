//! The receiving end of a channel.

use super::Message;
use crossbeam_channel::{Receiver, Select, Sender, TryRecvError};

/// Takes batches and gives the emptied ones back.
pub(crate) struct Inbound<T> {
    receiver: Receiver<Message<T>>,
    spare: Sender<Vec<T>>,
}

/// What a look into a channel has found.
pub(crate) enum Received<T> {
    /// Nothing yet.
    Empty,
    /// The sender has gone without saying that the stream ends.
    Gone,
    /// A message.
    Message(Message<T>),
}

impl<T> Inbound<T> {
    pub(super) const fn new(receiver: Receiver<Message<T>>, spare: Sender<Vec<T>>) -> Self {
        Self { receiver, spare }
    }

    /// Takes the next message, if there is one.
    pub(crate) fn poll(&self) -> Received<T> {
        match self.receiver.try_recv() {
            Ok(message) => Received::Message(message),
            Err(TryRecvError::Empty) => Received::Empty,
            Err(TryRecvError::Disconnected) => Received::Gone,
        }
    }

    /// Gives an emptied batch back to the sender; it is freed if the sender has enough of them.
    pub(crate) fn recycle(&self, mut batch: Vec<T>) {
        batch.clear();
        drop(self.spare.try_send(batch));
    }

    /// Has `select` wake up when there is something to take.
    pub(crate) fn watch<'a>(&'a self, select: &mut Select<'a>) -> usize {
        select.recv(&self.receiver)
    }
}
