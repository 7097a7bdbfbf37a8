use alluvium_state_derive::StateData;

#[derive(Clone)]
struct Plain;

#[derive(Clone, StateData)]
struct Outer {
    count: u64,
    plain: Plain,
}

#[derive(Clone, StateData)]
enum Choice {
    One(Vec<Plain>),
}

fn main() {}
