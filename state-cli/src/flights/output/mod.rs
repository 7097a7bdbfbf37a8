//! The output directory.

pub(super) mod files;
pub(super) mod own;
