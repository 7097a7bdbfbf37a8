//! Syncing folders together.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Lets threads that want the same folder synced share one sync: whoever asks while a sync runs is
/// served by the next, together with all that asked meanwhile. A sync that began before the asking
/// may have missed a name, and serves nobody who came later.
#[derive(Debug, Default)]
pub(super) struct FolderSyncs {
    folders: Mutex<BTreeMap<PathBuf, Turns>>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    running: bool,
    /// Those who wait for the sync after the running one.
    next: Option<Arc<Turn>>,
}

/// What became of one sync.
#[derive(Debug, Default)]
struct Turn(OnceLock<Result<(), (io::ErrorKind, String)>>);

impl Turn {
    fn end(&self, result: &io::Result<()>) {
        let told = match result {
            Ok(()) => Ok(()),
            Err(error) => Err((error.kind(), error.to_string())),
        };
        // Set once, by the one thread that ran it.
        drop(self.0.set(told));
    }

    fn outcome(&self) -> Option<io::Result<()>> {
        let told = self.0.get()?.clone();
        Some(told.map_err(|(kind, message)| io::Error::new(kind, message)))
    }
}

impl FolderSyncs {
    /// Returns once a sync of `folder` by `sync` has ended that began after this was called.
    ///
    /// # Errors
    /// Those of the sync, to all who shared it.
    pub(super) fn sync(
        &self,
        folder: &Path,
        sync: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut folders = self.lock();
        let turns = folders.entry(folder.to_owned()).or_default();
        let mine = Arc::clone(turns.next.get_or_insert_default());
        loop {
            if let Some(outcome) = mine.outcome() {
                return outcome;
            }
            match folders.get_mut(folder) {
                Some(turns) if turns.running => {}
                Some(turns) => {
                    turns.running = true;
                    turns.next = None;
                    break;
                }
                None => break,
            }
            folders = self
                .done
                .wait(folders)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(folders);
        let leader = Leader {
            syncs: self,
            folder,
            turn: mine,
        };
        let result = sync();
        leader.turn.end(&result);
        result
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Turns>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that syncs; wakes the others when it is through, also by a panic.
struct Leader<'a> {
    syncs: &'a FolderSyncs,
    folder: &'a Path,
    turn: Arc<Turn>,
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if self.turn.outcome().is_none() {
            self.turn
                .end(&Err(io::Error::other("the syncing thread panicked")));
        }
        let mut folders = self.syncs.lock();
        if let Some(turns) = folders.get_mut(self.folder) {
            turns.running = false;
            if turns.next.is_none() {
                folders.remove(self.folder);
            }
        }
        self.syncs.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use super::*;

    fn waiting(syncs: &FolderSyncs) -> usize {
        let folders = syncs.lock();
        let next = folders.values().filter_map(|turns| turns.next.as_ref());
        next.map(|turn| Arc::strong_count(turn) - 1).sum()
    }

    /// One sync is held up while `others` more threads ask for the same; what they were told.
    fn hold_up(others: u32, outcome: fn() -> io::Result<()>) -> (u32, Vec<io::Result<()>>) {
        let (syncs, folder, count) = (FolderSyncs::default(), Path::new("/a"), AtomicU32::new(0));
        let (running, is_running) = mpsc::channel();
        let (go, wait) = mpsc::channel::<()>();
        let results = std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                syncs.sync(folder, move || {
                    running.send(()).unwrap();
                    wait.recv().unwrap();
                    Ok(())
                })
            });
            is_running.recv().unwrap();
            let ask = || {
                syncs.sync(folder, || {
                    count.fetch_add(1, Ordering::SeqCst);
                    outcome()
                })
            };
            let asking: Vec<_> = (0..others).map(|_| scope.spawn(ask)).collect();
            while waiting(&syncs) < others as usize {
                std::thread::yield_now();
            }
            assert_eq!(
                count.load(Ordering::SeqCst),
                0,
                "the running one came too early"
            );
            go.send(()).unwrap();
            first.join().unwrap().unwrap();
            asking.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(syncs.lock().is_empty());
        (count.into_inner(), results)
    }

    #[test]
    fn who_asks_during_a_sync_shares_the_next() {
        let (syncs, results) = hold_up(5, || Ok(()));
        assert_eq!(syncs, 1);
        assert!(results.iter().all(Result::is_ok));
    }

    #[test]
    fn a_sync_that_fails_fails_for_all_who_share_it() {
        let (syncs, results) = hold_up(3, || Err(io::Error::other("disk on fire")));
        assert_eq!(syncs, 1);
        for result in results {
            assert_eq!(result.unwrap_err().to_string(), "disk on fire");
        }
    }

    #[test]
    fn a_sync_that_panics_lets_others_go_on() {
        let (syncs, folder) = (FolderSyncs::default(), Path::new("/a"));
        let panics = || syncs.sync(folder, || panic!("as planned"));
        std::thread::scope(|scope| assert!(scope.spawn(panics).join().is_err()));
        syncs.sync(folder, || Ok(())).unwrap();
        assert!(syncs.lock().is_empty());
    }
}
