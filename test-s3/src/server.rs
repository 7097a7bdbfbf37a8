//! The server, and what tests ask of it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

use crate::serve::serve;
use crate::{Call, Trouble};

/// The id of the key that requests must be signed with.
pub const KEY: &str = "the-key-id";
/// The key itself.
pub const SECRET: &str = "the-secret-key";
/// The only bucket.
pub const BUCKET: &str = "bucket";

type Plan = Arc<dyn Fn(Call<'_>) -> Trouble + Send + Sync>;

/// What can be chosen about a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether objects are created whether there is one or not.
    pub ignore_conditions: bool,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) service: S3Service,
    pub(crate) folder: PathBuf,
    pub(crate) one_at_a_time: tokio::sync::Mutex<()>,
    plan: Mutex<Plan>,
    pub(crate) calls: AtomicU64,
    pub(crate) ignore_conditions: bool,
    pub(crate) gate: Semaphore,
    pub(crate) held: AtomicUsize,
    pub(crate) most_held: AtomicUsize,
}

impl Shared {
    pub(crate) fn plan(&self) -> Plan {
        Arc::clone(&self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A server with one [bucket](BUCKET), which listens on the loopback address; it and all that it
/// holds go with this.
pub struct Server {
    shared: Arc<Shared>,
    folder: TempDir,
    address: SocketAddr,
    _runtime: Runtime,
}

impl Server {
    /// A server that keeps its word.
    ///
    /// # Errors
    /// If the system refuses what it needs.
    pub fn start() -> io::Result<Self> {
        Self::with(Settings::default())
    }

    /// A server as `settings` say.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn with(settings: Settings) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(BUCKET))?;
        let files = FileSystem::new(folder.path());
        let files = files.map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let shared = Arc::new(Shared {
            service: builder.build(),
            folder: folder.path().to_owned(),
            one_at_a_time: tokio::sync::Mutex::default(),
            plan: Mutex::new(Arc::new(|_| Trouble::None)),
            calls: AtomicU64::new(0),
            ignore_conditions: settings.ignore_conditions,
            gate: Semaphore::new(0),
            held: AtomicUsize::new(0),
            most_held: AtomicUsize::new(0),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let serving = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving), socket));
            }
        });
        Ok(Self {
            shared,
            folder,
            address,
            _runtime: runtime,
        })
    }

    /// Where it listens, as clients name it.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, `plan` is asked about every request, counted from 0.
    pub fn plan(&self, plan: impl Fn(Call<'_>) -> Trouble + Send + Sync + 'static) {
        self.shared.calls.store(0, Ordering::SeqCst);
        let place = self.shared.plan.lock();
        *place.unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
    }

    /// How many requests came since the plan was made.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// How many requests are held just now.
    pub fn held(&self) -> usize {
        self.shared.held.load(Ordering::SeqCst)
    }

    /// The greatest number that were held at a time.
    pub fn most_held(&self) -> usize {
        self.shared.most_held.load(Ordering::SeqCst)
    }

    /// Lets go of all that are held, and of those to come.
    pub fn open_gate(&self) {
        self.shared.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// What is left of uploads that were begun.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn unfinished(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(self.folder.path())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(".upload") || name.contains(".upload-") {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join(BUCKET)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.address).finish()
    }
}
