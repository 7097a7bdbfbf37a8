//! A server that speaks S3, on files in a temporary folder.
//!
//! `s3s-fs` looks and writes in two steps, so that two conditional creators could both win: here
//! one request is served at a time.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alluvium_checkpoint::Result;
use alluvium_checkpoint::storage::{Storage, StorageOptions, open_storage};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::IF_NONE_MATCH;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

pub(crate) const KEY: &str = "the-key-id";
pub(crate) const SECRET: &str = "the-secret-key";

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    /// How many came before it.
    pub(crate) index: u64,
    /// What it asks for.
    pub(crate) name: &'static str,
    /// Bucket and key.
    pub(crate) path: &'a str,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// 503, and it is not done.
    Unavailable,
    /// 503, although it is done.
    UnavailableAfter,
    /// The connection is cut while the request is sent.
    TornRequest,
    /// It is done, and the connection is cut in the midst of the answer.
    TornAnswer,
    /// Not done, and no answer ever comes.
    Silence,
    /// It is done, and no answer ever comes.
    SilenceAfter,
    /// 403, and it is not done.
    Forbidden,
    /// It waits until the [gate](Server::open_gate) is opened.
    Held,
}

impl Trouble {
    /// All that pass if the request is made again.
    pub(crate) const PASSING: [Self; 6] = [
        Self::Unavailable,
        Self::UnavailableAfter,
        Self::TornRequest,
        Self::TornAnswer,
        Self::Silence,
        Self::SilenceAfter,
    ];
}

type Plan = Box<dyn Fn(Call<'_>) -> Trouble + Send + Sync>;

struct Shared {
    service: S3Service,
    folder: PathBuf,
    one_at_a_time: tokio::sync::Mutex<()>,
    plan: Mutex<Arc<Plan>>,
    calls: AtomicU64,
    ignore_conditions: bool,
    gate: Semaphore,
    held: AtomicUsize,
    most_held: AtomicUsize,
}

pub(crate) struct Server {
    shared: Arc<Shared>,
    folder: TempDir,
    address: SocketAddr,
    /// Of its bucket.
    name: &'static str,
    _runtime: Runtime,
}

impl Server {
    /// A server with the bucket `bucket`.
    pub(crate) fn start() -> Self {
        Self::start_with(false)
    }

    /// One that creates objects whether there is one or not.
    pub(crate) fn ignoring_conditions() -> Self {
        Self::start_with(true)
    }

    fn start_with(ignore_conditions: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bucket")).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let shared = Arc::new(Shared {
            service: builder.build(),
            folder: folder.path().to_owned(),
            one_at_a_time: tokio::sync::Mutex::default(),
            plan: Mutex::new(Arc::new(Box::new(|_| Trouble::None))),
            calls: AtomicU64::new(0),
            ignore_conditions,
            gate: Semaphore::new(0),
            held: AtomicUsize::new(0),
            most_held: AtomicUsize::new(0),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&serving), socket));
            }
        });
        Self {
            shared,
            folder,
            address,
            name: "bucket",
            _runtime: runtime,
        }
    }

    /// Options to reach it, with pauses of next to nothing.
    pub(crate) fn options(&self) -> StorageOptions {
        options_for(&format!("http://{}", self.address))
    }

    pub(crate) fn open(&self) -> Arc<dyn Storage> {
        self.open_with(&self.options()).unwrap()
    }

    pub(crate) fn open_with(&self, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
        open_storage(&format!("s3://{}/some/prefix", self.name), options)
    }

    /// From now on, `plan` is asked about every request, counted from 0.
    pub(crate) fn plan(&self, plan: impl Fn(Call<'_>) -> Trouble + Send + Sync + 'static) {
        self.shared.calls.store(0, Ordering::SeqCst);
        *self.shared.plan.lock().unwrap() = Arc::new(Box::new(plan));
    }

    pub(crate) fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::SeqCst)
    }

    /// How many requests are held just now.
    pub(crate) fn held(&self) -> usize {
        self.shared.held.load(Ordering::SeqCst)
    }

    pub(crate) fn most_held(&self) -> usize {
        self.shared.most_held.load(Ordering::SeqCst)
    }

    pub(crate) fn open_gate(&self) {
        self.shared.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// What is left of uploads that were begun.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(".upload") || name.contains(".upload-"))
            .collect();
        names.sort();
        names
    }

    /// The folder of the bucket.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }
}

