//! Streams that are not keyed.

use super::{Connected, KeyedStream};
use crate::executor::Record;
use crate::executor::function::Process;
use crate::executor::graph::{
    Building, Consumer, Edge, EdgeInfo, KeyHash, Node, Partition, Port, Receiving, SharedGraph,
    Stage,
};
use crate::executor::link::{Filter, FlatMap, KeyOf, Link, Map, Operator, Output};
use alluvium::{OrderedKey, Result};
use std::sync::Arc;

/// Where records of a stream come from.
pub(super) struct Origin<T> {
    pub(super) port: Arc<Port<T>>,
    pub(super) partition: Partition,
}

impl<T> Clone for Origin<T> {
    fn clone(&self) -> Self {
        Self {
            port: Arc::clone(&self.port),
            partition: self.partition,
        }
    }
}

/// A stream of records of type `T`. May be used several times: each use sees all records.
///
/// A closure that is handed to an operator is cloned for every subtask and may keep what it likes
/// in its captures, but nothing of that survives a failure: state that must is for
/// [`process`](Self::process).
pub struct Stream<T> {
    pub(super) graph: SharedGraph,
    pub(super) origins: Vec<Origin<T>>,
}

impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        Self {
            graph: self.graph.clone(),
            origins: self.origins.clone(),
        }
    }
}

impl<T: Record> Stream<T> {
    pub(crate) fn from_port(graph: SharedGraph, port: Arc<Port<T>>) -> Self {
        let partition = Partition::Forward;
        Self {
            graph,
            origins: vec![Origin { port, partition }],
        }
    }

    /// One record for each.
    pub fn map<O: Record>(
        &self,
        function: impl Fn(T) -> O + Clone + Send + Sync + 'static,
    ) -> Stream<O> {
        self.then("map", move |_, output| {
            let function = function.clone();
            Ok(Box::new(Map { function, output }))
        })
    }

    /// Those for which `function` is true.
    pub fn filter(&self, function: impl Fn(&T) -> bool + Clone + Send + Sync + 'static) -> Self {
        self.then("filter", move |_, output| {
            let function = function.clone();
            Ok(Box::new(Filter { function, output }))
        })
    }

    /// Any number of records for each.
    pub fn flat_map<O, U>(
        &self,
        function: impl Fn(T) -> U + Clone + Send + Sync + 'static,
    ) -> Stream<O>
    where
        O: Record,
        U: IntoIterator<Item = O> + 'static,
    {
        self.try_flat_map(move |record| Ok(function(record)))
    }

    /// Any number of records for each, or an error, which fails the task.
    pub fn try_flat_map<O, U>(
        &self,
        function: impl Fn(T) -> Result<U> + Clone + Send + Sync + 'static,
    ) -> Stream<O>
    where
        O: Record,
        U: IntoIterator<Item = O> + 'static,
    {
        self.then("flat-map", move |_, output| {
            let function = function.clone();
            Ok(Box::new(FlatMap { function, output }))
        })
    }

    /// A rich function. `factory` makes one for each subtask and run.
    pub fn process<O: Record, F: Process<(), T, O>>(
        &self,
        factory: impl Fn() -> F + Send + Sync + 'static,
    ) -> Stream<O> {
        self.operator("process", None, None, factory)
    }

    /// The same records, dealt out evenly to the subtasks of the next operator.
    pub fn rebalance(&self) -> Self {
        self.partitioned(Partition::Rebalance)
    }

    /// The same records, each given to all subtasks of the next operator.
    pub fn broadcast(&self) -> Self {
        self.partitioned(Partition::Broadcast)
    }

    /// The same records, each given to the subtask of the next operator that owns the key group of
    /// its key.
    pub fn key_by<K: OrderedKey>(
        &self,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
    ) -> KeyedStream<T, K> {
        KeyedStream::new(self.clone(), key)
    }

