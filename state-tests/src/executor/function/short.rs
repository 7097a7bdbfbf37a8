//! The short forms on keyed streams: one value state, handed in and out as an `Option`.

use super::{Context, OpenContext, Process};
use crate::executor::Record;
use alluvium::{
    KeyedBackendExt, NativeData, OrderedKey, Result, StateError, ValueDescriptor, ValueHandle,
};
use std::marker::PhantomData;

/// The name of the state of a short form.
const STATE: &str = "state";

/// The state of a short form: registered at the start, taken and given back with each record.
struct Kept<S>(Option<ValueHandle<S>>);

impl<S: NativeData> Kept<S> {
    fn open<K: OrderedKey>(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        let descriptor = ValueDescriptor::<S>::new(STATE);
        self.0 = Some(context.keyed()?.register(&descriptor)?);
        Ok(())
    }

    #[inline]
    fn update<K: OrderedKey, O: Record, R>(
        &self,
        cx: &mut Context<'_, K, O>,
        f: impl FnOnce(Option<S>) -> (R, Option<S>),
    ) -> Result<R> {
        let handle = self
            .0
            .ok_or_else(|| StateError::misuse("a record came before the function was opened"))?;
        cx.keyed()?.value(handle).update(|state| {
            let (result, left) = f(state.take());
            *state = left;
            result
        })
    }
}

macro_rules! short_form {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub(crate) struct $name<F, S, O> {
            function: F,
            kept: Kept<S>,
            output: PhantomData<fn() -> O>,
        }

        impl<F, S, O> $name<F, S, O> {
            pub(crate) const fn new(function: F) -> Self {
                Self { function, kept: Kept(None), output: PhantomData }
            }
        }
    };
}

short_form!(
    /// `map_with_state`.
    MapState
);
short_form!(
    /// `flat_map_with_state`.
    FlatMapState
);
short_form!(
    /// `filter_with_state`.
    FilterState
);

impl<K, I, O, S, F> Process<K, I, O> for MapState<F, S, O>
where
    K: OrderedKey,
    O: Record,
    S: NativeData,
    F: FnMut(I, Option<S>) -> (O, Option<S>) + Send + 'static,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.kept.open(context)
    }

    #[inline]
    fn process(&mut self, record: I, cx: &mut Context<'_, K, O>) -> Result<()> {
        let function = &mut self.function;
        let mapped = self.kept.update(cx, |state| function(record, state))?;
        cx.emit(mapped)
    }
}

impl<K, I, O, S, U, F> Process<K, I, O> for FlatMapState<F, S, U>
where
    K: OrderedKey,
    O: Record,
    S: NativeData,
    U: IntoIterator<Item = O> + 'static,
    F: FnMut(I, Option<S>) -> (U, Option<S>) + Send + 'static,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.kept.open(context)
    }

    #[inline]
    fn process(&mut self, record: I, cx: &mut Context<'_, K, O>) -> Result<()> {
        let function = &mut self.function;
        let produced = self.kept.update(cx, |state| function(record, state))?;
        produced.into_iter().try_for_each(|record| cx.emit(record))
    }
}

impl<K, I, S, F> Process<K, I, I> for FilterState<F, S, I>
where
    K: OrderedKey,
    I: Record,
    S: NativeData,
    F: FnMut(&I, Option<S>) -> (bool, Option<S>) + Send + 'static,
{
    fn open(&mut self, context: &mut OpenContext<'_, K>) -> Result<()> {
        self.kept.open(context)
    }

    #[inline]
    fn process(&mut self, record: I, cx: &mut Context<'_, K, I>) -> Result<()> {
        let function = &mut self.function;
        if self.kept.update(cx, |state| function(&record, state))? {
            cx.emit(record)?;
        }
        Ok(())
    }
}

/// A closure that takes every record and emits nothing.
pub(crate) struct ForEach<F>(pub(crate) F);

impl<K: OrderedKey, I, F> Process<K, I, ()> for ForEach<F>
where
    F: FnMut(I) -> Result<()> + Send + 'static,
{
    #[inline]
    fn process(&mut self, record: I, _cx: &mut Context<'_, K, ()>) -> Result<()> {
        (self.0)(record)
    }
}
