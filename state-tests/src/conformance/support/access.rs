//! One-line accesses, where a case is not about the access itself.

use alluvium_state_api::{
    AggregatingHandle, Aggregator, KeyedBackend, KeyedBackendExt, ListHandle, MapHandle,
    OrderedKey, Reducer, ReducingHandle, StateData, StateRef, ValueHandle,
};

#[track_caller]
pub(crate) fn value<B: KeyedBackend, V: StateData>(
    backend: &mut B,
    key: &B::Key,
    handle: ValueHandle<V>,
) -> Option<V> {
    value_in(backend, key, handle, &())
}

#[track_caller]
pub(crate) fn value_in<B: KeyedBackend, V: StateData, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: ValueHandle<V, N>,
    namespace: &N,
) -> Option<V> {
    let scope = backend.key(key).unwrap();
    let value = scope.get_in(handle, namespace).unwrap();
    value.map(StateRef::into_owned)
}

#[track_caller]
pub(crate) fn set<B: KeyedBackend, V: StateData>(
    backend: &mut B,
    key: &B::Key,
    handle: ValueHandle<V>,
    value: V,
) {
    set_in(backend, key, handle, &(), value);
}

#[track_caller]
pub(crate) fn set_in<B: KeyedBackend, V: StateData, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: ValueHandle<V, N>,
    namespace: &N,
    value: V,
) {
    let mut scope = backend.key(key).unwrap();
    scope.value_in(handle, namespace).set(value).unwrap();
}

#[track_caller]
pub(crate) fn clear<B: KeyedBackend, V: StateData>(
    backend: &mut B,
    key: &B::Key,
    handle: ValueHandle<V>,
) {
    let mut scope = backend.key(key).unwrap();
    scope.value(handle).clear().unwrap();
}

#[track_caller]
pub(crate) fn list<B: KeyedBackend, T: StateData>(
    backend: &mut B,
    key: &B::Key,
    handle: ListHandle<T>,
) -> Vec<T> {
    list_in(backend, key, handle, &())
}

#[track_caller]
pub(crate) fn list_in<B: KeyedBackend, T: StateData, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: ListHandle<T, N>,
    namespace: &N,
) -> Vec<T> {
    let mut scope = backend.key(key).unwrap();
    scope.list_in(handle, namespace).get().unwrap()
}

#[track_caller]
pub(crate) fn map<B: KeyedBackend, UK: OrderedKey, UV: StateData>(
    backend: &mut B,
    key: &B::Key,
    handle: MapHandle<UK, UV>,
) -> Vec<(UK, UV)> {
    map_in(backend, key, handle, &())
}

#[track_caller]
pub(crate) fn map_in<B: KeyedBackend, UK: OrderedKey, UV: StateData, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: MapHandle<UK, UV, N>,
    namespace: &N,
) -> Vec<(UK, UV)> {
    let mut scope = backend.key(key).unwrap();
    scope.map_in(handle, namespace).entries().unwrap()
}

#[track_caller]
pub(crate) fn reduced_in<B: KeyedBackend, R: Reducer, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: ReducingHandle<R, N>,
    namespace: &N,
) -> Option<R::Value> {
    value_in(backend, key, handle.as_value(), namespace)
}

#[track_caller]
pub(crate) fn aggregated_in<B: KeyedBackend, A: Aggregator, N: OrderedKey>(
    backend: &mut B,
    key: &B::Key,
    handle: AggregatingHandle<A, N>,
    namespace: &N,
) -> Option<A::Out> {
    let mut scope = backend.key(key).unwrap();
    scope.aggregating_in(handle, namespace).get().unwrap()
}
