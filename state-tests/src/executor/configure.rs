//! A job set up by a configuration.

use super::Environment;
use super::job::RestoreOptions;
use alluvium::Result;
use alluvium::config::Resolved;

impl Environment {
    /// Sets what a configuration says: backend, parallelism, checkpoints and where they are kept,
    /// what the job starts from, restarts, how long its end may take. What is set later wins.
    ///
    /// ```
    /// use alluvium::config::Configuration;
    /// use alluvium_state_tests::executor::Environment;
    ///
    /// let resolved = Configuration::new()
    ///     .with_argument("parallelism.default=2")?
    ///     .resolve()?;
    /// let mut environment = Environment::new("configured");
    /// environment.configure(&resolved)?;
    /// # Ok::<(), alluvium::StateError>(())
    /// ```
    ///
    /// # Errors
    /// `Misuse` if this build lacks the backend.
    pub fn configure(&mut self, resolved: &Resolved) -> Result<&mut Self> {
        let backend = resolved.state_backend()?;
        self.set_state_backend(backend)
            .set_parallelism(resolved.parallelism)
            .set_checkpoint_options(resolved.checkpoints.clone())
            .set_store_options(resolved.store.clone())
            .set_storage_options(resolved.storage.clone())
            .set_max_raw_state(resolved.max_raw_state)
            .set_restart_strategy(resolved.restart)
            .set_cancellation_timeout(resolved.cancellation_timeout);
        if let Some(groups) = resolved.max_parallelism {
            self.set_max_parallelism(groups);
        }
        if let Some(directory) = &resolved.checkpoint_dir {
            self.set_checkpoint_dir(directory);
        }
        if let Some(directory) = &resolved.savepoint_dir {
            self.set_savepoint_dir(directory);
        }
        if let Some(directory) = &resolved.local_backup {
            self.set_local_backup_dir(directory);
        }
        let recovery = &resolved.recovery;
        if let Some(path) = &recovery.path {
            let options = RestoreOptions::default()
                .with_claim(recovery.claim)
                .with_allow_non_restored_state(recovery.ignore_unclaimed_state);
            self.restore_from(path, options);
        }
        if recovery.ignore_unclaimed_state {
            self.allow_unclaimed_state();
        }
        Ok(self)
    }
}
