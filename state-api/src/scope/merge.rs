//! Merging namespaces: a left fold, target first, then the sources in the order given.
//!
//! Everything is read and folded before anything is written, so that a fold that panics has
//! changed nothing.

use crate::backend::{KeyCx, KeyedBackend};
use crate::data::StateData;
use crate::error::Result;
use crate::key::OrderedKey;
use crate::state::{ListHandle, StateRef, ValueHandle};
use std::ops::ControlFlow;

/// The sources that count: not the target, and each once.
fn distinct<'n, N: OrderedKey>(target: &'n N, sources: &'n [N]) -> Vec<&'n N> {
    let mut seen = std::collections::BTreeSet::from([target]);
    sources
        .iter()
        .filter(|source| seen.insert(source))
        .collect()
}

pub(super) fn values<B: KeyedBackend, V: StateData, N: OrderedKey>(
    backend: &mut B,
    cx: KeyCx<'_, B::Key>,
    handle: ValueHandle<V, N>,
    target: &N,
    sources: &[N],
    mut fold: impl FnMut(&mut V, V),
) -> Result<()> {
    let sources = distinct(target, sources);
    let mut merged = backend
        .value_get(handle, cx, target)?
        .map(StateRef::into_owned);
    let mut found = Vec::new();
    for source in sources {
        let Some(value) = backend
            .value_get(handle, cx, source)?
            .map(StateRef::into_owned)
        else {
            continue;
        };
        found.push(source);
        match &mut merged {
            Some(accumulated) => fold(accumulated, value),
            None => merged = Some(value),
        }
    }
    if let (Some(merged), false) = (merged, found.is_empty()) {
        backend.value_set(handle, cx, target, merged)?;
    }
    found
        .into_iter()
        .try_for_each(|source| backend.value_clear(handle, cx, source))
}

pub(super) fn lists<B: KeyedBackend, T: StateData, N: OrderedKey>(
    backend: &mut B,
    cx: KeyCx<'_, B::Key>,
    handle: ListHandle<T, N>,
    target: &N,
    sources: &[N],
) -> Result<()> {
    let sources = distinct(target, sources);
    let mut items = Vec::new();
    for source in &sources {
        backend.list_scan(handle, cx, source, |item| {
            items.push(item.clone());
            ControlFlow::Continue(())
        })?;
    }
    backend.list_extend(handle, cx, target, items)?;
    sources
        .into_iter()
        .try_for_each(|source| backend.list_clear(handle, cx, source))
}
