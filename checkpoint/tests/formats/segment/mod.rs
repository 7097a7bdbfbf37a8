//! Segments.

mod damage;
mod limits;
mod round_trip;
