//! A link that fails on purpose.

use super::{Control, Event, Link};
use crate::executor::failure::{Armed, FailAt};
use alluvium::Result;

/// Stands before a link that a failure plan names; the others have none.
pub(crate) struct Inject<T> {
    armed: Armed,
    records: u64,
    inner: Box<dyn Link<T>>,
}

impl<T> Inject<T> {
    pub(crate) fn new(armed: Armed, inner: Box<dyn Link<T>>) -> Self {
        Self {
            armed,
            records: 0,
            inner,
        }
    }
}

impl<T> Control for Inject<T> {
    fn control(&mut self, event: &mut Event<'_>) -> Result<()> {
        match event {
            Event::BeforeBarrier(barrier) => {
                self.armed
                    .hit_checkpoint(barrier.checkpoint, |at| match at {
                        FailAt::BeforeBarrier(least) => Some(least),
                        _ => None,
                    })?;
            }
            Event::Snapshot(freezing) => {
                let checkpoint = freezing.barrier.checkpoint;
                let refused = self.armed.hit_checkpoint(checkpoint, |at| match at {
                    FailAt::Snapshot(least) => Some(least),
                    _ => None,
                });
                if let Err(error) = refused {
                    freezing.refused = Some(error);
                }
                self.inner.control(event)?;
                return self.armed.hit_checkpoint(checkpoint, |at| match at {
                    FailAt::AfterBarrier(least) => Some(least),
                    _ => None,
                });
            }
            Event::Complete(checkpoint) => {
                self.armed.hit_checkpoint(*checkpoint, |at| match at {
                    FailAt::Complete(least) => Some(least),
                    _ => None,
                })?;
            }
            _ => {}
        }
        self.inner.control(event)
    }
}

impl<T> Link<T> for Inject<T> {
    fn record(&mut self, record: T) -> Result<()> {
        self.records += 1;
        let number = self.records;
        self.armed.hit(|at| at == FailAt::Record(number))?;
        self.inner.record(record)
    }
}
