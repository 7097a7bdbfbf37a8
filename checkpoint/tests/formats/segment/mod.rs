//! Segments.

mod chain;
mod damage;
mod input;
mod limits;
mod parallel;
mod round_trip;
