//! The operator state of the heap under the conformance suite, and raw state.

use alluvium_state_api::OperatorStateImage;
use alluvium_state_heap::HeapOperatorState;
use alluvium_state_tests::conformance::OperatorHarness;
use alluvium_state_tests::{operator_conformance_suite, raw_conformance_suite};

#[derive(Debug, Default)]
pub(crate) struct Heap;

impl OperatorHarness for Heap {
    type Store = HeapOperatorState;

    fn open(&self, images: Vec<OperatorStateImage>) -> HeapOperatorState {
        HeapOperatorState::restore(images)
    }
}

operator_conformance_suite!(Heap);
raw_conformance_suite!();
