//! Two streams for one operator.

use super::{KeyedStream, Stream};
use crate::executor::Record;
use crate::executor::function::{Either, Two, TwoInputs};
use crate::executor::graph::{Building, Consumer, KeyHash, Node, Port, ReceivingTwo, Stage};
use crate::executor::link::{KeyOf, Link, Operator, Output};
use alluvium::OrderedKey;
use std::sync::Arc;

/// Two streams whose records one function takes.
pub struct Connected<K: OrderedKey, A, B> {
    first: Stream<A>,
    second: Stream<B>,
    key_of: Option<KeyOf<K, Either<A, B>>>,
    hashes: (Option<KeyHash<A>>, Option<KeyHash<B>>),
}

/// The keyed streams of a pair: the first always is if either is.
type Keyed<'a, K, A, B> = (&'a KeyedStream<A, K>, Option<&'a KeyedStream<B, K>>);

impl<K: OrderedKey, A: Record, B: Record> Connected<K, A, B> {
    pub(super) fn new(
        first: &Stream<A>,
        second: &Stream<B>,
        keyed: Option<Keyed<'_, K, A, B>>,
    ) -> Self {
        if !first.graph.same(&second.graph) {
            let error = "connected streams of different environments".to_owned();
            first.graph.with(|graph| graph.errors.push(error));
        }
        let (key_of, hashes) = match keyed {
            None => (None, (None, None)),
            Some((a, b)) => (
                Some(key_of(a, b)),
                (
                    Some(Arc::clone(&a.hash)),
                    b.map(|keyed| Arc::clone(&keyed.hash)),
                ),
            ),
        };
        Self {
            first: first.clone(),
            second: second.clone(),
            key_of,
            hashes,
        }
    }

    /// A rich function of both inputs. `factory` makes one for each subtask and run.
    pub fn process<O: Record, F: TwoInputs<K, A, B, O>>(
        &self,
        factory: impl Fn() -> F + Send + Sync + 'static,
    ) -> Stream<O> {
        let graph = &self.first.graph;
        let id = graph.next_node();
        let port = Port::new(id);
        let key_of = self.key_of.clone();
        let make = move |building: &Building<'_>, output: Output<O>| {
            let (uid, subtask) = (building.uid(id)?, building.subtask_info(id)?);
            let operator = Operator::new(uid, subtask, Two(factory()), key_of.clone(), output);
            Ok(Box::new(operator) as Box<dyn Link<Either<A, B>>>)
        };
        let consumer: Arc<dyn Consumer<Either<A, B>>> =
            Arc::new(Stage::new(id, Arc::clone(&port), make));
        let (first, mut inputs) = self.first.edges(None, self.hashes.0.clone());
        let (second, others) = self.second.edges(None, self.hashes.1.clone());
        inputs.extend(others);
        let vertex = Arc::new(ReceivingTwo {
            first,
            second,
            consumer,
        });
        graph.with(|graph| {
            graph.nodes.push(Node {
                kind: "two-inputs",
                name: None,
                uid: None,
                parallelism: None,
                inputs,
                vertex,
            });
        });
        Stream::from_port(graph.clone(), port)
    }
}

fn key_of<K: OrderedKey, A: Record, B: Record>(
    first: &KeyedStream<A, K>,
    second: Option<&KeyedStream<B, K>>,
) -> KeyOf<K, Either<A, B>> {
    let first = Arc::clone(&first.key);
    let second = second.map(|keyed| Arc::clone(&keyed.key));
    Arc::new(move |record| match record {
        Either::First(record) => Some(first(record)),
        Either::Second(record) => second.as_ref().map(|key| key(record)),
    })
}
