//! The server, and the store that a test has there.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use alluvium_checkpoint::Result;
use alluvium_checkpoint::storage::{Storage, StorageOptions, open_storage};
use alluvium_test_s3::{KEY, Settings};
pub(crate) use alluvium_test_s3::{SECRET, Trouble};

/// A server of the protocol in this process.
pub(crate) struct Server(alluvium_test_s3::Server);

impl Server {
    pub(crate) fn start() -> Self {
        Self(alluvium_test_s3::Server::start().unwrap())
    }

    /// One that creates objects whether there is one or not.
    pub(crate) fn ignoring_conditions() -> Self {
        let ignore_conditions = true;
        Self(alluvium_test_s3::Server::with(Settings { ignore_conditions }).unwrap())
    }

    /// Options to reach it, with pauses of next to nothing.
    pub(crate) fn options(&self) -> StorageOptions {
        options_for(&self.endpoint())
    }

    pub(crate) fn open(&self) -> Arc<dyn Storage> {
        self.open_with(&self.options()).unwrap()
    }

    #[expect(clippy::unused_self, reason = "a store needs its server")]
    pub(crate) fn open_with(&self, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
        open_storage("s3://bucket/some/prefix", options)
    }

    /// What is left of uploads that were begun.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        self.0.unfinished().unwrap()
    }
}

impl Deref for Server {
    type Target = alluvium_test_s3::Server;

    fn deref(&self) -> &Self::Target {
        &self.0
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
