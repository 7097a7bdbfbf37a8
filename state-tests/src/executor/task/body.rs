//! The inside of a task: where its records come from, and the chain that they go through.

use crate::executor::Record;
use crate::executor::barrier::Barrier;
use crate::executor::channel::{Inbound, Message, Received};
use crate::executor::function::Either;
use crate::executor::link::{Event, Link};
use crate::executor::source::SourceLink;
use alluvium::{CheckpointId, Result};
use crossbeam_channel::Select;

/// The inside of a task.
pub(crate) enum Body {
    /// It reads a source.
    Source(Box<dyn SourceLink>),
    /// It receives from other tasks.
    Receiver(Box<dyn Receiver>),
}

impl Body {
    /// The chain takes part in `event`.
    pub(super) fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        match self {
            Self::Source(source) => source.control(event),
            Self::Receiver(receiver) => receiver.control(event),
        }
    }
}

/// What a look into a channel has come to.
pub(crate) enum Step {
    /// There was nothing.
    Empty,
    /// Records, which have gone through the chain.
    Records,
    /// A barrier.
    Barrier(Barrier),
    /// News that a checkpoint was given up.
    Cancel(CheckpointId),
    /// The channel has ended.
    End,
    /// The sender has gone.
    Gone,
}

/// Several channels and the chain behind them.
pub(crate) trait Receiver: Send {
    /// The number of channels.
    fn channels(&self) -> usize;

    /// Takes the next message of `channel`, if there is one.
    fn step(&mut self, channel: usize) -> Result<Step>;

    /// Has `select` wake up when there is something in `channel`.
    fn watch<'a>(&'a self, channel: usize, select: &mut Select<'a>);

    /// The chain takes part in `event`.
    fn control(&mut self, event: &mut Event<'_>) -> Result<()>;
}

/// Takes the next message out of a channel; records go to `batch`, which leaves none.
fn step<T>(channel: &Inbound<T>, batch: impl FnOnce(&mut Vec<T>) -> Result<()>) -> Result<Step> {
    Ok(match channel.poll() {
        Received::Empty => Step::Empty,
        Received::Gone => Step::Gone,
        Received::Message(Message::Batch(mut records)) => {
            batch(&mut records)?;
            channel.recycle(records);
            Step::Records
        }
        Received::Message(Message::Barrier(barrier)) => Step::Barrier(barrier),
        Received::Message(Message::Cancel(checkpoint)) => Step::Cancel(checkpoint),
        Received::Message(Message::End) => Step::End,
    })
}

/// Channels of one type.
pub(crate) struct OneInput<T> {
    channels: Vec<Inbound<T>>,
    link: Box<dyn Link<T>>,
}

impl<T> OneInput<T> {
    pub(crate) fn new(channels: Vec<Inbound<T>>, link: Box<dyn Link<T>>) -> Self {
        Self { channels, link }
    }
}

impl<T: Record> Receiver for OneInput<T> {
    fn channels(&self) -> usize {
        self.channels.len()
    }

    fn step(&mut self, channel: usize) -> Result<Step> {
        let link = &mut self.link;
        match self.channels.get(channel) {
            Some(channel) => step(channel, |records| link.batch(records)),
            None => Ok(Step::Empty),
        }
    }

    fn watch<'a>(&'a self, channel: usize, select: &mut Select<'a>) {
        if let Some(channel) = self.channels.get(channel) {
            channel.watch(select);
        }
    }

    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        self.link.control(event)
    }
}

/// Channels of two types, those of the first input before those of the second.
pub(crate) struct TwoInput<A, B> {
    first: Vec<Inbound<A>>,
    second: Vec<Inbound<B>>,
    link: Box<dyn Link<Either<A, B>>>,
}

impl<A, B> TwoInput<A, B> {
    pub(crate) fn new(
        first: Vec<Inbound<A>>,
        second: Vec<Inbound<B>>,
        link: Box<dyn Link<Either<A, B>>>,
    ) -> Self {
        Self {
            first,
            second,
            link,
        }
    }
}

impl<A: Record, B: Record> Receiver for TwoInput<A, B> {
    fn channels(&self) -> usize {
        self.first.len() + self.second.len()
    }

    fn step(&mut self, channel: usize) -> Result<Step> {
        let link = &mut self.link;
        if let Some(channel) = self.first.get(channel) {
            return step(channel, |records| {
                let mut records = records.drain(..);
                records.try_for_each(|record| link.record(Either::First(record)))
            });
        }
        match self.second.get(channel - self.first.len()) {
            Some(channel) => step(channel, |records| {
                let mut records = records.drain(..);
                records.try_for_each(|record| link.record(Either::Second(record)))
            }),
            None => Ok(Step::Empty),
        }
    }

    fn watch<'a>(&'a self, channel: usize, select: &mut Select<'a>) {
        if let Some(channel) = self.first.get(channel) {
            channel.watch(select);
        } else if let Some(channel) = self.second.get(channel - self.first.len()) {
            channel.watch(select);
        }
    }

    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        self.link.control(event)
    }
}
