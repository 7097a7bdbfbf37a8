//! Frozen views read and released on other threads while the table is written.

use crate::common::{Keyed, Random, View};
use alluvium_state_heap::table::{FrozenTable, Hold, Inline, KeyHold, Shared, Table};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

const KEYS: u64 = 5_000;

/// Keys and values by number.
type By<T> = fn(u64) -> T;

/// Every key is given the number of the round, but those that the round leaves out.
fn write_round<K, V, KS, VS>(table: &mut Keyed<K, V, KS, VS>, round: u64, key: By<K>, value: By<V>)
where
    K: Hash + Eq,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    for id in 0..KEYS {
        if left_out(id, round) {
            table.remove(&key(id));
        } else {
            let write = |held: &mut Option<V>| *held = Some(value(round));
            table.update(key(id), round as u32, write);
        }
    }
}

fn left_out(id: u64, round: u64) -> bool {
    (id + round).is_multiple_of(7)
}

/// The view shows the round and nothing else.
fn check<K, V, KS, VS>(
    view: &View<K, V, KS, VS>,
    round: u64,
    key: By<K>,
    value: By<V>,
    random: &mut Random,
) where
    K: Hash + Eq,
    V: PartialEq,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    let expected = value(round);
    for _ in 0..1_000 {
        let id = random.below(KEYS);
        let present = view.get(&key(id)).is_some_and(|found| *found == expected);
        assert_ne!(present, left_out(id, round), "{id} in round {round}");
    }
    let entries = view.since(None).filter(|(_, value, _)| **value == expected);
    let there = (0..KEYS).filter(|id| !left_out(*id, round)).count();
    assert_eq!((entries.count(), view.len()), (there, there));
}

fn write_and_read<K, V, KS, VS>(key: By<K>, value: By<V>)
where
    K: Hash + Eq,
    V: PartialEq,
    KS: KeyHold<K>,
    VS: Hold<V>,
{
    let (to_first, first) = sync_channel::<(u64, View<K, V, KS, VS>)>(1);
    let (to_second, second) = sync_channel(1);
    std::thread::scope(|scope| {
        for (seed, views) in [(1, first), (2, second)] {
            scope.spawn(move || {
                let mut random = Random(seed);
                let mut kept = None;
                for (round, view) in views {
                    check(&view, round, key, value, &mut random);
                    // Held a round longer or not: released while the writer is at work.
                    kept = (random.below(2) == 0).then_some((round, view));
                    if let Some((round, view)) = &kept {
                        check(view, *round, key, value, &mut random);
                    }
                }
                drop(kept);
            });
        }
        let mut table = Keyed::<K, V, KS, VS>::new();
        for round in 1..=40 {
            write_round(&mut table, round, key, value);
            let view = table.freeze();
            to_first.send((round, view.clone())).unwrap();
            to_second.send((round, view)).unwrap();
        }
        drop((to_first, to_second));
    });
}

#[test]
fn inline_data() {
    write_and_read::<u64, u64, Inline<_>, Inline<_>>(|id| id, |round| round);
}

#[test]
fn shared_data() {
    write_and_read::<String, String, Arc<_>, Shared<_>>(
        |id| format!("key {id}"),
        |round| format!("round {round}"),
    );
}

#[test]
fn tables_can_be_sent_and_views_shared() {
    fn send<T: Send>() {}
    fn share<T: Send + Sync + Clone>() {}
    send::<Table<Arc<String>, Shared<String>>>();
    share::<FrozenTable<Arc<String>, Shared<String>>>();
    share::<FrozenTable<Inline<u64>, Inline<u64>>>();
}
