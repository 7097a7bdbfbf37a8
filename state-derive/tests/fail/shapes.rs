use alluvium_state_derive::{OrderedKey, StateData};

#[derive(Clone, StateData)]
struct Borrowed<'a> {
    text: &'a str,
}

#[derive(Clone, StateData)]
enum Never {}

#[derive(StateData)]
struct NotClone(u8);

#[derive(Clone, OrderedKey)]
struct NotOrdered(u8);

fn main() {}
