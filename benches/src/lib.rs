//! The workloads of `WORKLOADS.md` on Alluvium's backends and on the bare structures below them.
//!
//! Every program prints one JSON object per figure and line; `compare` turns the lines of several
//! programs into ratios.

#![forbid(unsafe_code)]

pub mod measure;
pub mod rng;
pub mod settings;
pub mod work;
