//! Prefetching: a hint that shows nothing, whatever is registered and whatever keys are named.

use alluvium_state_api::{
    KeyedBackend, KeyedBackendExt, ListDescriptor, MapDescriptor, OpenRequest, ValueDescriptor,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};

const TEXT: ValueDescriptor<String> = ValueDescriptor::new("text");
const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");
const WINDOWED: ValueDescriptor<u64, u64> = ValueDescriptor::new("windowed");
const LIST: ListDescriptor<String> = ListDescriptor::new("list");
const MAP: MapDescriptor<String, u64> = MapDescriptor::new("map");

/// Half of the key groups: some keys are another subtask's, and some have nothing.
#[test]
fn any_number_of_any_keys_can_be_prefetched() {
    let request = OpenRequest::fresh(0, 2);
    let mut state = HeapKeyedBackend::<String>::open(request, HeapOptions::default()).unwrap();
    let (text, number) = (
        state.register(&TEXT).unwrap(),
        state.register(&NUMBER).unwrap(),
    );
    let windowed = state.register(&WINDOWED).unwrap();
    let (list, map) = (
        state.register(&LIST).unwrap(),
        state.register(&MAP).unwrap(),
    );
    let keys: Vec<String> = (0..500).map(|n| format!("key {n}")).collect();
    let ours = |state: &mut HeapKeyedBackend<String>, key| state.key(key).is_ok();
    let owned: Vec<_> = keys.iter().filter(|key| ours(&mut state, key)).collect();
    assert!((100..400).contains(&owned.len()));
    for (n, key) in (0..).zip(owned.iter().step_by(2)) {
        let mut scope = state.key(key).unwrap();
        scope.value(text).set((*key).clone()).unwrap();
        scope.value(number).set(n).unwrap();
        scope.value_in(windowed, &n).set(n).unwrap();
        scope.list(list).add((*key).clone()).unwrap();
        scope.map(map).put((*key).clone(), n).unwrap();
    }
    for some in [0, 1, 31, 32, 33, 500] {
        state.prefetch(keys.get(..some).unwrap());
    }
    for (n, key) in (0..).zip(owned.iter().step_by(2)) {
        let mut scope = state.key(key).unwrap();
        assert_eq!(scope.get(text).unwrap().as_deref(), Some(*key));
        assert_eq!(scope.get(number).unwrap().as_deref(), Some(&n));
        assert_eq!(scope.get_in(windowed, &n).unwrap().as_deref(), Some(&n));
        assert_eq!(scope.list(list).get().unwrap(), [(*key).clone()]);
        assert_eq!(scope.map(map).get(*key).unwrap().as_deref(), Some(&n));
    }
    for key in owned.iter().skip(1).step_by(2) {
        assert!(state.key(key).unwrap().get(text).unwrap().is_none());
    }
}
