//! Where checkpoints and savepoints are kept: a path, or a URL.

use super::{ConfigValue, sealed::Sealed};
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// The schemes of URLs.
const SCHEMES: [&str; 4] = ["file", "memory", "s3", "hdfs"];

/// A directory: a path of this machine, or a URL with the scheme `file`, `memory`, `s3` or `hdfs`.
///
/// Whether it can be reached, and whether this build has what its scheme needs, shows when it is
/// opened.
///
/// ```
/// use alluvium::config::Location;
/// use std::path::Path;
///
/// let local = Location::new("file:///data/checkpoints")?;
/// assert_eq!(local.local_path().as_deref(), Some(Path::new("/data/checkpoints")));
/// assert_eq!(Location::new("./here")?.local_path().as_deref(), Some(Path::new("./here")));
/// assert_eq!(Location::new("s3://bucket/checkpoints")?.scheme(), "s3");
/// assert!(Location::new("gopher://checkpoints").is_err());
/// # Ok::<(), alluvium::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    text: String,
    scheme: &'static str,
}

impl Location {
    /// The directory that `text` names.
    ///
    /// # Errors
    /// `Misuse` if `text` is empty, has a control character, or is a URL that is malformed, of
    /// another scheme, or with a user, a password, a query or a fragment.
    pub fn new(text: &str) -> alluvium_state_api::Result<Self> {
        Self::parse(text).map_err(|expected| {
            alluvium_state_api::StateError::misuse(format!("expected {expected}, found '{text}'"))
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `file`, `memory`, `s3` or `hdfs`; `file` for a path.
    pub const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The path, if it is one of this machine.
    pub fn local_path(&self) -> Option<PathBuf> {
        if self.scheme != "file" {
            return None;
        }
        match scheme_of(&self.text) {
            Some(_) => Url::parse(&self.text).ok()?.to_file_path().ok(),
            None => Some(PathBuf::from(&self.text)),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Sealed for Location {}

impl ConfigValue for Location {
    fn kind() -> String {
        "path or URL".to_owned()
    }

    fn expected() -> String {
        "a path, or a URL that begins with file://, memory://, s3:// or hdfs://".to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(Self::expected());
        }
        let scheme = match scheme_of(text) {
            None => "file",
            Some(scheme) => check_url(text, scheme)?,
        };
        Ok(Self {
            text: text.to_owned(),
            scheme,
        })
    }

    fn print(&self) -> String {
        self.text.clone()
    }
}

/// What stands before `://`, or before the colon if it is a scheme that we know: `file:/data` is a
/// URL too, `a:b` a path.
fn scheme_of(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    let known = SCHEMES
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    (known || rest.starts_with("//")).then_some(scheme)
}

fn check_url(text: &str, scheme: &str) -> Result<&'static str, String> {
    let known = SCHEMES
        .iter()
        .find(|known| scheme.eq_ignore_ascii_case(known));
    let scheme = *known.ok_or_else(Location::expected)?;
    let url = Url::parse(text).map_err(|error| format!("a well-formed URL ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without user and password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without '?' and '#'".to_owned());
    }
    match scheme {
        "file" if url.to_file_path().is_err() => {
            Err("a file URL with an absolute path and no host, as file:///data".to_owned())
        }
        "s3" if url.host_str().is_none_or(str::is_empty) => {
            Err("an S3 URL with a bucket, as s3://bucket/path".to_owned())
        }
        _ => Ok(scheme),
    }
}
