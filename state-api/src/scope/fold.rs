//! The views of reducing and aggregating state: a stored value with a fixed update.

use super::{merge, view};
use crate::backend::{KeyCx, KeyedBackend};
use crate::error::Result;
use crate::key::OrderedKey;
use crate::state::{AggregatingHandle, Aggregator, Reducer, ReducingHandle, StateRef};

view!(
    /// One value folded from values of its own type, under one key and namespace. Errors are those
    /// of [`KeyScope::get`](super::KeyScope::get); writes may also be `LimitExceeded`.
    ReducingState<R: Reducer>, ReducingHandle
);

#[expect(clippy::missing_errors_doc, reason = "told once, at the type")]
impl<B: KeyedBackend, R: Reducer, N: OrderedKey> ReducingState<'_, B, R, N> {
    /// What has been folded so far; `None` before the first value.
    #[inline(always)]
    pub fn get(&self) -> Result<Option<StateRef<'_, R::Value>>> {
        self.backend
            .value_get(self.handle.as_value(), self.cx, self.namespace)
    }

    /// Folds `value` in; the first one is stored as it is.
    #[inline(always)]
    pub fn add(&mut self, value: R::Value) -> Result<()> {
        self.backend.value_update(
            self.handle.as_value(),
            self.cx,
            self.namespace,
            |slot| match slot {
                Some(accumulated) => R::reduce(accumulated, value),
                None => *slot = Some(value),
            },
        )
    }

    /// Removes what has been folded.
    pub fn clear(&mut self) -> Result<()> {
        self.backend
            .value_clear(self.handle.as_value(), self.cx, self.namespace)
    }

    /// Folds `sources` into this view's namespace, target first, then the sources in the order
    /// given, and removes them. A source that is the target itself, or named twice, counts once. If
    /// it fails, nothing has changed.
    pub fn merge_namespaces(&mut self, sources: &[N]) -> Result<()> {
        let (handle, target) = (self.handle.as_value(), self.namespace);
        let sources = merge::distinct(target, sources);
        self.backend
            .value_merge(handle, self.cx, target, &sources, R::reduce)
    }
}

view!(
    /// One accumulator, under one key and namespace. Errors are those of
    /// [`KeyScope::get`](super::KeyScope::get); writes may also be `LimitExceeded`.
    AggregatingState<A: Aggregator>, AggregatingHandle
);

#[expect(clippy::missing_errors_doc, reason = "told once, at the type")]
impl<B: KeyedBackend, A: Aggregator, N: OrderedKey> AggregatingState<'_, B, A, N> {
    /// The result of what has been added so far; `None` before the first input.
    #[inline(always)]
    pub fn get(&self) -> Result<Option<A::Out>> {
        let acc = self
            .backend
            .value_get(self.handle.as_value(), self.cx, self.namespace)?;
        Ok(acc.map(|acc| A::result(&acc)))
    }

    /// Adds `input` to the accumulator, a fresh one if there is none.
    #[inline(always)]
    pub fn add(&mut self, input: A::In) -> Result<()> {
        self.backend
            .value_update(self.handle.as_value(), self.cx, self.namespace, |slot| {
                A::add(slot.get_or_insert_with(A::create), input);
            })
    }

    /// Removes the accumulator.
    pub fn clear(&mut self) -> Result<()> {
        self.backend
            .value_clear(self.handle.as_value(), self.cx, self.namespace)
    }

    /// Merges the accumulators of `sources` into that of this view's namespace, target first, then
    /// the sources in the order given, and removes them. A source that is the target itself, or
    /// named twice, counts once. If it fails, nothing has changed.
    pub fn merge_namespaces(&mut self, sources: &[N]) -> Result<()> {
        let (handle, target) = (self.handle.as_value(), self.namespace);
        let sources = merge::distinct(target, sources);
        self.backend
            .value_merge(handle, self.cx, target, &sources, A::merge)
    }
}
