//! The table of routes, and what they gain from checkpoint to checkpoint.

use super::counts::Counts;
use super::record::{Flight, Route, text};
use super::states;
use super::table::{Item, Row};
use alluvium::{
    AggregatingDescriptor, AggregatingHandle, Aggregator, CheckpointId, KeyedBackendExt, Reducer,
    ReducingDescriptor, ReducingHandle, Result, StateData, ValueDescriptor, ValueHandle,
};
use alluvium_state_tests::executor::{Context, OpenContext, Process};

pub(super) const HEADER: &str =
    "origin,destination,flights,cancelled,mean_arrival_delay,greatest_departure_delay\n";
pub(super) const UPDATES_HEADER: &str = "origin,destination,flights,cancelled\n";

const COUNTED: ValueDescriptor<Counted> = ValueDescriptor::new("counts");
const MEAN_DELAY: AggregatingDescriptor<Mean> = AggregatingDescriptor::new("mean-arrival-delay");
const GREATEST_DELAY: ReducingDescriptor<Greatest> =
    ReducingDescriptor::new("greatest-departure-delay");

/// What a route has had so far, and how much of it was emitted as updates.
#[derive(Clone, Copy, Default, StateData)]
struct Counted {
    all: Counts,
    told: Counts,
}

/// Sum and number of delays.
#[derive(Clone, Copy, Default, StateData)]
struct Delays {
    minutes: i64,
    flights: u64,
}

struct Mean;

impl Aggregator for Mean {
    type In = i32;
    type Acc = Delays;
    type Out = f64;

    fn create() -> Delays {
        Delays::default()
    }

    fn add(delays: &mut Delays, minutes: i32) {
        delays.minutes += i64::from(minutes);
        delays.flights += 1;
    }

    fn result(delays: &Delays) -> f64 {
        delays.minutes as f64 / delays.flights as f64
    }

    fn merge(delays: &mut Delays, other: Delays) {
        delays.minutes += other.minutes;
        delays.flights += other.flights;
    }
}

/// Keeps the greatest.
struct Greatest;

impl Reducer for Greatest {
    type Value = i32;

    fn reduce(greatest: &mut i32, value: i32) {
        *greatest = value.max(*greatest);
    }
}

/// What the operator emits.
#[derive(Clone)]
pub(super) enum Emitted {
    /// What a route has gained since the checkpoint before.
    Gained(Route, Counts),
    /// For the table.
    Table(Item),
}

/// Appends the line of an update.
pub(super) fn write_update((route, gained): &(Route, Counts), line: &mut Vec<u8>) {
    let row = Row::new(&[])
        .text(text(&route.0))
        .text(text(&route.1))
        .number(gained.flights)
        .number(gained.cancelled);
    line.extend_from_slice(row.line());
    line.push(b'\n');
}

/// Counts flights and aggregates delays of each route.
#[derive(Default)]
pub(super) struct Routes(Option<States>);

#[derive(Clone, Copy)]
struct States {
    counted: ValueHandle<Counted>,
    mean_delay: AggregatingHandle<Mean>,
    greatest_delay: ReducingHandle<Greatest>,
}

impl Process<Route, Flight, Emitted> for Routes {
    fn open(&mut self, context: &mut OpenContext<'_, Route>) -> Result<()> {
        let backend = context.keyed()?;
        self.0 = Some(States {
            counted: backend.register(&COUNTED)?,
            mean_delay: backend.register(&MEAN_DELAY)?,
            greatest_delay: backend.register(&GREATEST_DELAY)?,
        });
        Ok(())
    }

    #[inline]
    fn process(&mut self, flight: Flight, cx: &mut Context<'_, Route, Emitted>) -> Result<()> {
        let states = states(self.0)?;
        let route = cx.keyed()?;
        route
            .value(states.counted)
            .update(|counted| counted.get_or_insert_default().all.add(&flight))?;
        if let Some(delay) = flight.arrival_delay {
            route.aggregating(states.mean_delay).add(delay)?;
        }
        match flight.departure_delay {
            Some(delay) => route.reducing(states.greatest_delay).add(delay),
            None => Ok(()),
        }
    }

    /// What was gained is emitted, in the order of the routes, and noted as told, on the same side of
    /// the barrier: a restart takes back both or neither.
    fn before_barrier(
        &mut self,
        _checkpoint: CheckpointId,
        cx: &mut Context<'_, Route, Emitted>,
    ) -> Result<()> {
        let states = states(self.0)?;
        let (backend, output) = cx.backend_and_output()?;
        let mut gained = Vec::new();
        backend.for_each_key(states.counted, &(), |route| {
            let counted = route.get(states.counted)?.as_deref().copied();
            let Counted { all, told } = counted.unwrap_or_default();
            if all == told {
                return Ok(());
            }
            route
                .value(states.counted)
                .set(Counted { all, told: all })?;
            gained.push((*route.key(), all.since(told)));
            Ok(())
        })?;
        gained.sort_unstable_by_key(|(route, _)| *route);
        let mut gained = gained.into_iter();
        gained.try_for_each(|(route, gained)| output.emit(Emitted::Gained(route, gained)))
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, Route, Emitted>) -> Result<()> {
        let states = states(self.0)?;
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(states.counted, &(), |route| {
            let Counted { all, .. } = route
                .get(states.counted)?
                .as_deref()
                .copied()
                .unwrap_or_default();
            let mean = route.aggregating(states.mean_delay).get()?;
            let greatest = route
                .reducing(states.greatest_delay)
                .get()?
                .as_deref()
                .copied();
            let (origin, destination) = route.key();
            let row = Row::new(&[origin, destination])
                .text(text(origin))
                .text(text(destination))
                .number(all.flights)
                .number(all.cancelled)
                .optional(mean.map(|mean| format!("{mean:.4}")))
                .optional(greatest);
            output.emit(Emitted::Table(row.into()))
        })?;
        output.emit(Emitted::Table(Item::End))
    }
}
