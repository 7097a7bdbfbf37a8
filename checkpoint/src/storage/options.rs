//! What can be chosen about a store.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use alluvium_state_api::{Result, StateError};

pub(super) const PART_SIZE: &str = "storage.part-size";
pub(super) const DEADLINE: &str = "storage.deadline";
const PARALLELISM: &str = "storage.parallelism";
const THREADS: &str = "storage.threads";
const REQUEST_TIMEOUT: &str = "storage.request-timeout";
const INITIAL_BACK_OFF: &str = "storage.initial-back-off";
const MAX_BACK_OFF: &str = "storage.max-back-off";

/// The longest part of an upload, in bytes; the least that S3 refuses is one more.
const MAX_PART_SIZE: usize = 5 << 30;
const MAX_PARALLELISM: usize = 1024;

/// What can be chosen about a store that is opened by its URL. Most of it concerns remote stores.
///
/// A stream that is being written holds up to `part size × (parallelism + 1)` bytes in memory, a
/// read of any size `part size × parallelism` beside what it returns.
///
/// Prints without the values of [store options](Self::with_store_option), which may be secret.
#[derive(Clone, PartialEq, Eq)]
pub struct StorageOptions {
    pub(super) part_size: usize,
    pub(super) parallelism: usize,
    pub(super) threads: usize,
    pub(super) request_timeout: Duration,
    pub(super) deadline: Duration,
    pub(super) first_back_off: Duration,
    pub(super) longest_back_off: Duration,
    pub(super) seed: Option<u64>,
    pub(super) probe: bool,
    pub(super) environment: bool,
    pub(super) store: BTreeMap<String, String>,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            part_size: 8 << 20,
            parallelism: 4,
            threads: 2,
            request_timeout: Duration::from_secs(30),
            deadline: Duration::from_mins(2),
            first_back_off: Duration::from_millis(100),
            longest_back_off: Duration::from_secs(10),
            seed: None,
            probe: true,
            environment: true,
            store: BTreeMap::new(),
        }
    }
}

impl StorageOptions {
    /// The default of everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The size of one part of a streamed object, and of one ranged read, in bytes: 1 byte to
    /// 5 GiB, default 8 MiB. S3 takes no part below 5 MiB but the last, and no object of more than
    /// 10,000 parts.
    pub fn with_part_size(mut self, bytes: usize) -> Self {
        self.part_size = bytes;
        self
    }

    /// How many requests one streamed object, or one read, makes at a time: 1 to 1,024, default 4.
    pub fn with_parallelism(mut self, requests: usize) -> Self {
        self.parallelism = requests;
        self
    }

    /// How many threads do the work of a remote store, and how many calls an
    /// [asynchronous](super::AsyncStorage) local one makes at a time: 1 to 1,024, default 2.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How long one request may take, default 30 s. A part must get through in that time.
    pub fn with_request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How long a call keeps trying, default 2 min. Each part of a streamed object is a call.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long a call waits before it tries again, default 100 ms, doubled each time up to
    /// `longest`, default 10 s. Of each pause, one half is random.
    pub fn with_back_off(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_back_off, self.longest_back_off) = (first, longest);
        self
    }

    /// The seed of the random part of pauses and of probe names, so that they replay; else the
    /// operating system gives one.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Whether an object store is [probed](super::probe) when it is opened; default `true`.
    pub fn with_probe(mut self, probe: bool) -> Self {
        self.probe = probe;
        self
    }

    /// Whether environment variables (`AWS_…`) say what no store option says; default `true`.
    pub fn with_environment(mut self, environment: bool) -> Self {
        self.environment = environment;
        self
    }

    /// An option of the store itself. For S3: as `object_store` names them (`aws_endpoint`,
    /// `aws_region`, `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`,
    /// `aws_virtual_hosted_style_request`, `aws_allow_http`, …; the prefix may be left out). For
    /// HDFS: as Hadoop's configuration files name them.
    pub fn with_store_option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.store.insert(key.into(), value.into());
        self
    }

    /// Checks that all values are within their range.
    ///
    /// # Errors
    /// `Misuse`, naming option, range and value.
    pub fn check(&self) -> Result<()> {
        let within = |option: &str, value: usize, max: usize| {
            if (1..=max).contains(&value) {
                return Ok(());
            }
            Err(StateError::misuse(format!(
                "'{option}' must be 1 to {max}, found {value}"
            )))
        };
        within(PART_SIZE, self.part_size, MAX_PART_SIZE)?;
        within(PARALLELISM, self.parallelism, MAX_PARALLELISM)?;
        within(THREADS, self.threads, MAX_PARALLELISM)?;
        let times = [
            (REQUEST_TIMEOUT, self.request_timeout),
            (DEADLINE, self.deadline),
            (INITIAL_BACK_OFF, self.first_back_off),
            (MAX_BACK_OFF, self.longest_back_off),
        ];
        match times.into_iter().find(|(_, time)| time.is_zero()) {
            None => Ok(()),
            Some((option, _)) => Err(StateError::misuse(format!("'{option}' must not be 0"))),
        }
    }
}

impl fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store: Vec<&str> = self.store.keys().map(String::as_str).collect();
        f.debug_struct("StorageOptions")
            .field("part_size", &self.part_size)
            .field("parallelism", &self.parallelism)
            .field("threads", &self.threads)
            .field("request_timeout", &self.request_timeout)
            .field("deadline", &self.deadline)
            .field("first_back_off", &self.first_back_off)
            .field("longest_back_off", &self.longest_back_off)
            .field("seed", &self.seed)
            .field("probe", &self.probe)
            .field("environment", &self.environment)
            .field("store_options", &store)
            .finish()
    }
}
