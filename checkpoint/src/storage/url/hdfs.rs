//! HDFS.

use std::sync::Arc;

use alluvium_state_api::{Result, StateError};
use hdfs_native_object_store::HdfsObjectStoreBuilder;

use super::location::Remote;
use crate::storage::object::Workers;
use crate::storage::{ObjectStorage, StorageOptions};

pub(super) fn open(remote: &Remote, options: &StorageOptions) -> Result<ObjectStorage> {
    let Remote {
        authority: host,
        path: prefix,
        ..
    } = remote;
    let url = remote.url();
    let workers = Workers::start(options)?;
    let built = HdfsObjectStoreBuilder::new()
        // Without a host it is the `fs.defaultFS` of the configuration.
        .with_url(format!("hdfs://{host}"))
        .with_config(options.store.clone())
        .with_io_runtime(workers.handle().clone())
        .build();
    let store = built.map_err(|error| {
        StateError::storage(format!("cannot open '{url}'")).with_source(error.to_string())
    })?;
    ObjectStorage::with_workers(workers, Arc::new(store), &url, prefix, options)
}
