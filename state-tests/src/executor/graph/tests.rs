use super::plan::{Plan, Transport};
use crate::executor::{Environment, Stream};
use alluvium::{MaxParallelism, Result};

fn plan(environment: &Environment, parallelism: u32) -> Result<Plan> {
    environment
        .graph()
        .with(|graph| Plan::new(graph, parallelism, |_| None))
}

fn transports(plan: &Plan) -> Vec<Transport> {
    let edges = (0..plan.edges_len()).map(super::node::EdgeId);
    edges
        .map(|edge| plan.edge(edge).unwrap().transport)
        .collect()
}

fn numbers(environment: &Environment) -> Stream<u32> {
    environment.from_collection(0..10)
}

#[test]
fn operators_without_an_exchange_are_chained() {
    let environment = Environment::new("job");
    let stream = numbers(&environment);
    stream
        .map(|n| n + 1)
        .filter(|n| n % 2 == 0)
        .for_each(|_| Ok(()));
    let plan = plan(&environment, 1).unwrap();
    assert_eq!(transports(&plan), [Transport::Chained; 3]);
    let heads: Vec<_> = plan.nodes.iter().map(|node| node.head).collect();
    assert_eq!(heads, [true, false, false, false]);
}

#[test]
fn exchanges_and_changes_of_parallelism_begin_tasks() {
    let environment = Environment::new("job");
    let stream = numbers(&environment);
    let mapped = stream.map(|n| n);
    mapped
        .key_by(|n| *n)
        .map_with_state(|n, s: Option<u32>| (n, s));
    mapped.broadcast().map(|n| n);
    mapped.rebalance().map(|n| n);
    stream.union(&mapped.map(|n| n)).map(|n| n);
    let plan = plan(&environment, 2).unwrap();
    let expected = [
        Transport::Rebalance,
        Transport::Key,
        Transport::Broadcast,
        Transport::Rebalance,
        Transport::Chained,
        Transport::Rebalance,
        Transport::Pointwise,
    ];
    assert_eq!(transports(&plan), expected);
    assert_eq!(plan.nodes[0].parallelism, 1);
}

#[test]
fn uids_are_derived_from_the_place_and_never_shared() {
    let build = || {
        let environment = Environment::new("job");
        numbers(&environment).map(|n| n).uid("mine").map(|n| n);
        let plan = plan(&environment, 1).unwrap();
        plan.nodes
            .iter()
            .map(|node| node.uid.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(build(), ["source-0", "mine", "map-2"]);
    assert_eq!(build(), build());

    let environment = Environment::new("job");
    numbers(&environment)
        .map(|n| n)
        .uid("same")
        .name("first")
        .map(|n| n)
        .uid("same");
    let error = plan(&environment, 1).unwrap_err().to_string();
    assert!(
        error.contains("'same'") && error.contains("'first'"),
        "{error}"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let error = |build: fn(&Environment), parallelism| {
        let environment = Environment::new("job");
        build(&environment);
        plan(&environment, parallelism).unwrap_err().to_string()
    };
    assert!(error(|_| {}, 1).contains("no source"));
    let fine = |environment: &Environment| drop(numbers(environment).map(|n| n));
    assert!(error(fine, 0).contains("found 0"));
    assert!(error(fine, MaxParallelism::UPPER_BOUND + 1).contains("parallelism"));
    let union = |environment: &Environment| {
        let stream = numbers(environment);
        drop(stream.union(&stream.map(|n| n)).uid("union"));
    };
    assert!(error(union, 1).contains("not an operator"));
    let strangers = |environment: &Environment| {
        let other = Environment::new("other");
        drop(numbers(environment).union(&numbers(&other)).map(|n| n));
    };
    assert!(error(strangers, 1).contains("different environments"));
}
