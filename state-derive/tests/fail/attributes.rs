use alluvium_state_derive::StateData;

#[derive(Clone, StateData)]
#[state(tag = 1)]
struct TagOfType;

#[derive(Clone, StateData)]
struct Unknown {
    #[state(renamed = "b")]
    a: u8,
}

#[derive(Clone, StateData)]
enum Twice {
    #[state(tag = 1, tag = 2)]
    A,
}

#[derive(Clone, StateData)]
enum NotANumber {
    #[state(tag = "1")]
    A,
}

#[derive(Clone, StateData)]
#[state(rename = "")]
struct Empty;

fn main() {}
