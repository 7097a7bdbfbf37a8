//! Jobs on other threads while the backend goes on.

use crate::conformance::harness::Harness;
use crate::conformance::support::{
    CountingSink, FailingSink, GatedSink, Layers, Rng, Workload, fold, freeze, fresh, gate, record,
    refused, restored, same, set, snapshot, value,
};
use alluvium_state_api::{
    CheckpointId, ErrorKind, KeyedBackend, KeyedBackendExt, StateError, ValueDescriptor,
};

const NUMBER: ValueDescriptor<u64> = ValueDescriptor::new("number");

/// A56: a snapshot that is held up in its storage, changes, a second snapshot that finishes first,
/// more changes, the first one finishes: each holds what was there when it was frozen.
pub fn a56_parallel_snapshots<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    let fill = |b: &mut _, content| (0..200).for_each(|key| set(b, &key, number, content));
    fill(&mut b, 1);
    let job = freeze(&mut b, 1);
    let (gate, at_gate, open) = gate();
    std::thread::scope(|threads| {
        let slow = threads.spawn(move || {
            let mut recorder = h.recorder();
            let inner = &mut *recorder;
            job.run(&mut GatedSink { inner, gate }).unwrap();
            Layers(vec![recorder.finish().unwrap()])
        });
        at_gate.recv().unwrap();
        fill(&mut b, 2);
        let second = snapshot(h, &mut b, 2);
        fill(&mut b, 3);
        drop(open);
        let first = slow.join().unwrap();
        b.confirm(CheckpointId(1));
        for (stored, content) in [(first, 1), (second, 2)] {
            let mut c = restored::<H, i32>(h, &stored);
            let number = c.register(&NUMBER).unwrap();
            for key in 0..200 {
                assert_eq!(value(&mut c, &key, number), Some(content));
            }
        }
    });
    assert_eq!(value(&mut b, &0, number), Some(3));
}

/// A57: a write that is cancelled ends at once with what the sink said; the backend goes on, and
/// the next snapshot is whole.
pub fn a57_cancelled_write<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    for key in 0..500 {
        set(&mut b, &key, number, 1);
    }
    let errors: [fn() -> StateError; 2] = [
        || StateError::cancelled("the checkpoint was given up"),
        || StateError::storage("the disk is full"),
    ];
    let mut checkpoint = 0;
    for calls_left in [0, 1, 2, 100] {
        for error in errors {
            checkpoint += 1;
            let job = freeze(&mut b, checkpoint);
            set(&mut b, &1, number, checkpoint);
            let mut counted = CountingSink::default();
            let mut sink = FailingSink {
                inner: &mut counted,
                calls_left,
                error,
            };
            let written = job.run(&mut sink);
            let expected = error();
            refused(written, expected.kind(), &[expected.message()]);
            assert!(counted.entries <= calls_left as u64);
            b.abort(CheckpointId(checkpoint));
        }
    }
    assert_eq!(fold(&snapshot(h, &mut b, checkpoint + 1)).len(), 500);
}

/// A57: a backend that goes away while a job is being written does not disturb it.
pub fn a57_backend_dropped_during_write<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    for key in 0..200 {
        set(&mut b, &key, number, 7);
    }
    let job = freeze(&mut b, 1);
    let (gate, at_gate, open) = gate();
    let stored = std::thread::scope(|threads| {
        let writer = threads.spawn(move || {
            let mut recorder = h.recorder();
            let inner = &mut *recorder;
            job.run(&mut GatedSink { inner, gate }).unwrap();
            Layers(vec![recorder.finish().unwrap()])
        });
        at_gate.recv().unwrap();
        drop(b);
        drop(open);
        writer.join().unwrap()
    });
    assert_eq!(fold(&stored).len(), 200);
}

/// A58: states are registered while snapshots are being written.
pub fn a58_register_during_write<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let mut registered = 0;
    for checkpoint in 1..=10 {
        let job = freeze(&mut b, checkpoint);
        let known = job.header().states.len();
        assert_eq!(known, registered);
        let (gate, at_gate, open) = gate();
        std::thread::scope(|threads| {
            threads.spawn(move || {
                let inner = &mut CountingSink::default();
                job.run(&mut GatedSink { inner, gate }).unwrap();
            });
            if known > 0 {
                at_gate.recv().unwrap();
            }
            for _ in 0..10 {
                let name = format!("state {registered}");
                let state = b.register(&ValueDescriptor::<u64>::named(name)).unwrap();
                set(&mut b, &1, state, checkpoint);
                registered += 1;
            }
            drop(open);
        });
        b.confirm(CheckpointId(checkpoint));
    }
    assert_eq!(fold(&snapshot(h, &mut b, 11)).len(), 100);
}

