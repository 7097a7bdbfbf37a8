//! Trying again.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use alluvium_state_api::{Result, StateError};
use object_store::Error;
use tokio::time::Instant;

use super::cause::Cause;
use super::store::Store;
use crate::storage::options::DEADLINE;
use crate::storage::random::SplitMix;

const REFUSES: &str = "the store refuses the credentials: ";

/// Why a request did not succeed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The store, or the way to it, says so.
    Refused(Error),
    /// No answer came in time.
    TimedOut(Duration),
}

impl Trouble {
    /// Whether the same request may succeed a little later.
    fn is_transient(&self, cause: &Cause) -> bool {
        match self {
            Self::TimedOut(_) | Self::Refused(Error::AlreadyExists { .. }) => true,
            // The status stands nowhere but in the text. One that is unknown is tried again.
            Self::Refused(Error::Generic { .. }) => {
                let asked_to_wait = ["status code: 408", "status code: 429"];
                asked_to_wait.iter().any(|status| cause.contains(status))
                    || !cause.contains("status code: 4")
            }
            Self::Refused(_) => false,
        }
    }

    /// What it means, where the cause does not say it plainly.
    fn meaning(&self, cause: &Cause) -> &'static str {
        match self {
            _ if cause.contains("NoSuchBucket") => "the bucket does not exist: ",
            Self::Refused(Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) => {
                REFUSES
            }
            // Of a listing, the kind of the error does not say it.
            Self::Refused(Error::Generic { .. })
                if ["status code: 401", "status code: 403"]
                    .iter()
                    .any(|status| cause.contains(status)) =>
            {
                REFUSES
            }
            _ => "",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::TimedOut(after) => write!(f, "no answer within {after:?}"),
        }
    }
}

impl std::error::Error for Trouble {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(error) => error.source(),
            Self::TimedOut(_) => None,
        }
    }
}

/// The attempts at one call.
pub(super) struct Attempts<'a> {
    store: &'a Store,
    what: &'static str,
    path: &'a str,
    began: Instant,
    made: u32,
    /// Whether one of them may have been done although nobody heard of it.
    pub(super) unsure: bool,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(store: &'a Store, what: &'static str, path: &'a str) -> Self {
        Self {
            store,
            what,
            path,
            began: Instant::now(),
            made: 0,
            unsure: false,
        }
    }

    fn left(&self) -> Duration {
        let deadline = self.store.options().deadline;
        deadline.saturating_sub(self.began.elapsed())
    }

    /// Makes one attempt.
    pub(super) async fn once<T>(
        &mut self,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Trouble> {
        self.made += 1;
        let time = self.store.options().request_timeout.min(self.left());
        match tokio::time::timeout(time, request).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Trouble::Refused(error)),
            Err(_) => Err(Trouble::TimedOut(time)),
        }
    }

    /// Waits until another attempt is due.
    ///
    /// # Errors
    /// `Storage`, if another attempt is of no use, or would come after the deadline.
    pub(super) async fn pause(&mut self, trouble: Trouble) -> Result<()> {
        let cause = Cause::of(&trouble, self.store.secrets());
        if !trouble.is_transient(&cause) {
            return Err(self.failed(&trouble, cause));
        }
        self.unsure = true;
        let pause = self.next_pause();
        if pause < self.left() {
            tracing::debug!(
                what = self.what,
                path = self.path,
                attempt = self.made,
                %cause,
                "a request to the store is made again"
            );
            tokio::time::sleep(pause).await;
            // A busy machine may sleep for longer.
            if !self.left().is_zero() {
                return Ok(());
            }
        }
        let (made, deadline) = (self.made, self.store.options().deadline);
        let error = self.failed(&trouble, cause);
        Err(error.context(format!(
            "gave up after {made} attempts within {deadline:?} ('{DEADLINE}')"
        )))
    }

    /// Doubled each time up to the longest; the second half of it is random.
    fn next_pause(&self) -> Duration {
        let options = self.store.options();
        let doubled = 2_u32.saturating_pow(self.made.saturating_sub(1));
        let whole = options.first_back_off.saturating_mul(doubled);
        let half = whole.min(options.longest_back_off) / 2;
        let nanos = u64::try_from(half.as_nanos()).unwrap_or(u64::MAX);
        half + Duration::from_nanos(self.store.random() % nanos.saturating_add(1).max(1))
    }

    /// The error for a call that `trouble` ends.
    pub(super) fn failed(&self, trouble: &Trouble, cause: Cause) -> StateError {
        let (what, place) = (self.what, self.store.locate(self.path));
        let meaning = trouble.meaning(&cause);
        StateError::storage(format!("cannot {what} '{place}'"))
            .with_source(format!("{meaning}{cause}"))
    }

    pub(super) fn cause(&self, trouble: &Trouble) -> Cause {
        Cause::of(trouble, self.store.secrets())
    }

    /// The error for a call that `trouble` ends.
    pub(super) fn ended_by(&self, trouble: &Trouble) -> StateError {
        self.failed(trouble, self.cause(trouble))
    }
}

/// A number for the seed that the options give, else the operating system.
pub(super) fn seed(options: &crate::storage::StorageOptions) -> Result<SplitMix> {
    match options.seed {
        Some(seed) => Ok(SplitMix(seed)),
        None => crate::storage::probe::entropy().map(SplitMix),
    }
}
