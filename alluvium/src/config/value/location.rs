//! Where checkpoints and savepoints are kept: a path, or a URL.

use super::{ConfigValue, sealed::Sealed};
use crate::config::mistake::quote;
use alluvium_state_api::StateError;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use url::Url;

/// The schemes of URLs, and the kinds of store that they mean.
const SCHEMES: [(&str, &str); 5] = [
    ("file", "file"),
    ("memory", "memory"),
    ("s3", "s3"),
    ("s3a", "s3"),
    ("hdfs", "hdfs"),
];

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
            let found = quote(&Self::shown(text));
            StateError::misuse(format!("expected {expected}, found {found}"))
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
            None => check_path(text)?,
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

    /// Without what may be a password.
    fn shown(text: &str) -> Cow<'_, str> {
        match text.split_once("://") {
            Some((scheme, rest)) => match rest.rsplit_once('@') {
                Some((_, rest)) => Cow::Owned(format!("{scheme}://…@{rest}")),
                None => Cow::Borrowed(text),
            },
            None => Cow::Borrowed(text),
        }
    }
}

/// What stands before `://`.
fn scheme_of(text: &str) -> Option<&str> {
    text.split_once("://").map(|(scheme, _)| scheme)
}

/// # Errors
/// If there is no `//` behind the colon of a scheme that we know: as a path it would surprise.
fn check_path(text: &str) -> Result<&'static str, String> {
    let known = |scheme: &str| {
        SCHEMES
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known.0))
    };
    match text.split_once(':') {
        Some((scheme, _)) if known(scheme) => Err(format!(
            "'//' behind '{scheme}:', or './' before it if it is a path"
        )),
        _ => Ok("file"),
    }
}

fn check_url(text: &str, scheme: &str) -> Result<&'static str, String> {
    let known = |known: &&(&str, &str)| scheme.eq_ignore_ascii_case(known.0);
    let (_, kind) = *SCHEMES.iter().find(known).ok_or_else(Location::expected)?;
    let url = Url::parse(text).map_err(|error| format!("a well-formed URL ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without user and password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without '?' and '#'".to_owned());
    }
    match kind {
        "file" if url.to_file_path().is_err() => {
            Err("a file URL with an absolute path and no host, as file:///data".to_owned())
        }
        "s3" | "memory" if url.host_str().is_none_or(str::is_empty) => Err(format!(
            "a name behind {scheme}://, as {scheme}://name/path"
        )),
        _ => Ok(kind),
    }
}
