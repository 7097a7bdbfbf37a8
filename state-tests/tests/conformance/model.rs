//! Random programs on the model and on backends side by side.

use crate::incremental::Incremental;
use crate::memory::Memory;
use crate::operator::Heap;
use alluvium_state_tests::model::{KeyedMachine, OperatorMachine, config};
use proptest_state_machine::prop_state_machine;

prop_state_machine! {
    #![proptest_config(config(192))]

    #[test]
    fn heap_with_increments(sequential 150..250 => KeyedMachine<Incremental>);
}

prop_state_machine! {
    #![proptest_config(config(64))]

    #[test]
    fn memory_backend(sequential 150..250 => KeyedMachine<Memory>);
}

prop_state_machine! {
    #![proptest_config(config(256))]

    #[test]
    fn operator_state(sequential 20..60 => OperatorMachine<Heap>);
}
