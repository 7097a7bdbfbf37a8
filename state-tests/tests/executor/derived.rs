//! An operator whose keys, user keys and values are derived types.

use crate::common::{KEYS, RECORDS};
use alluvium::{
    KeyedBackendExt, MapDescriptor, MapHandle, OrderedKey, Result, StateData, ValueDescriptor,
    ValueHandle,
};
use alluvium_state_tests::executor::{Context, OpenContext, Process};
use std::collections::BTreeMap;

/// The key: variants of every shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
pub(crate) enum Place {
    Home,
    Ring(u8),
    At { row: i32, name: String },
}

/// The user key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
pub(crate) enum Digit {
    Zero,
    Small { digit: u8 },
    Large(u8),
}

/// The value: a variant that turns into another one, with a struct in it.
#[derive(Clone, Debug, PartialEq, Eq, StateData)]
pub(crate) enum Visits {
    Once(u64),
    Often { times: u64, span: Span },
}

#[derive(Clone, Debug, PartialEq, Eq, StateData)]
pub(crate) struct Span {
    least: u64,
    greatest: Option<u64>,
}

impl Visits {
    /// With one more, whatever order they come in.
    fn and(self, record: u64) -> Self {
        let (times, least, greatest) = match self {
            Self::Once(only) => (1, only, None),
            Self::Often { times, span } => (times, span.least, span.greatest),
        };
        let known = [Some(least), greatest, Some(record)].into_iter().flatten();
        Self::Often {
            times: times + 1,
            span: Span {
                least: least.min(record),
                greatest: known.max(),
            },
        }
    }
}

/// What a place has come to: its visits, and how many of each last digit.
pub(crate) type Kept = (Visits, Vec<(Digit, u32)>);

pub(crate) fn place(record: u64) -> Place {
    match record % KEYS {
        0 => Place::Home,
        ring if ring % 2 == 0 => Place::Ring(u8::try_from(ring).unwrap()),
        row => Place::At {
            row: -i32::try_from(row).unwrap(),
            name: format!("row {row}"),
        },
    }
}

fn digit(record: u64) -> Digit {
    match u8::try_from(record % 10).unwrap() {
        0 => Digit::Zero,
        digit @ 1..5 => Digit::Small { digit },
        digit => Digit::Large(digit),
    }
}

const VISITS: ValueDescriptor<Visits> = ValueDescriptor::new("visits");
const DIGITS: MapDescriptor<Digit, u32> = MapDescriptor::new("digits");

/// Keeps the visits of each place, and emits them at the end.
#[derive(Default)]
pub(crate) struct Keep(Option<(ValueHandle<Visits>, MapHandle<Digit, u32>)>);

impl Process<Place, u64, (Place, Kept)> for Keep {
    fn open(&mut self, context: &mut OpenContext<'_, Place>) -> Result<()> {
        let backend = context.keyed()?;
        self.0 = Some((backend.register(&VISITS)?, backend.register(&DIGITS)?));
        Ok(())
    }

    fn process(&mut self, record: u64, cx: &mut Context<'_, Place, (Place, Kept)>) -> Result<()> {
        let (visits, digits) = self.0.unwrap();
        let scope = cx.keyed()?;
        scope.value(visits).update(|visits| {
            *visits = Some(match visits.take() {
                Some(before) => before.and(record),
                None => Visits::Once(record),
            });
        })?;
        scope.map(digits).update(&digit(record), |count| {
            *count.get_or_insert(0) += 1;
        })
    }

    fn end_of_input(&mut self, cx: &mut Context<'_, Place, (Place, Kept)>) -> Result<()> {
        let (visits, digits) = self.0.unwrap();
        let (backend, output) = cx.backend_and_output()?;
        backend.for_each_key(visits, &(), |scope| {
            let seen = scope.get(visits)?.unwrap().clone();
            let kept = (seen, scope.map(digits).entries()?);
            output.emit((scope.key().clone(), kept))
        })
    }
}

pub(crate) fn expected() -> BTreeMap<Place, Kept> {
    let mut visits: BTreeMap<Place, Visits> = BTreeMap::new();
    let mut digits: BTreeMap<Place, BTreeMap<Digit, u32>> = BTreeMap::new();
    for record in 0..RECORDS {
        let place = place(record);
        let seen = match visits.remove(&place) {
            Some(before) => before.and(record),
            None => Visits::Once(record),
        };
        visits.insert(place.clone(), seen);
        let of_place = digits.entry(place).or_default();
        *of_place.entry(digit(record)).or_default() += 1;
    }
    let kept = visits.into_iter().map(|(place, visits)| {
        let digits = digits.remove(&place).unwrap();
        (place, (visits, digits.into_iter().collect()))
    });
    kept.collect()
}
