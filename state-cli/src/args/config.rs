//! Where configuration comes from.

use alluvium::Result;
use alluvium::checkpoint::OfflineOptions;
use alluvium::checkpoint::storage::StorageOptions;
use alluvium::config::Configuration;
use clap::Args;
use std::path::{Path, PathBuf};
use tracing::subscriber::{NoSubscriber, with_default};

/// How snapshots are read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// How stores are reached.
    pub(crate) storage: StorageOptions,
    /// How much of them is read.
    pub(crate) options: OfflineOptions,
}

impl Reading {
    /// As a configuration says.
    ///
    /// # Errors
    /// As [`Configuration::storage_options`].
    pub(crate) fn of(configuration: &Configuration) -> Result<Self> {
        Ok(Self {
            storage: configuration.storage_options()?,
            options: configuration.offline_options(),
        })
    }
}

/// Where options come from, of jobs and of the stores that commands look into.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArgs {
    /// Reads options from a YAML file [default: alluvium.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Sets an option by its name; wins over the file, and other options of the command line over
    /// it
    #[arg(short = 'D', value_name = "KEY=VALUE")]
    define: Vec<String>,
}

impl ConfigArgs {
    /// How snapshots are read, as the file and `-D` say.
    ///
    /// # Errors
    /// As [`read`](Self::read) and [`Configuration::storage_options`].
    pub(crate) fn reading(&self) -> Result<Reading> {
        Reading::of(&self.read()?)
    }

    /// What the file and `-D` say.
    ///
    /// # Errors
    /// As [`Configuration::with_file`] and [`Configuration::with_argument`].
    pub(crate) fn read(&self) -> Result<Configuration> {
        let usual = Path::new(Configuration::FILE_NAME);
        let file = match &self.config {
            Some(file) => Some(file.as_path()),
            None => usual.exists().then_some(usual),
        };
        let configuration = match file {
            Some(file) => Configuration::new().with_file(file)?,
            None => Configuration::new(),
        };
        self.define(configuration)
    }

    /// What `-D` says alone, which is a matter of the command line. Warnings are left to
    /// [`read`](Self::read).
    ///
    /// # Errors
    /// As [`Configuration::with_argument`].
    pub(crate) fn defined(&self) -> Result<Configuration> {
        with_default(NoSubscriber::new(), || self.define(Configuration::new()))
    }

    fn define(&self, configuration: Configuration) -> Result<Configuration> {
        let mut arguments = self.define.iter();
        arguments.try_fold(configuration, |all, one| all.with_argument(one))
    }
}