pub(crate) fn options_for(endpoint: &str) -> StorageOptions {
    StorageOptions::new()
        .with_environment(false)
        .with_seed(7)
        .with_back_off(Duration::from_millis(1), Duration::from_millis(8))
        .with_part_size(5 << 20)
        .with_store_option("aws_endpoint", endpoint)
        .with_store_option("allow_http", "true")
        .with_store_option("aws_access_key_id", KEY)
        .with_store_option("AWS_SECRET_ACCESS_KEY", SECRET)
}

async fn serve(shared: Arc<Shared>, socket: TcpStream) {
    let answer = service_fn(move |request| handle(Arc::clone(&shared), request));
    // Connections end with errors here; that is what they are for.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(socket), answer)
            .await,
    );
}

fn name_of(request: &Request<Incoming>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    let has = |key: &str| {
        query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(key))
    };
    match *request.method() {
        Method::PUT if has("partNumber") => "part",
        Method::PUT if request.headers().contains_key(IF_NONE_MATCH) => "create",
        Method::PUT => "replace",
        Method::POST if has("uploads") => "begin",
        Method::POST if has("uploadId") => "complete",
        Method::DELETE if has("uploadId") => "abort",
        Method::DELETE => "delete",
        Method::HEAD => "head",
        Method::GET if has("list-type") => "list",
        Method::GET => "get",
        _ => "other",
    }
}

async fn handle(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> io::Result<Response<s3s::Body>> {
    let call = Call {
        index: shared.calls.fetch_add(1, Ordering::SeqCst),
        name: name_of(&request),
        path: request.uri().path(),
    };
    let plan = Arc::clone(&shared.plan.lock().unwrap());
    let trouble = plan(call);
    let bucket = call.path.split('/').nth(1).unwrap_or_default();
    if !shared.folder.join(bucket).is_dir() {
        return Ok(refuse(404, "NoSuchBucket"));
    }
    match trouble {
        Trouble::None => done(&shared, request).await.map(whole),
        Trouble::Unavailable => Ok(refuse(503, "SlowDown")),
        Trouble::Forbidden => Ok(refuse(403, "AccessDenied")),
        Trouble::TornRequest => {
            // The rest of it is never read.
            drop(request.into_body().frame().await);
            Err(io::ErrorKind::ConnectionReset.into())
        }
        Trouble::Silence => std::future::pending().await,
        Trouble::UnavailableAfter => {
            done(&shared, request).await?;
            Ok(refuse(503, "InternalError"))
        }
        Trouble::SilenceAfter => {
            done(&shared, request).await?;
            std::future::pending().await
        }
        Trouble::TornAnswer => {
            let (parts, body) = done(&shared, request).await?;
            let half = body.slice(..body.len() / 2);
            if half.is_empty() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let cut = [
                Ok(Frame::data(half)),
                Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            ];
            let cut = StreamBody::new(futures_util::stream::iter(cut));
            Ok(Response::from_parts(parts, s3s::Body::http_body(cut)))
        }
        Trouble::Held => {
            let held = shared.held.fetch_add(1, Ordering::SeqCst) + 1;
            shared.most_held.fetch_max(held, Ordering::SeqCst);
            drop(shared.gate.acquire().await);
            let answer = done(&shared, request).await.map(whole);
            shared.held.fetch_sub(1, Ordering::SeqCst);
            answer
        }
    }
}

type Answer = (hyper::http::response::Parts, Bytes);

/// Serves the request to its end.
async fn done(shared: &Shared, request: Request<Incoming>) -> io::Result<Answer> {
    let _turn = shared.one_at_a_time.lock().await;
    if shared.ignore_conditions && name_of(&request) == "create" {
        // The condition itself is signed.
        drop(std::fs::remove_file(
            shared.folder.join(&request.uri().path()[1..]),
        ));
    }
    let answer = shared.service.call(request.map(s3s::Body::from)).await;
    let (parts, body) = answer.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?;
    Ok((parts, body.to_bytes()))
}

fn whole((parts, body): Answer) -> Response<s3s::Body> {
    Response::from_parts(parts, body.into())
}

fn refuse(status: u16, code: &str) -> Response<s3s::Body> {
    let body = format!("<Error><Code>{code}</Code></Error>");
    Response::builder()
        .status(status)
        .body(body.into())
        .unwrap()
}
