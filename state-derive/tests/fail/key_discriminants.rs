use alluvium_state_derive::OrderedKey;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, OrderedKey)]
enum Falling {
    High = 2,
    Low = 1,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, OrderedKey)]
enum Computed {
    Two = 1 + 1,
}

fn main() {}
