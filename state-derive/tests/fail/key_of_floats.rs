use alluvium_state_derive::OrderedKey;

#[derive(Clone, PartialEq, PartialOrd, OrderedKey)]
struct Position {
    longitude: f64,
}

fn main() {}
