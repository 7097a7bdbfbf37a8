//! All channels of one edge of the job.

use super::{ChannelSettings, Inbound, Outbound, channel};

/// The ends of all channels of an edge, until the tasks at either side have taken them.
pub(crate) struct Matrix<T> {
    /// By sending subtask; within, by receiving subtask.
    senders: Vec<Vec<Outbound<T>>>,
    /// By receiving subtask; within, by sending subtask.
    receivers: Vec<Vec<Inbound<T>>>,
}

impl<T> Matrix<T> {
    /// A channel from each of `from` subtasks to each of `to`.
    pub(crate) fn full(from: u32, to: u32, settings: ChannelSettings) -> Self {
        let mut receivers: Vec<Vec<Inbound<T>>> = (0..to).map(|_| Vec::new()).collect();
        let senders = (0..from)
            .map(|_| {
                receivers
                    .iter_mut()
                    .map(|row| {
                        let (sender, receiver) = channel(settings);
                        row.push(receiver);
                        sender
                    })
                    .collect()
            })
            .collect();
        Self { senders, receivers }
    }

    /// A channel from each subtask to its namesake.
    pub(crate) fn pointwise(parallelism: u32, settings: ChannelSettings) -> Self {
        let (senders, receivers) = (0..parallelism)
            .map(|_| channel(settings))
            .map(|(sender, receiver)| (vec![sender], vec![receiver]))
            .unzip();
        Self { senders, receivers }
    }

    /// The ends through which sending subtask `subtask` sends; empty once taken.
    pub(crate) fn take_senders(&mut self, subtask: u32) -> Vec<Outbound<T>> {
        take(&mut self.senders, subtask)
    }

    /// The ends from which receiving subtask `subtask` receives; empty once taken.
    pub(crate) fn take_receivers(&mut self, subtask: u32) -> Vec<Inbound<T>> {
        take(&mut self.receivers, subtask)
    }
}

fn take<E>(rows: &mut [Vec<E>], subtask: u32) -> Vec<E> {
    rows.get_mut(subtask as usize)
        .map(std::mem::take)
        .unwrap_or_default()
}
