//! Heap state of Alluvium.

#![forbid(unsafe_code)]

mod operator;

pub use operator::HeapOperatorState;
