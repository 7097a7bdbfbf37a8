use alluvium_state_derive::StateData;

#[derive(Clone, Copy, StateData)]
union Number {
    whole: u32,
    broken: f32,
}

fn main() {}
