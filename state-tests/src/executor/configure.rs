//! A job set up by a configuration.

use super::Environment;
use alluvium::config::{ConfigOption, Location, Resolved, options};
use alluvium::{Result, StateError};
use std::path::PathBuf;

impl Environment {
    /// Sets what a configuration says: backend, parallelism, checkpoints and where they are kept,
    /// restarts. What is set later wins.
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
    /// `Misuse` if this build lacks the backend, or checkpoints or savepoints are to be kept
    /// anywhere but in a local directory.
    pub fn configure(&mut self, resolved: &Resolved) -> Result<&mut Self> {
        let backend = resolved.state_backend()?;
        let directory = |option: &ConfigOption<_>, location: &Option<Location>| {
            let location = location.as_ref();
            location.map(|it| local(option.key(), it)).transpose()
        };
        let checkpoints = directory(&options::CHECKPOINT_DIR, &resolved.checkpoint_dir)?;
        let savepoints = directory(&options::SAVEPOINT_DIR, &resolved.savepoint_dir)?;
        if resolved.local_backup {
            tracing::warn!(
                "'{}' has no effect: the tasks of this executor share one machine and one store",
                options::LOCAL_BACKUP.key()
            );
        }
        self.set_state_backend(backend)
            .set_parallelism(resolved.parallelism)
            .set_checkpoint_options(resolved.checkpoints.clone())
            .set_store_options(resolved.store.clone())
            .set_restart_strategy(resolved.restart);
        if let Some(groups) = resolved.max_parallelism {
            self.set_max_parallelism(groups);
        }
        if let Some(directory) = checkpoints {
            self.set_checkpoint_dir(directory);
        }
        if let Some(directory) = savepoints {
            self.set_savepoint_dir(directory);
        }
        Ok(self)
    }
}

fn local(option: &str, location: &Location) -> Result<PathBuf> {
    location.local_path().ok_or_else(|| {
        StateError::misuse(format!(
            "'{option}': expected a local directory, found '{location}'"
        ))
    })
}
