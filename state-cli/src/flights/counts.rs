//! What all tables count.

use super::record::Flight;
use alluvium::StateData;

/// Flights, and those of them that were cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, StateData)]
pub(super) struct Counts {
    pub(super) flights: u64,
    pub(super) cancelled: u64,
}

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, flight: &Flight) {
        self.flights += 1;
        self.cancelled += flight.cancelled();
    }

    /// What was gained since `earlier`.
    pub(super) const fn since(self, earlier: Self) -> Self {
        Self {
            flights: self.flights - earlier.flights,
            cancelled: self.cancelled - earlier.cancelled,
        }
    }
}
