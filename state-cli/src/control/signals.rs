//! What the process is told by signals: to suspend its job.

use crate::output;
use alluvium_state_tests::executor::JobControl;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

const INTERRUPT: u8 = 2;
const TERMINATE: u8 = 15;

/// The signal that has suspended the job. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caught(Arc<AtomicU8>);

impl Caught {
    /// The exit code of a process that was ended by it, as shells have it.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            number => Some(128 + number),
        }
    }
}

/// Signals that are caught from now on.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Must be called on a runtime.
    pub(super) fn catch() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Suspends the job at the first one; the second one ends the process where it is.
    pub(super) async fn heed(mut self, control: JobControl, caught: Caught) {
        loop {
            let (number, name) = tokio::select! {
                _ = self.interrupt.recv() => (INTERRUPT, "Ctrl-C"),
                _ = self.terminate.recv() => (TERMINATE, "SIGTERM"),
            };
            if caught.0.swap(number, Ordering::AcqRel) != 0 {
                std::process::exit(i32::from(128 + number));
            }
            output::say(&format_args!(
                "{name}: suspending the job; once more ends the process at once"
            ));
            control.suspend();
        }
    }
}
