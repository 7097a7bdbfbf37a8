//! The settings of the filesystem backend.

use super::max_unfinished_snapshots;
use crate::FsSettings;
use crate::config::{CompressionType, Configuration, options};
use alluvium_checkpoint::{Compression, SegmentOptions, SnapshotFileOptions};

/// # Errors
/// If values do not fit that single options let pass.
pub(super) fn settings(configuration: &Configuration) -> Result<FsSettings, String> {
    let compression = match configuration.get(&options::SNAPSHOT_COMPRESSION) {
        CompressionType::None => Compression::None,
        CompressionType::Zstd => {
            Compression::Zstd(configuration.get(&options::SNAPSHOT_COMPRESSION_LEVEL))
        }
    };
    let block = configuration.get(&options::SNAPSHOT_BLOCK_SIZE).as_bytes();
    let segment = SegmentOptions::default()
        .with_compression(compression)
        .and_then(|options| options.with_block_size(block as usize))
        .map_err(|error| error.to_string())?;
    let mut files = SnapshotFileOptions::default();
    files.incremental = configuration.get(&options::INCREMENTAL);
    files.inline_threshold = configuration
        .get(&options::DATA_INLINE_THRESHOLD)
        .as_bytes();
    files.segment = segment;
    files.threads = configuration.get(&options::SNAPSHOT_THREADS) as usize;
    files.max_delta_ratio = configuration.get(&options::MAX_DELTA_RATIO);
    files.max_chain_ratio = configuration.get(&options::MAX_CHAIN_RATIO);
    files.max_deltas = configuration.get(&options::MAX_DELTAS) as usize;
    Ok(FsSettings {
        asynchronous_snapshots: configuration.get(&options::ASYNCHRONOUS_SNAPSHOTS),
        max_unfinished_snapshots: max_unfinished_snapshots(configuration),
        full_rewrite_share: configuration.get(&options::FULL_REWRITE_SHARE),
        files,
    })
}
