use alluvium_state_derive::StateData;

#[derive(Clone, StateData)]
struct Fields {
    first: u8,
    #[state(rename = "first")]
    second: u8,
}

#[derive(Clone, StateData)]
enum Variants {
    #[state(rename = "Second")]
    First,
    Second,
}

#[derive(Clone, StateData)]
struct Tuple(#[state(rename = "1")] u8, u8);

fn main() {}
