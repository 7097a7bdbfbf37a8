//! Claims, appends, and who may do them.

use std::sync::Arc;

use alluvium_state_api::{ErrorKind, Result};
use proptest::prelude::*;

use super::{job, published};
use crate::log::publication::{Claimant, Log, PublicationLog};
use crate::log::{LogEvent, LogState, OpenMode, OwnerId};
use crate::storage::{
    Created, Fault, FaultStorage, MemoryStorage, ObjectReader, ObjectWriter, Storage,
};

fn claim(storage: Arc<dyn Storage>, owner: u8) -> Result<PublicationLog> {
    let log = Log::new(storage, job());
    let next = |state: Option<&LogState>| Ok(state.map_or(1, |state| state.next_checkpoint));
    let new = Claimant {
        owner: OwnerId([owner; 16]),
        mode: OpenMode::Resume,
        origin: None,
    };
    let (log, _) = PublicationLog::claim(log, &new, u64::MAX, None, next)?;
    Ok(log)
}

fn publish(log: &mut PublicationLog, checkpoint: u64) -> Result<()> {
    let state = log.state().with(published(checkpoint));
    log.append(LogEvent::Published, state)
}

#[test]
fn a_new_owner_ends_the_old_one() {
    let storage = Arc::new(MemoryStorage::new());
    let mut old = claim(storage.clone(), 1).unwrap();
    publish(&mut old, 1).unwrap();
    let mut new = claim(storage.clone(), 2).unwrap();
    assert_eq!(new.generation(), 2);
    assert_eq!(new.state().live, [published(1)]);
    for _ in 0..2 {
        let error = publish(&mut old, 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        let message = error.to_string();
        assert!(message.contains("taken over"), "{message}");
        assert!(message.contains("generation 2 of owner 0202"), "{message}");
        assert!(old.is_halted());
    }
    publish(&mut new, 2).unwrap();
    assert_eq!(storage.list("golden-job/log").unwrap().len(), 4);
}

#[test]
fn an_owner_id_cannot_be_used_twice() {
    let storage = Arc::new(MemoryStorage::new());
    claim(storage.clone(), 1).unwrap();
    let error = claim(storage.clone(), 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("random"), "{error}");
}

/// A healthy store, then one that fails as planned from then on.
fn with_faults(
    plan: impl Fn(u64, &str) -> Fault + Send + Sync + 'static,
) -> (Arc<FaultStorage<Arc<MemoryStorage>>>, Arc<MemoryStorage>) {
    let memory = Arc::new(MemoryStorage::new());
    claim(memory.clone(), 1).unwrap();
    let faulty = FaultStorage::new(memory.clone(), move |operation| {
        plan(operation.index, operation.name)
    });
    (Arc::new(faulty), memory)
}

#[test]
fn an_answer_that_was_lost_is_found_again() {
    let calls_of_a_claim = {
        let (storage, _) = with_faults(|_, _| Fault::None);
        claim(storage.clone(), 2).unwrap();
        storage.calls()
    };
    for lost in 1..=2 {
        let (storage, memory) = with_faults(move |index, _| {
            if (calls_of_a_claim..calls_of_a_claim + lost).contains(&index) {
                Fault::After
            } else {
                Fault::None
            }
        });
        let mut log = claim(storage, 2).unwrap();
        publish(&mut log, 1).unwrap();
        publish(&mut log, 2).unwrap();
        assert_eq!(memory.list("golden-job/log").unwrap().len(), 4);
    }
}

#[test]
fn a_store_that_stays_silent_halts_the_log() {
    for fault in [Fault::Before, Fault::After] {
        let calls_of_a_claim = {
            let (storage, _) = with_faults(|_, _| Fault::None);
            claim(storage.clone(), 2).unwrap();
            storage.calls()
        };
        let (storage, memory) = with_faults(move |index, name| {
            if index >= calls_of_a_claim && name == "create" {
                fault
            } else {
                Fault::None
            }
        });
        let mut log = claim(storage.clone(), 2).unwrap();
        let error = publish(&mut log, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains("unknown whether"), "{error}");
        assert!(error.to_string().contains("injected"), "{error}");
        let calls = storage.calls();
        assert_eq!(publish(&mut log, 2).unwrap_err().kind(), ErrorKind::Storage);
        assert_eq!(storage.calls(), calls, "nothing is asked any more");
        let appended = usize::from(fault == Fault::After);
        assert_eq!(memory.list("golden-job/log").unwrap().len(), 2 + appended);
        let reopened = claim(memory, 3).unwrap();
        assert_eq!(reopened.state().live.len(), appended);
    }
}

/// A store that overwrites where it should not.
struct Careless(MemoryStorage);

impl Storage for Careless {
    fn create(&self, path: &str, bytes: &[u8]) -> Result<Created> {
        self.0.replace(path, bytes)?;
        Ok(Created::New)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.0.replace(path, bytes)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.0.read(path, limit)
    }

    fn exists(&self, path: &str) -> Result<bool> {
        self.0.exists(path)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.0.delete(path)
    }

    fn write(&self, path: &str) -> Result<Box<dyn ObjectWriter>> {
        self.0.write(path)
    }

    fn open(&self, path: &str) -> Result<Option<Box<dyn ObjectReader>>> {
        self.0.open(path)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        self.0.list(folder)
    }

    fn locate(&self, path: &str) -> String {
        self.0.locate(path)
    }

    fn local_path(&self, path: &str) -> Option<std::path::PathBuf> {
        self.0.local_path(path)
    }
}

#[test]
fn a_store_that_ignores_the_condition_is_refused() {
    let storage = Arc::new(Careless(MemoryStorage::new()));
    for owner in 1..4 {
        let error = claim(storage.clone(), owner).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains("exist already"), "{error}");
    }
    assert_eq!(
        storage.list("golden-job/log").unwrap(),
        ["1"],
        "no harm is done"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Owners come, publish, and do not notice when they are replaced; answers get lost. Whoever
    /// was told that a checkpoint is published finds it there for good.
    #[test]
    fn only_the_newest_owner_writes(
        steps in prop::collection::vec((0_usize..6, 0_u8..10), 1..60),
        seed: u64,
    ) {
        let memory = Arc::new(MemoryStorage::new());
        let storage = Arc::new(FaultStorage::new(memory.clone(), move |operation| {
            match (seed ^ operation.index.wrapping_mul(0x9e37_79b9_7f4a_7c15)) >> 60 {
                0 => Fault::Before,
                1 => Fault::After,
                _ => Fault::None,
            }
        }));
        let mut owners: Vec<PublicationLog> = Vec::new();
        let mut told = Vec::new();
        let mut next_owner = 1;
        for (who, what) in steps {
            if what == 0 || owners.is_empty() {
                if let Ok(log) = claim(storage.clone(), next_owner) {
                    owners.push(log);
                }
                next_owner += 1;
                continue;
            }
            let newest = owners.len() - 1;
            let who = newest - who.min(newest);
            let log = &mut owners[who];
            let checkpoint = log.state().next_checkpoint;
            if publish(log, checkpoint).is_ok() {
                prop_assert_eq!(who, newest, "an owner that was replaced");
                told.push(checkpoint);
            }
        }
        let reopened = claim(memory, 255).unwrap();
        for checkpoint in told {
            prop_assert!(reopened.state().is_live(checkpoint));
        }
    }
}
