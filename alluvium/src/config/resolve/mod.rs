//! From values to settings.

mod backend;
#[cfg(feature = "fs")]
mod filesystem;
#[cfg(feature = "memory")]
mod memory;
mod recovery;
mod resolved;
mod restart;
mod stores;

pub use backend::BackendKind;
pub use recovery::Recovery;
pub use resolved::Resolved;
pub use restart::RestartStrategy;

use super::mistake::Mistakes;
use super::value::{ClaimMode, CompressionType, ConfigValue};
use super::warning::Warning;
use super::{ConfigOption, Configuration, Setting, options};
use crate::AnyStateBackend;
use alluvium_checkpoint::{CheckpointOptions, ExternalizedRetention, OfflineOptions, StoreOptions};
use alluvium_state_api::{MaxParallelism, Result};

/// How many snapshots of a subtask may be unfinished: what is set, or enough for as many checkpoints
/// as there may be, and a savepoint.
#[cfg(any(feature = "memory", feature = "fs"))]
fn max_unfinished_snapshots(configuration: &Configuration) -> usize {
    let option = &options::MAX_UNFINISHED_SNAPSHOTS;
    let checkpoints = configuration.get(&options::MAX_CONCURRENT_CHECKPOINTS);
    let most = if configuration.is_set(option) {
        configuration.get(option)
    } else {
        configuration.get(option).max(checkpoints.saturating_add(1))
    };
    most as usize
}

impl Configuration {
    /// Checks the whole, and makes settings of it.
    ///
    /// # Errors
    /// `Misuse` with every contradiction: values that do not go together, with where each came
    /// from.
    pub fn resolve(&self) -> Result<Resolved> {
        let mut mistakes = Mistakes::default();
        let kind = mistakes.keep(backend::kind(self));
        let restart = mistakes.keep(restart::strategy(self));
        let max_parallelism = mistakes.keep(self.max_parallelism());
        mistakes.keep(self.check_retention());
        self.check_stores(&mut mistakes);
        let local_backup = mistakes.keep(self.local_backup());
        #[cfg(feature = "fs")]
        let fs = mistakes.keep(filesystem::settings(self));
        mistakes.check()?;
        let mut warnings = self.warnings().to_vec();
        self.without_effect(&mut warnings);
        Ok(Resolved {
            backend: kind.unwrap_or(BackendKind::Memory),
            #[cfg(feature = "memory")]
            memory: memory::settings(self),
            checkpoints: self.checkpoint_options(),
            checkpoint_dir: self.get(&options::CHECKPOINT_DIR),
            savepoint_dir: self.get(&options::SAVEPOINT_DIR),
            store: self.store_options(),
            storage: self.stores(),
            max_raw_state: self.get(&options::MAX_RAW_STATE_SIZE).as_bytes(),
            recovery: recovery::recovery(self),
            #[cfg(feature = "fs")]
            fs: fs.unwrap_or_default(),
            local_backup: local_backup.flatten(),
            parallelism: self.get(&options::PARALLELISM),
            max_parallelism: max_parallelism.flatten(),
            restart: restart.unwrap_or(RestartStrategy::None),
            cancellation_timeout: Some(self.get(&options::CANCELLATION_TIMEOUT))
                .filter(|timeout| !timeout.is_zero()),
            warnings,
        })
    }

    /// The backend that is configured: memory as long as no checkpoint directory is, filesystem as
    /// soon as one is, unless `state.backend.type` says otherwise.
    ///
    /// # Errors
    /// `Misuse` as [`resolve`](Self::resolve), or if this build lacks the backend.
    pub fn state_backend(&self) -> Result<AnyStateBackend> {
        self.resolve()?.state_backend()
    }

    fn checkpoint_options(&self) -> CheckpointOptions {
        let options = CheckpointOptions::default()
            .with_mode(self.get(&options::MODE))
            .with_timeout(self.get(&options::TIMEOUT))
            .with_min_pause(self.get(&options::MIN_PAUSE))
            .with_max_concurrent(self.get(&options::MAX_CONCURRENT_CHECKPOINTS))
            .with_max_concurrent_savepoints(self.get(&options::MAX_CONCURRENT_SAVEPOINTS))
            .with_max_queued_requests(self.get(&options::MAX_QUEUED_REQUESTS))
            .with_num_retained(self.get(&options::NUM_RETAINED))
            .with_retention(self.get(&options::RETENTION))
            .with_tolerable_failed(self.get(&options::TOLERABLE_FAILED_CHECKPOINTS));
        let mut options = options;
        options.interval = self.get(&options::INTERVAL);
        options
    }

