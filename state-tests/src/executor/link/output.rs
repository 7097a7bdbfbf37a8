//! Where an operator's records go.

use super::{Control, Event, Link};
use crate::executor::Record;
use alluvium::Result;

/// Takes the records that a function emits.
pub struct Output<O> {
    links: Vec<Box<dyn Link<O>>>,
    /// Whether an error came from behind: it carries the name of its operator already.
    failed: bool,
}

impl<O: Record> Output<O> {
    pub(crate) const fn new(links: Vec<Box<dyn Link<O>>>) -> Self {
        Self {
            links,
            failed: false,
        }
    }

    /// Emits a record to all operators behind this one.
    ///
    /// # Errors
    /// What an operator behind this one returned: pass it on.
    #[inline]
    pub fn emit(&mut self, record: O) -> Result<()> {
        let Some((last, others)) = self.links.split_last_mut() else {
            return Ok(());
        };
        let mut result = Ok(());
        for link in others {
            result = result.and_then(|()| link.record(record.clone()));
        }
        let result = result.and_then(|()| last.record(record));
        self.failed |= result.is_err();
        result
    }

    /// Whether an error that the function returns came from here.
    pub(crate) const fn has_failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        for link in &mut self.links {
            link.control(event).inspect_err(|_| self.failed = true)?;
        }
        Ok(())
    }
}

/// An output is itself where a chain can begin.
impl<O: Record> Control for Output<O> {
    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        Output::control(self, event)
    }
}

impl<O: Record> Link<O> for Output<O> {
    #[inline]
    fn record(&mut self, record: O) -> Result<()> {
        self.emit(record)
    }

    fn batch(&mut self, records: &mut Vec<O>) -> Result<()> {
        let Some((last, others)) = self.links.split_last_mut() else {
            records.clear();
            return Ok(());
        };
        let result = others
            .iter_mut()
            .try_for_each(|link| link.copies(records))
            .and_then(|()| last.batch(records));
        self.failed |= result.is_err();
        result
    }
}
