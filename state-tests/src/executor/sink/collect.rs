//! Records in memory.

use parking_lot::Mutex;
use std::sync::Arc;

/// The records that a [`collect`](crate::executor::Stream::collect) has seen so far.
#[derive(Debug)]
pub struct Collected<T>(Arc<Mutex<Vec<T>>>);

impl<T> Collected<T> {
    pub(crate) fn push(&self, record: T) {
        self.0.lock().push(record);
    }

    /// Takes all records out.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock())
    }
}

impl<T> Clone for Collected<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Collected<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
