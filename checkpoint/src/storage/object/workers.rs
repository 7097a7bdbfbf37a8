//! The threads on which requests run.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use alluvium_state_api::{Result, StateError};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::storage::{StorageFuture, StorageOptions};

/// A small runtime, shared by all that need it and stopped after the last of them.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Workers(Arc<Running>);

#[derive(Debug)]
struct Running {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // The last to leave may stand inside a runtime, where nothing must be awaited.
            runtime.shutdown_background();
        }
    }
}

impl Workers {
    /// # Errors
    /// `Storage` if the threads cannot be started.
    pub(in crate::storage) fn start(options: &StorageOptions) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(options.threads)
            .max_blocking_threads(options.threads)
            .thread_name("alluvium-storage")
            .enable_all()
            .build()
            .map_err(|error| {
                StateError::storage("cannot start the threads of the store").with_source(error)
            })?;
        Ok(Self(Arc::new(Running {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })))
    }

    pub(in crate::storage) fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// Runs `work` there while this thread waits. The work goes on whatever becomes of this thread,
    /// and whichever runtime it belongs to: it needs nothing but the threads of this one.
    ///
    /// # Errors
    /// `Misuse` on one of those threads; `Storage` if the work panics.
    pub(in crate::storage) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        if Handle::try_current().is_ok_and(|current| current.id() == self.handle().id()) {
            return Err(StateError::misuse(
                "a blocking call to a store on one of its own threads would wait for itself",
            ));
        }
        let (done, result) = sync_channel(1);
        self.handle().spawn(async move {
            // Nobody may listen any more.
            drop(done.send(work.await));
        });
        result.recv().map_err(|_| panicked())
    }

    /// Runs `work` there. Dropping the future gives the work up.
    pub(in crate::storage) fn join<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> StorageFuture<'static, T> {
        let task = self.handle().spawn(work);
        let guard = GiveUp(task.abort_handle());
        let workers = self.clone();
        Box::pin(async move {
            let result = task.await.map_err(|_| panicked());
            drop((guard, workers));
            result?
        })
    }

    /// Runs `work`, which blocks, on a thread for such work.
    pub(in crate::storage) fn block<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> StorageFuture<'static, T> {
        let task = self.handle().spawn_blocking(work);
        let workers = self.clone();
        Box::pin(async move {
            let result = task.await.map_err(|_| panicked());
            drop(workers);
            result?
        })
    }
}

struct GiveUp(tokio::task::AbortHandle);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cold]
fn panicked() -> StateError {
    StateError::storage("the work on the store panicked or was stopped")
}

#[cfg(test)]
mod tests {
    use alluvium_state_api::ErrorKind;

    use super::*;

    fn workers() -> Workers {
        Workers::start(&StorageOptions::new().with_threads(1)).unwrap()
    }

    #[test]
    fn a_thread_of_the_store_does_not_wait_for_itself() {
        let workers = workers();
        let inner = workers.clone();
        let error = workers
            .run(async move { inner.run(async {}) })
            .unwrap()
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
    }

    #[test]
    fn work_that_panics_is_an_error() {
        let workers = workers();
        let error = workers
            .run::<()>(async { panic!("as planned") })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        let joined = workers.join::<()>(async { panic!("as planned") });
        let error = workers.run(joined).unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert_eq!(workers.run(async { 7 }).unwrap(), 7);
    }

    #[test]
    fn the_last_may_leave_inside_a_runtime() {
        let other = Builder::new_current_thread().build().unwrap();
        let workers = workers();
        other.block_on(async move { drop(workers) });
    }
}