    fn store_options(&self) -> StoreOptions {
        StoreOptions::default()
            .with_max_metadata(self.get(&options::MAX_METADATA_SIZE).as_bytes())
            .with_remote_read_size(self.get(&options::READ_SIZE).as_bytes() as usize)
            .with_verified_entries(self.get(&options::VERIFIED_LOG_ENTRIES))
            .with_fall_back(self.get(&options::FALL_BACK_TO_OLDER))
            .with_verify_shared_files_every(self.get(&options::VERIFY_SHARED_FILES_EVERY))
    }

    /// How snapshots are read without running a job: what `offline.…` says, and how much may be read
    /// of metadata. Where they lie, [`storage_options`](Self::storage_options) tell how to reach.
    pub fn offline_options(&self) -> OfflineOptions {
        OfflineOptions::default()
            .with_max_held(self.get(&options::MAX_HELD_SIZE).as_bytes())
            .with_stored(self.store_options().snapshot_options())
    }

    fn max_parallelism(&self) -> Result<Option<MaxParallelism>, String> {
        let parallelism = self.get(&options::PARALLELISM);
        let Some(groups) = self.get(&options::MAX_PARALLELISM) else {
            return Ok(None);
        };
        if parallelism > groups {
            return Err(format!(
                "{} is above {}",
                self.told(&options::PARALLELISM),
                self.told(&options::MAX_PARALLELISM),
            ));
        }
        let groups = MaxParallelism::new(groups).map_err(|error| error.to_string())?;
        Ok(Some(groups))
    }

    fn check_retention(&self) -> Result<(), String> {
        let retention = &options::RETENTION;
        let kept =
            self.is_set(retention) && self.get(retention) != ExternalizedRetention::NeverRetain;
        if !kept || self.get(&options::CHECKPOINT_DIR).is_some() {
            return Ok(());
        }
        Err(format!(
            "{} needs '{}', which is not set: checkpoints in memory do not outlive the job",
            self.told(&options::RETENTION),
            options::CHECKPOINT_DIR.key(),
        ))
    }

    /// Takes down what is set and has no effect.
    fn without_effect(&self, warnings: &mut Vec<Warning>) {
        let concurrent = &options::MAX_CONCURRENT_CHECKPOINTS;
        if self.get(concurrent) > 1 && !self.get(&options::MIN_PAUSE).is_zero() {
            warnings.push(Warning::new(
                concurrent.key(),
                format!(
                    "{} has no effect on periodic checkpoints: with {} they never overlap",
                    self.told(concurrent),
                    self.told(&options::MIN_PAUSE),
                ),
            ));
        }
        let (claim, path) = (&options::CLAIM_MODE, &options::RECOVERY_PATH);
        if self.get(claim) == ClaimMode::Claim && self.get(path).is_none() {
            let (told, path) = (self.told(claim), self.told(path));
            warnings.push(Warning::new(
                claim.key(),
                format!("{told} has no effect: {path}"),
            ));
        }
        let level = &options::SNAPSHOT_COMPRESSION_LEVEL;
        let compression = &options::SNAPSHOT_COMPRESSION;
        if self.is_set(level) && self.get(compression) == CompressionType::None {
            let (level_told, compression) = (self.told(level), self.told(compression));
            warnings.push(Warning::new(
                level.key(),
                format!("{level_told} has no effect: {compression}"),
            ));
        }
    }

    /// An option with its value and where that came from, as a sentence has it.
    fn told<T: Setting>(&self, option: &ConfigOption<T>) -> String {
        let key = option.key();
        let origin = self.origin(option);
        match self.get(option).value() {
            Some(value) => {
                let text = value.print();
                format!("'{key}' = '{}' ({origin})", T::Value::shown(&text))
            }
            None => format!("'{key}' (unset)"),
        }
    }
}
