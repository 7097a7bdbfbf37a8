use alluvium_state_derive::StateData;

#[derive(Clone, StateData)]
enum Explicit {
    #[state(tag = 1)]
    One,
    #[state(tag = 1)]
    Two,
}

#[derive(Clone, StateData)]
enum Implicit {
    #[state(tag = 1)]
    One,
    #[state(tag = 0)]
    Zero,
    Next,
}

#[derive(Clone, StateData)]
enum TooLarge {
    #[state(tag = 4294967295)]
    Last,
    More,
}

fn main() {}
