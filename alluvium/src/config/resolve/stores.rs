//! How stores are reached.

use crate::config::mistake::Mistakes;
use crate::config::{ConfigOption, ConfigValue, Configuration, Secret, options};
use alluvium_checkpoint::storage::StorageOptions;
use alluvium_state_api::Result;
use std::path::PathBuf;

/// Where local copies lie unless told otherwise, in the temporary directory.
const USUAL_LOCAL_BACKUP: &str = "alluvium-local-backup";

impl Configuration {
    /// How stores of checkpoints and savepoints are reached: what `storage.…` says. For whoever
    /// opens one without running a job; [`resolve`](Self::resolve) has the same.
    ///
    /// # Errors
    /// `Misuse` with every contradiction among them: values that do not go together, with where
    /// each came from.
    pub fn storage_options(&self) -> Result<StorageOptions> {
        let mut mistakes = Mistakes::default();
        self.check_stores(&mut mistakes);
        mistakes.check()?;
        Ok(self.stores())
    }

    pub(super) fn check_stores(&self, mistakes: &mut Mistakes) {
        mistakes.keep(self.check_back_off());
        mistakes.keep(self.check_credentials());
    }

    pub(super) fn stores(&self) -> StorageOptions {
        let mut set = StorageOptions::new()
            .with_part_size(
                usize::try_from(self.get(&options::PART_SIZE).as_bytes()).unwrap_or(usize::MAX),
            )
            .with_parallelism(self.get(&options::STORAGE_PARALLELISM) as usize)
            .with_threads(self.get(&options::STORAGE_THREADS) as usize)
            .with_request_timeout(self.get(&options::REQUEST_TIMEOUT))
            .with_deadline(self.get(&options::STORAGE_DEADLINE))
            .with_back_off(
                self.get(&options::INITIAL_BACK_OFF),
                self.get(&options::MAX_BACK_OFF),
            )
            .with_probe(self.get(&options::STORAGE_PROBE));
        let text = |value: Option<bool>| value.map(|value| value.to_string());
        let secret = |value: Option<Secret>| value.map(|value| value.reveal().to_owned());
        // As the store names them; of other kinds of store none has one of these.
        let of_s3 = [
            ("aws_endpoint", self.get(&options::S3_ENDPOINT)),
            ("aws_region", self.get(&options::S3_REGION)),
            ("aws_access_key_id", self.get(&options::S3_ACCESS_KEY_ID)),
            (
                "aws_secret_access_key",
                secret(self.get(&options::S3_SECRET_ACCESS_KEY)),
            ),
            (
                "aws_session_token",
                secret(self.get(&options::S3_SESSION_TOKEN)),
            ),
            ("aws_allow_http", text(self.get(&options::S3_ALLOW_HTTP))),
            (
                "aws_virtual_hosted_style_request",
                text(self.get(&options::S3_VIRTUAL_HOSTED_STYLE)),
            ),
        ];
        for (key, value) in of_s3 {
            if let Some(value) = value {
                set = set.with_store_option(key, value);
            }
        }
        set
    }

    fn check_back_off(&self) -> Result<(), String> {
        let (first, longest) = (&options::INITIAL_BACK_OFF, &options::MAX_BACK_OFF);
        if self.get(first) > self.get(longest) {
            return Err(format!(
                "{} is above {}",
                self.told(first),
                self.told(longest)
            ));
        }
        Ok(())
    }

    fn check_credentials(&self) -> Result<(), String> {
        let (id, secret) = (&options::S3_ACCESS_KEY_ID, &options::S3_SECRET_ACCESS_KEY);
        self.needs(id, secret)?;
        self.needs(secret, id)?;
        self.needs(&options::S3_SESSION_TOKEN, id)
    }

    /// If `option` is set, `other` must be.
    fn needs<A: ConfigValue, B: ConfigValue>(
        &self,
        option: &ConfigOption<Option<A>>,
        other: &ConfigOption<Option<B>>,
    ) -> Result<(), String> {
        if self.get(option).is_none() || self.get(other).is_some() {
            return Ok(());
        }
        let (told, other) = (self.told(option), other.key());
        Err(format!("{told} needs '{other}', which is not set"))
    }

    /// Where copies of the latest checkpoint lie, if there are any.
    pub(super) fn local_backup(&self) -> Result<Option<PathBuf>, String> {
        if !self.get(&options::LOCAL_BACKUP) {
            return Ok(None);
        }
        let directory = &options::LOCAL_BACKUP_DIR;
        let Some(given) = self.get(directory) else {
            return Ok(Some(std::env::temp_dir().join(USUAL_LOCAL_BACKUP)));
        };
        match given.local_path() {
            Some(path) => Ok(Some(path.to_owned())),
            None => Err(format!("{} is no local directory", self.told(directory))),
        }
    }
}
