//! The output directory.

pub(super) mod files;
