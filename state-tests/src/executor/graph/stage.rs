//! Operators with their types: what makes their links, and their tasks if they begin one.

use super::edge::{Consumer, Edge, Port};
use super::node::{NodeId, Vertex};
use super::{Building, Plan};
use crate::executor::Record;
use crate::executor::channel::ChannelSettings;
use crate::executor::function::Either;
use crate::executor::link::{Link, Output};
use crate::executor::task::{Body, OneInput, TwoInput};
use alluvium::Result;
use std::marker::PhantomData;
use std::sync::Arc;

/// An operator from `I` to `O`; `make` makes its link.
pub(crate) struct Stage<I, O, M> {
    node: NodeId,
    port: Arc<Port<O>>,
    make: M,
    input: PhantomData<fn(I)>,
}

impl<I, O, M> Stage<I, O, M>
where
    O: Record,
    M: Fn(&Building<'_>, Output<O>) -> Result<Box<dyn Link<I>>> + Send + Sync,
{
    pub(crate) const fn new(node: NodeId, port: Arc<Port<O>>, make: M) -> Self {
        Self {
            node,
            port,
            make,
            input: PhantomData,
        }
    }
}

impl<I, O, M> Consumer<I> for Stage<I, O, M>
where
    I: 'static,
    O: Record,
    M: Fn(&Building<'_>, Output<O>) -> Result<Box<dyn Link<I>>> + Send + Sync,
{
    fn link(&self, building: &Building<'_>) -> Result<Box<dyn Link<I>>> {
        let output = self.port.output(building)?;
        building.inject(self.node, (self.make)(building, output)?)
    }
}

/// The tasks of an operator with one input, which may be a union.
pub(crate) struct Receiving<T> {
    pub(crate) edges: Vec<Arc<Edge<T>>>,
    pub(crate) consumer: Arc<dyn Consumer<T>>,
}

impl<T: Record> Vertex for Receiving<T> {
    fn connect(&self, plan: &Plan, settings: ChannelSettings) {
        self.edges
            .iter()
            .for_each(|edge| edge.connect(plan, settings));
    }

    fn build(&self, building: &Building<'_>) -> Result<Body> {
        let link = self.consumer.link(building)?;
        Ok(Body::Receiver(Box::new(OneInput::new(
            receivers(&self.edges, building.subtask),
            link,
        ))))
    }
}

/// The tasks of an operator with two inputs.
pub(crate) struct ReceivingTwo<A, B> {
    pub(crate) first: Vec<Arc<Edge<A>>>,
    pub(crate) second: Vec<Arc<Edge<B>>>,
    pub(crate) consumer: Arc<dyn Consumer<Either<A, B>>>,
}

impl<A: Record, B: Record> Vertex for ReceivingTwo<A, B> {
    fn connect(&self, plan: &Plan, settings: ChannelSettings) {
        self.first
            .iter()
            .for_each(|edge| edge.connect(plan, settings));
        self.second
            .iter()
            .for_each(|edge| edge.connect(plan, settings));
    }

    fn build(&self, building: &Building<'_>) -> Result<Body> {
        let link = self.consumer.link(building)?;
        Ok(Body::Receiver(Box::new(TwoInput::new(
            receivers(&self.first, building.subtask),
            receivers(&self.second, building.subtask),
            link,
        ))))
    }
}

fn receivers<T: Record>(
    edges: &[Arc<Edge<T>>],
    subtask: u32,
) -> Vec<crate::executor::channel::Inbound<T>> {
    edges
        .iter()
        .flat_map(|edge| edge.receivers(subtask))
        .collect()
}
