//! The table of carriers.

use super::counts::Counts;
use super::record::{Carrier, Flight, text};
use super::states;
use super::table::{Item, Row};
use alluvium::{
    KeyedBackendExt, Reducer, ReducingDescriptor, ReducingHandle, Result, ValueDescriptor,
    ValueHandle,
};
use alluvium_state_tests::executor::{Context, OpenContext, Process};

pub(super) const HEADER: &str = "carrier,flights,cancelled,least_departure_delay\n";

const COUNTS: ValueDescriptor<Counts> = ValueDescriptor::new("counts");
const LEAST_DELAY: ReducingDescriptor<Least> = ReducingDescriptor::new("least-departure-delay");

/// Keeps the least.
struct Least;

impl Reducer for Least {
    type Value = i32;

    fn reduce(least: &mut i32, value: i32) {
        *least = value.min(*least);
    }
}

/// Counts flights and keeps the least delay of each carrier.
#[derive(Default)]
pub(super) struct Carriers(Option<States>);

#[derive(Clone, Copy)]
struct States {
    counts: ValueHandle<Counts>,
    least_delay: ReducingHandle<Least>,
}

impl Process<Carrier, Flight, Item> for Carriers {
    fn open(&mut self, context: &mut OpenContext<'_, Carrier>) -> Result<()> {
        let backend = context.keyed()?;
        self.0 = Some(States {
            counts: backend.register(&COUNTS)?,
            least_delay: backend.register(&LEAST_DELAY)?,
        });
        Ok(())
    }

    #[inline]
    fn process(&mut self, flight: Flight, cx: &mut Context<'_, Carrier, Item>) -> Result<()> {
        let states = states(self.0)?;
        let carrier = cx.keyed()?;
        carrier
            .value(states.counts)
            .update(|counts| counts.get_or_insert_default().add(&flight))?;
        match flight.departure_delay {
            Some(delay) => carrier.reducing(states.least_delay).add(delay),
            None => Ok(()),
        }
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, Carrier, Item>) -> Result<()> {
        let states = states(self.0)?;
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(states.counts, &(), |carrier| {
            let Counts { flights, cancelled } = carrier
                .get(states.counts)?
                .as_deref()
                .copied()
                .unwrap_or_default();
            let least = carrier
                .reducing(states.least_delay)
                .get()?
                .as_deref()
                .copied();
            let row = Row::new(&[carrier.key()])
                .text(text(carrier.key()))
                .number(flights)
                .number(cancelled)
                .optional(least);
            output.emit(row.into())
        })?;
        output.emit(Item::End)
    }
}
