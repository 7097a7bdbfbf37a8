//! Jobs of operator state that are written late, or while much goes on, or never.

use super::operator::{RULES, SPLIT, images};
use crate::conformance::harness::OperatorHarness;
use crate::conformance::support::{Census, Gate, Tracked, census_codec, gate};
use alluvium_state_api::{
    BroadcastDescriptor, Codec, CodecRef, NativeCodec, OperatorListDescriptor, OperatorStateStore,
    Result, Schema,
};
use parking_lot::Mutex;
use std::sync::Arc;
use std::thread::ThreadId;

/// C10: a frozen job owns all it reads: it is written on another thread, after changes, after the
/// store is gone, or never.
pub fn c10_jobs_own_what_they_read<H: OperatorHarness>(h: &H) {
    let mut s = h.open(Vec::new());
    let split = s.register_list(&SPLIT).unwrap();
    let map = s.register_broadcast(&RULES).unwrap();
    s.list_set(split, vec![1, 2]).unwrap();
    s.broadcast_put(map, "a".to_owned(), 1).unwrap();
    drop(s.freeze().unwrap());
    let expected = images(&mut s);
    let job = s.freeze().unwrap();
    s.list_add(split, 3).unwrap();
    s.broadcast_put(map, "a".to_owned(), 2).unwrap();
    s.broadcast_put(map, "b".to_owned(), 2).unwrap();
    assert_eq!(s.list_get(split).unwrap(), [1, 2, 3]);
    drop(s);
    let found = std::thread::spawn(move || job.run()).join().unwrap();
    assert_eq!(found.unwrap(), expected);
}

/// Encodes numbers; on any thread but the one that made it, it waits at the gate first.
struct GatedCodec {
    gate: Arc<Mutex<Gate>>,
    maker: ThreadId,
}

impl Codec<u32> for GatedCodec {
    fn encode(&self, value: &u32, out: &mut Vec<u8>) -> Result<()> {
        if std::thread::current().id() != self.maker {
            self.gate.lock().pass();
        }
        Codec::<u32>::encode(&NativeCodec, value, out)
    }

    fn decode(&self, input: &mut &[u8]) -> Result<u32> {
        Codec::<u32>::decode(&NativeCodec, input)
    }

    fn schema(&self) -> Schema {
        Schema::U32
    }
}

/// C10: a store that changes and is closed while its job is being written leaves the job to finish
/// with what was frozen.
pub fn c10_store_closed_during_write<H: OperatorHarness>(h: &H) {
    let (gate, at_gate, open) = gate();
    let gate = Arc::new(Mutex::new(gate));
    let maker = std::thread::current().id();
    let codec = GatedCodec {
        gate: Arc::clone(&gate),
        maker,
    };
    let descriptor = OperatorListDescriptor::split_with("split", CodecRef::shared(codec));
    let mut s = h.open(Vec::new());
    let split = s.register_list(&descriptor).unwrap();
    s.list_set(split, vec![1, 2]).unwrap();
    let expected = images(&mut s);
    let job = s.freeze().unwrap();
    let slow = std::thread::spawn(move || {
        let written = job.run();
        // A store that has encoded before has not come by the gate.
        gate.lock().pass();
        written
    });
    at_gate.recv().unwrap();
    s.list_set(split, vec![3]).unwrap();
    drop(s);
    drop(open);
    assert_eq!(slow.join().unwrap().unwrap(), expected);
}

/// C11: a job that is dropped, here or on another thread, keeps nothing alive, and the store takes
/// its next snapshot as if it had never been.
pub fn c11_dropped_jobs_release<H: OperatorHarness>(h: &H) {
    let census: Arc<Census> = Arc::default();
    let some = |number| vec![Tracked::new(&census, number), Tracked::new(&census, number)];
    let list = OperatorListDescriptor::split_with("split", census_codec(&census));
    let map = BroadcastDescriptor::<u8, _>::with_codec("rules", census_codec(&census));
    let mut s = h.open(Vec::new());
    let (list, map) = (s.register_list(&list), s.register_broadcast(&map));
    let (list, map) = (list.unwrap(), map.unwrap());
    let fill = |s: &mut H::Store, number| {
        s.list_set(list, some(number)).unwrap();
        s.broadcast_put_all(map, (0..).zip(some(number)).collect())
            .unwrap();
    };
    fill(&mut s, 0);
    let before = census.alive();
    for number in 1..=4 {
        let job = s.freeze().unwrap();
        fill(&mut s, number);
        if number % 2 == 0 {
            drop(job);
        } else {
            std::thread::spawn(move || drop(job)).join().unwrap();
        }
        assert_eq!(census.alive(), before, "after job {number}");
    }
    let written = images(&mut s);
    for image in &written {
        let mut values = image.items.iter().map(|item| &*item.value);
        assert!(values.all(|value| value == 4u64.to_le_bytes()));
    }
    assert_eq!(written.len(), 2);
    drop(s);
    assert_eq!(census.alive(), 0);
}
