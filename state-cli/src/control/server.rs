//! The endpoint of a running job, on a thread of its own.

use super::note::{self, Note, Noted};
use super::routes::{State, router};
use super::signals::{Caught, Signals};
use crate::output;
use alluvium::config::{Location, Resolved};
use alluvium::{Result, StateError};
use alluvium_state_tests::executor::JobControl;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long the endpoint of a job that has ended waits for those who have triggered something to
/// hear what came of it.
const LINGER: Duration = Duration::from_secs(10);
/// How often it looks whether they have.
const LOOK: Duration = Duration::from_millis(20);
/// How long connections get to end after that.
const CLOSE: Duration = Duration::from_millis(500);

/// What the endpoint says about its job.
pub(crate) struct Job {
    pub(crate) control: JobControl,
    /// What it is set to.
    pub(crate) settings: Resolved,
    /// Where its output goes.
    pub(crate) output: PathBuf,
    /// Is told of the signal that suspends the job.
    pub(crate) caught: Caught,
    /// Milliseconds since the Unix epoch.
    pub(crate) now: fn() -> u64,
    /// Bytes that nobody has drawn before.
    pub(crate) random: fn() -> Result<[u8; 16]>,
}

/// An endpoint that listens, and answers once it is told of its job.
pub(crate) struct Endpoint {
    listener: TcpListener,
    address: SocketAddr,
}

/// An endpoint that answers.
pub(crate) struct Serving {
    noted: Option<Noted>,
    job_ended: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Endpoint {
    /// Listens on the loopback address, at `port` or, if that is 0, at any that is free.
    ///
    /// # Errors
    /// `Storage` if the port cannot be had.
    pub(crate) fn bind(port: u16) -> Result<Self> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok(Self { listener, address })
        });
        bound.map_err(|error| {
            StateError::storage(format!(
                "the control endpoint cannot listen at 127.0.0.1:{port} ('--port')"
            ))
            .with_source(error)
        })
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on, heeds signals, and leaves notes of the job.
    ///
    /// # Errors
    /// `Storage` if the thread cannot be started or no random bytes can be had. That a note cannot
    /// be left is logged.
    pub(crate) fn serve(self, job: Job) -> Result<Serving> {
        let token = [(job.random)()?, (job.random)()?].concat();
        let token = hex(&token);
        let status = job.control.status();
        let root = job.settings.checkpoint_dir.as_ref();
        let root = root.map(Location::absolute).transpose()?;
        let output = note::output_of(&job.output);
        let (control, caught) = (job.control.clone(), job.caught.clone());
        let state = State::new(job, &token);
        let note = Note {
            id: status.id,
            name: status.name,
            address: self.address,
            pid: std::process::id(),
            checkpoint_root: root.map(|root| root.to_string()).unwrap_or_default(),
            output,
            token,
        };
        let (job_ended, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(4)
            .build();
        let runtime = runtime.map_err(|error| cannot("start", error))?;
        let signals = runtime.block_on(async { Signals::catch() });
        let signals = signals
            .map_err(|error| StateError::storage("signals cannot be caught").with_source(error))?;
        runtime.spawn(signals.heed(control, caught));
        let thread = std::thread::Builder::new()
            .name("control".to_owned())
            .spawn(move || {
                if let Err(error) = runtime.block_on(answer(self.listener, state, ended)) {
                    tracing::warn!(%error, "the control endpoint has failed");
                }
                runtime.shutdown_timeout(CLOSE);
            })
            .map_err(|error| cannot("start", error))?;
        let noted = note::directory().and_then(|directory| note.leave(&directory));
        Ok(Serving {
            noted: noted
                .inspect_err(|error| {
                    output::say(&format_args!("alluvium: the job is not noted: {error}"));
                })
                .ok(),
            job_ended,
            thread,
        })
    }
}

impl Serving {
    /// The job has ended: its notes go at once, and the endpoint as soon as all who have triggered
    /// something know what came of it, or after a few seconds.
    pub(crate) fn finish(self) {
        drop(self.noted);
        // If the thread is gone, there is nothing to tell.
        let _: Result<(), ()> = self.job_ended.send(());
        // What it panics with has been printed.
        drop(self.thread.join());
    }
}

async fn answer(
    listener: TcpListener,
    state: State,
    ended: oneshot::Receiver<()>,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let triggers = state.triggers.clone();
    let (close, closing) = oneshot::channel::<()>();
    let linger = async move {
        // Dropped means the same: the job has ended.
        drop(ended.await);
        let told = async {
            while !triggers.are_told() {
                tokio::time::sleep(LOOK).await;
            }
        };
        drop(tokio::time::timeout(LINGER, told).await);
        drop(close);
        tokio::time::sleep(CLOSE).await;
    };
    let serve = axum::serve(listener, router(state))
        .with_graceful_shutdown(async {
            drop(closing.await);
        })
        .into_future();
    tokio::select! {
        served = serve => served,
        () = linger => Ok(()),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _: std::fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

fn cannot(what: &str, error: std::io::Error) -> StateError {
    StateError::storage(format!("cannot {what} the control endpoint")).with_source(error)
}