/// Two snapshots are written on threads of their own, while changes of all kinds go on: each is
/// the state at its freeze.
pub fn snapshots_never_see_later_changes<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let keys: Vec<_> = (0..50).collect();
    let workload = Workload::register(&mut b);
    let mut rng = Rng::new(20);
    let mut checkpoint = 0;
    for _ in 0..10 {
        workload.change(&mut b, &mut rng, &keys, 300);
        let expected = fold(&snapshot(h, &mut b, checkpoint + 1));
        let one = freeze(&mut b, checkpoint + 2);
        workload.change(&mut b, &mut rng, &keys, 100);
        let two = freeze(&mut b, checkpoint + 3);
        std::thread::scope(|threads| {
            let one = threads.spawn(move || Layers(vec![record(h, one)]));
            let two = threads.spawn(move || {
                let parts = two.split(3);
                for part in parts {
                    drop(record(h, part));
                }
            });
            workload.change(&mut b, &mut rng, &keys, 1000);
            same(&fold(&one.join().unwrap()), &expected, "snapshot");
            two.join().unwrap();
        });
        b.abort(CheckpointId(checkpoint + 2));
        b.confirm(CheckpointId(checkpoint + 3));
        checkpoint += 3;
    }
}

/// A job, and each of its parts, can be dropped unwritten on any thread; nothing else notices.
pub fn jobs_dropped_unwritten<H: Harness>(h: &H) {
    let mut b = fresh::<H, i32>(h);
    let keys: Vec<_> = (0..50).collect();
    let workload = Workload::register(&mut b);
    let mut rng = Rng::new(21);
    for checkpoint in 1..=30 {
        workload.change(&mut b, &mut rng, &keys, 50);
        let job = freeze(&mut b, checkpoint);
        match checkpoint % 3 {
            0 => drop(job),
            1 => drop(std::thread::spawn(move || drop(job)).join()),
            _ => {
                let mut parts = job.split(3);
                drop(parts.pop());
                for part in parts {
                    drop(record(h, part));
                }
            }
        }
        b.abort(CheckpointId(checkpoint));
    }
    let stored = snapshot(h, &mut b, 31);
    let mut c = restored::<H, i32>(h, &stored);
    Workload::register(&mut c);
    same(&fold(&snapshot(h, &mut c, 1)), &fold(&stored), "snapshot");
}

/// The error of a sink that fails at its very first call comes back as it is.
pub fn sink_that_refuses_the_header<H: Harness>(h: &H) {
    struct Closed;
    impl alluvium_state_api::SnapshotSink for Closed {
        fn begin(
            &mut self,
            _: &alluvium_state_api::SnapshotHeader,
        ) -> alluvium_state_api::Result<()> {
            Err(StateError::storage("closed"))
        }
        fn section(&mut self, _: alluvium_state_api::Section) -> alluvium_state_api::Result<()> {
            panic!("a section after the header was refused");
        }
        fn entry(&mut self, _: alluvium_state_api::Entry<'_>) -> alluvium_state_api::Result<()> {
            panic!("an entry after the header was refused");
        }
        fn file(&mut self, _: alluvium_state_api::WholeFile<'_>) -> alluvium_state_api::Result<()> {
            panic!("a file after the header was refused");
        }
        fn shared(
            &mut self,
            _: alluvium_state_api::SharedFile<'_>,
        ) -> alluvium_state_api::Result<()> {
            panic!("a file after the header was refused");
        }
    }
    let mut b = fresh::<H, i32>(h);
    let number = b.register(&NUMBER).unwrap();
    set(&mut b, &1, number, 1);
    let written = freeze(&mut b, 1).run(&mut Closed);
    refused(written, ErrorKind::Storage, &["closed"]);
    b.abort(CheckpointId(1));
    assert_eq!(value(&mut b, &1, number), Some(1));
}
