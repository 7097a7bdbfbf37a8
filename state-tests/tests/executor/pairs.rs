//! Savepoints cross between backends: every ordered pair, with every kind of state.

use crate::common::environment;
use crate::savepoints::{Place, Running, finish_on, local, slow};
use alluvium::{AnyStateBackend, FsBackend, FsSettings, MemoryBackend, MemorySettings};
use alluvium_state_tests::executor::Environment;

/// A kind of backend in one of its modes.
struct Kind {
    name: &'static str,
    open: fn() -> AnyStateBackend,
}

/// Every kind of backend. State goes into files where there are files, however little it is.
const KINDS: [Kind; 4] = [
    Kind {
        name: "memory",
        open: || MemoryBackend::default().into(),
    },
    Kind {
        name: "memory, synchronous",
        open: || {
            let settings = MemorySettings {
                asynchronous_snapshots: false,
                ..MemorySettings::default()
            };
            MemoryBackend::new(settings).unwrap().into()
        },
    },
    Kind {
        name: "filesystem",
        open: || files(|_| {}),
    },
    Kind {
        name: "filesystem, whole and synchronous",
        open: || {
            files(|settings| {
                settings.files.incremental = false;
                settings.asynchronous_snapshots = false;
            })
        },
    },
];

fn files(change: impl FnOnce(&mut FsSettings)) -> AnyStateBackend {
    let mut settings = FsSettings::default();
    settings.files.inline_threshold = 0;
    change(&mut settings);
    FsBackend::new(settings).unwrap().into()
}

fn on(kind: &Kind, place: &Place, mut environment: Environment) -> Environment {
    environment
        .set_state_backend((kind.open)())
        .set_checkpoint_dir(place.checkpoints());
    environment
}

/// Checkpoints are taken before the savepoint, so that it is no increment's beginning, and after
/// the restore, so that the first one after it is whole.
fn crosses(from: &Kind, to: &Kind) {
    println!("from {} to {}", from.name, to.name);
    let place = Place::new();
    let running = Running::start(&place, &mut on(from, &place, slow(2)));
    running.until(900);
    let path = running.handle.stop(None, false).unwrap();
    let report = running.gate.wait(running.handle).unwrap();
    assert!(report.checkpoints > 0, "{report:?}");
    std::fs::remove_dir_all(place.checkpoints()).unwrap();
    finish_on(&place, local(&path), &mut on(to, &place, environment(3)), 3);
}

fn crosses_to_all(from: &Kind) {
    for to in &KINDS {
        crosses(from, to);
    }
}

#[test]
fn from_memory_to_every_backend() {
    crosses_to_all(&KINDS[0]);
    crosses_to_all(&KINDS[1]);
}

#[test]
fn from_files_to_every_backend() {
    crosses_to_all(&KINDS[2]);
    crosses_to_all(&KINDS[3]);
}
