//! Operators without state.

use super::{Control, Event, Link, Output};
use crate::executor::Record;
use alluvium::Result;

macro_rules! passes_events_on {
    ($name:ident) => {
        impl<O: Record, F: Send> Control for $name<O, F> {
            fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
                self.output.control(event)
            }
        }
    };
}

/// One record for each.
pub(crate) struct Map<O, F> {
    pub(crate) function: F,
    pub(crate) output: Output<O>,
}

passes_events_on!(Map);

impl<I, O: Record, F: FnMut(I) -> O + Send> Link<I> for Map<O, F> {
    #[inline]
    fn record(&mut self, record: I) -> Result<()> {
        self.output.emit((self.function)(record))
    }
}

/// Those that fulfil a condition.
pub(crate) struct Filter<O, F> {
    pub(crate) function: F,
    pub(crate) output: Output<O>,
}

passes_events_on!(Filter);

impl<I: Record, F: FnMut(&I) -> bool + Send> Link<I> for Filter<I, F> {
    #[inline]
    fn record(&mut self, record: I) -> Result<()> {
        if (self.function)(&record) {
            self.output.emit(record)?;
        }
        Ok(())
    }
}

/// Any number of records for each.
pub(crate) struct FlatMap<O, F> {
    pub(crate) function: F,
    pub(crate) output: Output<O>,
}

passes_events_on!(FlatMap);

impl<I, O, U, F> Link<I> for FlatMap<O, F>
where
    O: Record,
    U: IntoIterator<Item = O>,
    F: FnMut(I) -> Result<U> + Send,
{
    #[inline]
    fn record(&mut self, record: I) -> Result<()> {
        for produced in (self.function)(record)? {
            self.output.emit(produced)?;
        }
        Ok(())
    }
}
