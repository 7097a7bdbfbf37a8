//! S3, and servers that speak like it.

use std::str::FromStr;
use std::sync::Arc;

use alluvium_state_api::{Result, StateError};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{ClientConfigKey, RetryConfig};

use super::location::Remote;
use crate::storage::options::PART_SIZE;
use crate::storage::{ObjectStorage, StorageOptions};

/// The least that S3 takes as a part that is not the last.
const MIN_PART_SIZE: usize = 5 << 20;

const SECRET: [AmazonS3ConfigKey; 2] =
    [AmazonS3ConfigKey::SecretAccessKey, AmazonS3ConfigKey::Token];

pub(super) fn open(remote: &Remote, options: &StorageOptions) -> Result<ObjectStorage> {
    let Remote {
        authority: bucket,
        path: prefix,
        ..
    } = remote;
    let url = remote.url();
    if options.part_size < MIN_PART_SIZE {
        return Err(StateError::misuse(format!(
            "'{PART_SIZE}' must be at least {MIN_PART_SIZE} for '{url}', found {}",
            options.part_size
        )));
    }
    let mut builder = start(options).with_bucket_name(bucket);
    for (key, value) in &options.store {
        let known = AmazonS3ConfigKey::from_str(&key.to_ascii_lowercase());
        let known = known.map_err(|_| {
            StateError::misuse(format!("'{key}' is no option of the store '{url}'"))
        })?;
        builder = builder.with_config(known, value);
    }
    let secrets: Vec<String> = SECRET
        .iter()
        .filter_map(|key| builder.get_config_value(key))
        .collect();
    let store = builder.build().map_err(|error| {
        let cause = secrets
            .iter()
            .fold(error.to_string(), |text, secret| text.replace(secret, "…"));
        StateError::misuse(format!("the options of the store '{url}' make no sense"))
            .with_source(cause)
    })?;
    ObjectStorage::hiding(secrets, Arc::new(store), &url, prefix, options)
}

/// What goes before the options of the user.
fn start(options: &StorageOptions) -> AmazonS3Builder {
    let builder = if options.environment {
        AmazonS3Builder::from_env()
    } else {
        AmazonS3Builder::new()
    };
    // Requests are made again and timed out one level higher, the same for every store.
    let retry = RetryConfig {
        max_retries: 0,
        retry_timeout: options.deadline,
        ..RetryConfig::default()
    };
    let timeout = format!("{}ms", options.request_timeout.as_millis().max(1));
    builder
        .with_config(
            AmazonS3ConfigKey::Client(ClientConfigKey::Timeout),
            &timeout,
        )
        .with_config(
            AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout),
            timeout,
        )
        .with_retry(retry)
        // Some servers have no bulk deletion, and nothing here deletes in bulk.
        .with_disable_bulk_delete(true)
}