    /// The records of both streams, in any order.
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.origins.extend(other.origins.iter().cloned());
        if !self.graph.same(&other.graph) {
            self.fail("a union of streams of different environments");
        }
        union
    }

    /// Both streams, for a function that takes records of either.
    pub fn connect<B: Record>(&self, other: &Stream<B>) -> Connected<(), T, B> {
        Connected::new(self, other, None)
    }

    /// Sets the uid of the operator that this stream comes from: the name under which its state is
    /// found again. Without one it follows from the operator's kind and place in the job.
    pub fn uid(self, uid: &str) -> Self {
        self.node("uid", |node| node.uid = Some(uid.to_owned()));
        self
    }

    /// Sets the name of the operator that this stream comes from, for messages. Default: its uid.
    pub fn name(self, name: &str) -> Self {
        self.node("name", |node| node.name = Some(name.to_owned()));
        self
    }

    /// Sets the number of subtasks of the operator that this stream comes from. Default: that of
    /// the environment.
    pub fn parallelism(self, parallelism: u32) -> Self {
        self.node("parallelism", |node| node.parallelism = Some(parallelism));
        self
    }

    fn node(&self, what: &str, f: impl FnOnce(&mut Node)) {
        let [origin] = &*self.origins else {
            self.fail(&format!("{what}(..) on a union: it is not an operator"));
            return;
        };
        if origin.partition != Partition::Forward {
            self.fail(&format!(
                "{what}(..) behind rebalance or broadcast: it belongs before"
            ));
        }
        let id = origin.port.node;
        self.graph.with(|graph| graph.nodes.get_mut(id.0).map(f));
    }

    fn fail(&self, error: &str) {
        self.graph.with(|graph| graph.errors.push(error.to_owned()));
    }

    pub(super) fn partitioned(&self, partition: Partition) -> Self {
        let mut stream = self.clone();
        for origin in &mut stream.origins {
            origin.partition = partition;
        }
        stream
    }

    /// Adds the operator of a rich function.
    pub(super) fn operator<K: OrderedKey, O: Record, F: Process<K, T, O>>(
        &self,
        kind: &'static str,
        key_of: Option<KeyOf<K, T>>,
        hash: Option<KeyHash<T>>,
        factory: impl Fn() -> F + Send + Sync + 'static,
    ) -> Stream<O> {
        self.add(kind, hash, move |node| {
            move |building: &Building<'_>, output: Output<O>| {
                let uid = building.uid(node)?;
                let subtask = building.subtask_info(node)?;
                let operator = Operator::new(uid, subtask, factory(), key_of.clone(), output);
                Ok(Box::new(operator) as Box<dyn Link<T>>)
            }
        })
    }

    fn then<O: Record>(
        &self,
        kind: &'static str,
        make: impl Fn(&Building<'_>, Output<O>) -> Result<Box<dyn Link<T>>> + Send + Sync + 'static,
    ) -> Stream<O> {
        self.add(kind, None, move |_| make)
    }

    /// Adds an operator with this stream as its one input.
    fn add<O, M>(
        &self,
        kind: &'static str,
        hash: Option<KeyHash<T>>,
        make: impl FnOnce(crate::executor::graph::NodeId) -> M,
    ) -> Stream<O>
    where
        O: Record,
        M: Fn(&Building<'_>, Output<O>) -> Result<Box<dyn Link<T>>> + Send + Sync + 'static,
    {
        let id = self.graph.next_node();
        let port = Port::new(id);
        let consumer: Arc<dyn Consumer<T>> = Arc::new(Stage::new(id, Arc::clone(&port), make(id)));
        let (edges, inputs) = self.edges(Some(&consumer), hash);
        let vertex = Arc::new(Receiving { edges, consumer });
        self.graph.with(|graph| {
            graph.nodes.push(Node {
                kind,
                name: None,
                uid: None,
                parallelism: None,
                inputs,
                vertex,
            });
        });
        Stream::from_port(self.graph.clone(), port)
    }

    /// Draws an edge from each origin to a new operator.
    pub(super) fn edges(
        &self,
        consumer: Option<&Arc<dyn Consumer<T>>>,
        hash: Option<KeyHash<T>>,
    ) -> (Vec<Arc<Edge<T>>>, Vec<EdgeInfo>) {
        self.origins
            .iter()
            .map(|origin| {
                let id = self.graph.next_edge();
                let edge = Arc::new(Edge::new(id, consumer.cloned(), hash.clone()));
                origin.port.attach(Arc::clone(&edge));
                let info = EdgeInfo {
                    id,
                    from: origin.port.node,
                    partition: origin.partition,
                };
                (edge, info)
            })
            .unzip()
    }
}
