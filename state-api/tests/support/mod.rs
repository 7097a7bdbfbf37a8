//! What several test files ask of an encoding.

pub(crate) mod walk;
