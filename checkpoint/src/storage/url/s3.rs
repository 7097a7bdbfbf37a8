//! S3, and servers that speak like it.

use std::ffi::OsString;
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

/// What is set together, and never taken partly from the environment.
const CREDENTIALS: [AmazonS3ConfigKey; 3] = [
    AmazonS3ConfigKey::AccessKeyId,
    AmazonS3ConfigKey::SecretAccessKey,
    AmazonS3ConfigKey::Token,
];

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
    let mut set = Vec::with_capacity(options.store.len());
    for (key, value) in &options.store {
        let known = AmazonS3ConfigKey::from_str(&key.to_ascii_lowercase());
        let known = known.map_err(|_| {
            StateError::misuse(format!("'{key}' is no option of the store '{url}'"))
        })?;
        set.push((known, value));
    }
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket);
    if options.environment {
        let own = set.iter().any(|(key, _)| CREDENTIALS.contains(key));
        for (key, value) in environment(std::env::vars_os(), own) {
            builder = builder.with_config(key, value);
        }
    }
    builder = with_time_limits(builder, options);
    for (key, value) in set {
        builder = builder.with_config(key, value);
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

/// What these variables say of S3; of credentials nothing, if the user has `own` ones.
fn environment(
    variables: impl Iterator<Item = (OsString, OsString)>,
    own: bool,
) -> impl Iterator<Item = (AmazonS3ConfigKey, String)> {
    variables.filter_map(move |(name, value)| {
        let name = name.to_str().filter(|name| name.starts_with("AWS_"))?;
        let key = AmazonS3ConfigKey::from_str(&name.to_ascii_lowercase()).ok()?;
        let wanted = !(own && CREDENTIALS.contains(&key));
        wanted
            .then(|| value.into_string().ok())?
            .map(|value| (key, value))
    })
}

/// What goes before the options of the user.
fn with_time_limits(builder: AmazonS3Builder, options: &StorageOptions) -> AmazonS3Builder {
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

#[cfg(test)]
mod tests {
    use super::{AmazonS3ConfigKey, environment};
    use std::ffi::OsString;

    #[test]
    fn credentials_are_never_taken_partly_from_the_environment() {
        let variables = || {
            [
                ("AWS_ACCESS_KEY_ID", "key"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_SESSION_TOKEN", "token"),
                ("AWS_REGION", "region"),
                ("AWS_NO_SUCH_THING", "x"),
                ("aws_endpoint", "y"),
                ("PATH", "z"),
            ]
            .map(|(name, value)| (OsString::from(name), OsString::from(value)))
            .into_iter()
        };
        let region = (AmazonS3ConfigKey::Region, "region".to_owned());
        assert!(environment(variables(), true).eq([region.clone()]));
        let all = [
            (AmazonS3ConfigKey::AccessKeyId, "key".to_owned()),
            (AmazonS3ConfigKey::SecretAccessKey, "secret".to_owned()),
            (AmazonS3ConfigKey::Token, "token".to_owned()),
            region,
        ];
        assert!(environment(variables(), false).eq(all));
    }
}
