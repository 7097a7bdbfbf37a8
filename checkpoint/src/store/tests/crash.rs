//! Failures and crashes at every point.

use super::*;
use crate::storage::{Fault, FaultStorage, LocalStorage, SimFs, Survival};

/// What a run was told.
#[derive(Default)]
struct Told {
    tried: u64,
    published: u64,
    finished: bool,
}

/// A run that does all that an owner does, and gives up at the first error.
fn run(storage: &Arc<impl Storage + 'static>, owner: u8, told: &mut Told) -> Result<()> {
    let (mut store, recovered) = open(storage, owner)?;
    if let Some(recovered) = recovered {
        assert_eq!(recovered.metadata, metadata(recovered.checkpoint));
    }
    store.sweep()?;
    for _ in 0..3 {
        told.tried = store.next_checkpoint();
        told.published = publish_next(&mut store)?;
        let (&newest, older) = store
            .retained()
            .split_last()
            .map(|(n, o)| (n, o.to_vec()))
            .unwrap();
        assert_eq!(newest, told.published);
        store.retire(&older)?;
    }
    store.mark_finished()?;
    told.finished = true;
    Ok(())
}

/// What is found after a run of which `told` is known.
fn check(storage: &Arc<impl Storage + 'static>, told: &Told) {
    let (mut store, recovered) = open(storage, 99).unwrap();
    let found = recovered
        .as_ref()
        .map_or(0, |recovered| recovered.checkpoint);
    assert!(found == told.published || found == told.tried, "{found}");
    if let Some(recovered) = &recovered {
        assert_eq!(recovered.metadata, metadata(found));
        assert!(recovered.finished || !told.finished);
    }
    for checkpoint in store.retained() {
        assert_eq!(store.read(checkpoint).unwrap(), metadata(checkpoint));
    }
    assert!(store.next_checkpoint() > told.published);
    store.sweep().unwrap();
    if !store.is_finished() {
        let next = publish_next(&mut store).unwrap();
        assert!(next > found);
    }
}

#[test]
fn a_store_that_dies_after_any_call() {
    for last_is_done in [false, true] {
        for calls in 0.. {
            assert!(calls < 500, "the run never ends");
            let disk = Arc::new(MemoryStorage::new());
            let mut told = Told::default();
            run(&disk, 1, &mut told).unwrap();
            // A second run over what a first has left.
            let (mut first, _) = open_with(&disk, 2, StoreOptions::fresh()).unwrap();
            told = Told::default();
            told.published = publish_next(&mut first).unwrap();
            told.tried = told.published;
            let dying = FaultStorage::dying_after(disk.clone(), calls, last_is_done);
            if run(&Arc::new(dying), 3, &mut told).is_ok() {
                assert!(calls > 30, "{calls} calls");
                break;
            }
            check(&disk, &told);
        }
    }
}

#[test]
fn a_single_fault_at_any_call_loses_nothing() {
    for fault in [Fault::Before, Fault::After] {
        for at in 0.. {
            assert!(at < 500, "the run never ends");
            let disk = Arc::new(MemoryStorage::new());
            let faulty = Arc::new(FaultStorage::new(disk.clone(), move |operation| {
                if operation.index == at {
                    fault
                } else {
                    Fault::None
                }
            }));
            let mut told = Told::default();
            let done = run(&faulty, 1, &mut told).is_ok();
            check(&disk, &told);
            if done && at >= faulty.calls() {
                break;
            }
        }
    }
}

#[test]
fn a_machine_that_crashes_after_any_step() {
    let survivals = [Survival::Synced, Survival::All]
        .into_iter()
        .chain((0..6).map(Survival::Some));
    let survivals: Vec<Survival> = survivals.collect();
    for steps in 0.. {
        assert!(steps < 2000, "the run never ends");
        let fs = SimFs::new();
        let open = |fs: SimFs| LocalStorage::open_on(fs, "/checkpoints").map(Arc::new);
        fs.crash_after(steps);
        let mut told = Told::default();
        let done = open(fs.clone()).and_then(|storage| run(&storage, 1, &mut told));
        for &survival in &survivals {
            let disk = fs.reboot(survival);
            check(&open(disk).unwrap(), &told);
        }
        if done.is_ok() {
            assert!(steps > 60, "{steps} steps");
            break;
        }
    }
}
