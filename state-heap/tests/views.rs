//! Views from other threads, while the task goes on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alluvium_state_api::{
    KeyedBackendExt, ListDescriptor, MapDescriptor, MaxParallelism, OpenRequest, ValueDescriptor,
};
use alluvium_state_heap::{HeapKeyedBackend, HeapOptions};
use std::ops::ControlFlow;

const VALUE: ValueDescriptor<String> = ValueDescriptor::new("value");
const LIST: ListDescriptor<u64> = ListDescriptor::new("list");
const MAP: MapDescriptor<String, u64> = MapDescriptor::new("map");

fn open(subtask: u32, parallelism: u32) -> HeapKeyedBackend<u64> {
    let max = MaxParallelism::new(16).unwrap();
    let request = OpenRequest::fresh(subtask, parallelism).with_max_parallelism(max);
    HeapKeyedBackend::open(request, HeapOptions::default()).unwrap()
}

#[test]
fn views_never_change_and_may_be_read_while_the_task_writes() {
    let mut state = open(0, 1);
    let value = state.register(&VALUE).unwrap();
    let list = state.register(&LIST).unwrap();
    let map = state.register(&MAP).unwrap();
    for key in 0..5_000u64 {
        let mut scope = state.key(&key).unwrap();
        scope.value(value).set(format!("old {key}")).unwrap();
        scope.list(list).add(key).unwrap();
        scope.map(map).put(format!("user {key}"), key).unwrap();
    }
    let values = state.value_view(value).unwrap();
    let lists = state.list_view(list).unwrap();
    let maps = state.map_view(map).unwrap();
    let reader = std::thread::spawn(move || {
        for key in 0..5_000u64 {
            assert_eq!(values.get(&key, &()).unwrap(), Some(&format!("old {key}")));
            let mut items = Vec::new();
            lists
                .scan(&key, &(), |item| {
                    items.push(*item);
                    ControlFlow::Continue(())
                })
                .unwrap();
            assert_eq!(items, [key]);
            assert_eq!(
                maps.get(&key, &(), &format!("user {key}")).unwrap(),
                Some(&key)
            );
            assert_eq!(maps.get(&key, &(), &"nobody".to_owned()).unwrap(), None);
        }
        assert_eq!(values.get(&5_000, &()).unwrap(), None);
    });
    for key in 0..6_000u64 {
        let mut scope = state.key(&key).unwrap();
        scope.value(value).set("new".to_owned()).unwrap();
        scope.list(list).clear().unwrap();
        scope.map(map).clear().unwrap();
    }
    reader.join().unwrap();
    assert_eq!(
        state.key(&7).unwrap().get(value).unwrap().as_deref(),
        Some(&"new".to_owned())
    );
}

#[test]
fn a_view_refuses_keys_of_other_subtasks() {
    let mut state = open(0, 2);
    let value = state.register(&VALUE).unwrap();
    let view = state.value_view(value).unwrap();
    let foreign = (0..100u64).find(|key| state.key(key).is_err()).unwrap();
    let error = view.get(&foreign, &()).unwrap_err();
    assert!(error.to_string().contains("outside the range"), "{error}");
}
