//! The checkpoints of a job on S3, through all its troubles.

use std::sync::Arc;
use std::time::Duration;

use alluvium_checkpoint::storage::Storage;
use alluvium_checkpoint::{
    CheckpointStore, JobId, MetadataWriter, OwnerId, Recovered, Result, SectionKind, StoreOptions,
};

use super::{Server, Trouble};

fn metadata(checkpoint: u64) -> Vec<u8> {
    let mut writer = MetadataWriter::new();
    let text = format!("state of checkpoint {checkpoint}");
    writer.section(SectionKind::SUMMARY, text.as_bytes());
    writer.finish()
}

fn open(
    storage: &Arc<dyn Storage>,
    job: &JobId,
    owner: u8,
) -> Result<(CheckpointStore, Option<Recovered>)> {
    let (storage, job) = (Arc::clone(storage), job.clone());
    CheckpointStore::open(storage, job, OwnerId([owner; 16]), StoreOptions::default())
}

/// What an owner was told.
#[derive(Default)]
struct Told {
    tried: u64,
    published: u64,
}

/// All that an owner does; gives up at the first error.
fn run(storage: &Arc<dyn Storage>, job: &JobId, told: &mut Told) -> Result<()> {
    let (mut store, _) = open(storage, job, 1)?;
    store.sweep()?;
    for _ in 0..2 {
        let checkpoint = store.next_checkpoint();
        told.tried = checkpoint;
        store.publish(checkpoint, &metadata(checkpoint))?;
        told.published = checkpoint;
        let retained = store.retained();
        let (_, older) = retained.split_last().unwrap();
        store.retire(older)?;
    }
    store.mark_finished()
}

/// What the next owner finds and does.
fn check(storage: &Arc<dyn Storage>, job: &JobId, told: &Told) {
    let (mut store, recovered) = open(storage, job, 2).unwrap();
    let found = recovered.as_ref().map_or(0, |found| found.checkpoint);
    assert!(found == told.published || found == told.tried, "{found}");
    if let Some(recovered) = recovered {
        assert_eq!(recovered.metadata, metadata(found));
    }
    store.sweep().unwrap();
    if !store.is_finished() {
        let next = store.next_checkpoint();
        assert!(next > told.published);
        // What the one before has sent may still arrive, and take one number.
        if store.publish(next, &metadata(next)).is_err() {
            let (mut store, _) = open(storage, job, 3).unwrap();
            let next = store.next_checkpoint();
            store.publish(next, &metadata(next)).unwrap();
        }
    }
}

#[test]
fn one_trouble_at_any_request_is_not_seen() {
    let server = Server::start();
    let storage = server.open();
    let troubles = [
        Trouble::Unavailable,
        Trouble::UnavailableAfter,
        Trouble::TornRequest,
        Trouble::TornAnswer,
    ];
    for trouble in troubles {
        for at in 0.. {
            assert!(at < 300, "it never ends");
            server.plan(move |call| {
                if call.index == at {
                    trouble
                } else {
                    Trouble::None
                }
            });
            let (job, mut told) = (
                JobId::new(format!("{trouble:?}-{at}")).unwrap(),
                Told::default(),
            );
            run(&storage, &job, &mut told).unwrap();
            if at >= server.calls() {
                assert!(at > 10, "{at} requests");
                break;
            }
            server.plan(|_| Trouble::None);
            check(&storage, &job, &told);
        }
    }
}

#[test]
fn a_network_that_dies_after_any_request() {
    let server = Server::start();
    let storage = server.open();
    let options = server
        .options()
        .with_probe(false)
        .with_deadline(Duration::from_millis(20));
    for last in [Trouble::UnavailableAfter, Trouble::TornRequest] {
        for calls in 0.. {
            assert!(calls < 300, "it never ends");
            server.plan(move |call| match call.index {
                index if index < calls => Trouble::None,
                index if index == calls => last,
                _ => Trouble::Unavailable,
            });
            // The deadline is short: what is answered may come too late, too.
            let dying = server.open_with(&options).unwrap();
            let (job, mut told) = (
                JobId::new(format!("{last:?}-{calls}")).unwrap(),
                Told::default(),
            );
            let done = run(&dying, &job, &mut told);
            let through = done.is_ok() && server.calls() <= calls;
            server.plan(|_| Trouble::None);
            check(&storage, &job, &told);
            if through || calls > 60 {
                assert!(calls > 10, "{calls} requests");
                break;
            }
        }
    }
}
