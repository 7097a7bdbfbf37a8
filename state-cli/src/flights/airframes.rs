//! The table of airframes.

use super::record::{Airport, Flight, Tail, text};
use super::states;
use super::table::{Item, Row};
use alluvium::{
    AnyBackend, KeyScope, KeyedBackendExt, ListDescriptor, ListHandle, MapDescriptor, MapHandle,
    Result, StateData, ValueDescriptor, ValueHandle,
};
use alluvium_state_tests::executor::{Context, OpenContext, Process};

pub(super) const HEADER: &str = "tail_number,flights,destinations,most_visited,last_destinations\n";

const FLIGHTS: ValueDescriptor<u64> = ValueDescriptor::new("flights");
const VISITS: MapDescriptor<Airport, u64> = MapDescriptor::new("visits");
const LAST: ListDescriptor<Visit> = ListDescriptor::new("last-visits");

/// How many of the last visits the table shows.
const SHOWN: usize = 5;
/// After so many flights of an airframe its list is cut to those shown: appending costs little,
/// cutting some, and the list never holds more than both together.
const CUT_EVERY: u64 = 8;

/// Where an airframe went. Visits compare by position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, StateData)]
struct Visit {
    position: u64,
    destination: Airport,
}

/// Keeps the last visits, oldest first.
fn keep_last(visits: &mut Vec<Visit>) {
    visits.sort_unstable();
    visits.drain(..visits.len().saturating_sub(SHOWN));
}

/// Counts flights and visits, and keeps the last visits, of each airframe.
#[derive(Default)]
pub(super) struct Airframes(Option<States>);

#[derive(Clone, Copy)]
struct States {
    flights: ValueHandle<u64>,
    visits: MapHandle<Airport, u64>,
    last: ListHandle<Visit>,
}

impl Process<Tail, Flight, Item> for Airframes {
    fn open(&mut self, context: &mut OpenContext<'_, Tail>) -> Result<()> {
        let backend = context.keyed()?;
        self.0 = Some(States {
            flights: backend.register(&FLIGHTS)?,
            visits: backend.register(&VISITS)?,
            last: backend.register(&LAST)?,
        });
        Ok(())
    }

    #[inline]
    fn process(&mut self, flight: Flight, cx: &mut Context<'_, Tail, Item>) -> Result<()> {
        let states = states(self.0)?;
        let airframe = cx.keyed()?;
        let flights = airframe.value(states.flights).update(|flights| {
            let flights = flights.get_or_insert(0);
            *flights += 1;
            *flights
        })?;
        airframe
            .map(states.visits)
            .update(&flight.destination, |visits| *visits.get_or_insert(0) += 1)?;
        let mut last = airframe.list(states.last);
        last.add(Visit {
            position: flight.position,
            destination: flight.destination,
        })?;
        if flights.is_multiple_of(CUT_EVERY) {
            let mut visits = last.get()?;
            keep_last(&mut visits);
            last.set(visits)?;
        }
        Ok(())
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, Tail, Item>) -> Result<()> {
        let states = states(self.0)?;
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(states.flights, &(), |airframe| {
            output.emit(states.row(airframe)?.into())
        })?;
        output.emit(Item::End)
    }
}

impl States {
    fn row(self, airframe: &mut KeyScope<'_, AnyBackend<Tail>>) -> Result<Row> {
        let flights = airframe.get(self.flights)?.as_deref().copied();
        let visits = airframe.map(self.visits).entries()?;
        // Of equally visited ones the last of these counts: the first in the alphabet.
        let most_visited = visits.iter().rev().max_by_key(|(_, visits)| *visits);
        let mut last = airframe.list(self.last).get()?;
        keep_last(&mut last);
        let last: Vec<&[u8]> = last.iter().map(|visit| text(&visit.destination)).collect();
        Ok(Row::new(&[airframe.key()])
            .text(text(airframe.key()))
            .number(flights.unwrap_or(0))
            .number(visits.len() as u64)
            .text(most_visited.map_or(b"", |(airport, _)| text(airport)))
            .text(&last.join(&b';')))
    }
}
