//! Tests of Alluvium as a library, and the embedded executor that jobs run on.
//!
//! | module | what it holds |
//! |---|---|
//! | [`executor`] | a small stream engine on Alluvium's state |

#![forbid(unsafe_code)]

pub mod executor;
