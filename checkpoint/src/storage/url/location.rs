//! Where something is kept: a path, or a URL.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use ::url::Url;
use alluvium_state_api::{Result, StateError};

use super::scheme::{FILE, Scheme};
use crate::storage::{Storage, StorageOptions, check_path};

const EXPECTED: &str = "a path, or a URL that begins with file://, memory://, s3:// or hdfs://";

/// A directory, or a thing in one: a path of this machine, or a URL with the scheme `file`,
/// `memory`, `s3` (or `s3a`) or `hdfs`.
///
/// Whether it can be reached, and whether this build has what its scheme needs, shows when it is
/// [opened](Self::open).
///
/// ```
/// use alluvium_checkpoint::storage::Location;
/// use std::path::Path;
///
/// let local = Location::new("file:///data/checkpoints")?;
/// assert_eq!(local.local_path(), Some(Path::new("/data/checkpoints")));
/// assert_eq!(Location::new("./here")?.local_path(), Some(Path::new("./here")));
/// let remote = Location::new("s3://bucket/checkpoints")?;
/// assert_eq!((remote.scheme(), remote.local_path()), ("s3", None));
/// assert_eq!(remote.join("job").as_str(), "s3://bucket/checkpoints/job");
/// assert!(Location::new("gopher://checkpoints").is_err());
/// # Ok::<(), alluvium_checkpoint::StateError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location {
    /// As it is written.
    text: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Local(PathBuf),
    Remote(Remote),
}

/// A place in a store that is opened by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Remote {
    pub(super) scheme: Scheme,
    /// Bucket, name, or host and port; of HDFS nothing, if the default one is meant.
    pub(super) authority: String,
    /// Without slashes at its ends.
    pub(super) path: String,
}

impl Location {
    /// The place that `text` names.
    ///
    /// # Errors
    /// `Misuse` if `text` is empty, has a control character, or is a URL that is malformed, of
    /// another scheme, or with a user, a password, a query or a fragment. No message shows what may
    /// be a password.
    pub fn new(text: &str) -> Result<Self> {
        Self::parse(text).map_err(|expected| {
            let found = Self::shown(text);
            StateError::misuse(format!("expected {expected}, found '{found}'"))
        })
    }

    /// The place that `text` names, without white space at its ends.
    ///
    /// # Errors
    /// What was expected instead of `text`, as it stands behind "expected".
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text.contains(char::is_control) {
            return Err(EXPECTED.to_owned());
        }
        let place = match text.split_once("://") {
            None => Place::Local(local(text)?),
            Some((scheme, rest)) => url(text, scheme, rest)?,
        };
        Ok(Self {
            text: text.to_owned(),
            place,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `file`, `memory`, `s3` or `hdfs`; `file` for a path.
    pub const fn scheme(&self) -> &'static str {
        match &self.place {
            Place::Local(_) => FILE,
            Place::Remote(remote) => remote.scheme.name(),
        }
    }

    /// The path, if it is one of this machine.
    pub fn local_path(&self) -> Option<&Path> {
        match &self.place {
            Place::Local(path) => Some(path),
            Place::Remote(_) => None,
        }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// What is called `name` in it.
    pub fn join(&self, name: &str) -> Self {
        match &self.place {
            Place::Local(path) => path.join(name).into(),
            Place::Remote(remote) => {
                let mut inside = remote.clone();
                if !inside.path.is_empty() {
                    inside.path.push('/');
                }
                inside.path.push_str(name);
                inside.into()
            }
        }
    }

    /// What it lies in, and its name there; `None` for what lies in nothing, or has no name that
    /// is text.
    pub fn split(&self) -> Option<(Self, String)> {
        match &self.place {
            Place::Local(path) => {
                let name = path.file_name()?.to_str()?.to_owned();
                Some((path.parent()?.into(), name))
            }
            Place::Remote(remote) => {
                let (above, name) = match remote.path.rsplit_once('/') {
                    Some((above, name)) => (above, name),
                    None => ("", &*remote.path),
                };
                let around = Remote {
                    path: above.to_owned(),
                    ..remote.clone()
                };
                (!name.is_empty()).then(|| (around.into(), name.to_owned()))
            }
        }
    }

    /// The same from whatever directory it is looked at; nothing is looked for.
    ///
    /// # Errors
    /// `Misuse` if the system does not tell the current directory.
    pub fn absolute(&self) -> Result<Self> {
        match &self.place {
            Place::Local(path) => match std::path::absolute(path) {
                Ok(path) => Ok(path.into()),
                Err(error) => {
                    Err(StateError::misuse(format!("'{self}' is no path")).with_source(error))
                }
            },
            Place::Remote(_) => Ok(self.clone()),
        }
    }

    /// Whether it is `folder` or lies in it, by their names alone.
    pub fn is_in(&self, folder: &Self) -> bool {
        match (&self.place, &folder.place) {
            (Place::Local(path), Place::Local(folder)) => path.starts_with(folder),
            (Place::Remote(inner), Place::Remote(outer)) => {
                let same = (inner.scheme, &inner.authority) == (outer.scheme, &outer.authority);
                let below = inner.path.strip_prefix(&*outer.path);
                same && below.is_some_and(|rest| {
                    rest.is_empty() || outer.path.is_empty() || rest.starts_with('/')
                })
            }
            _ => false,
        }
    }

    /// Opens it as a store; see [`open_storage`](super::open_storage).
    ///
    /// # Errors
    /// As [`open_storage`](super::open_storage).
    pub fn open(&self, options: &StorageOptions) -> Result<Arc<dyn Storage>> {
        super::open_location(self, options)
    }

    /// `text`, which is no location perhaps, without what may be a password.
    pub fn shown(text: &str) -> Cow<'_, str> {
        match text.split_once("://") {
            Some((scheme, rest)) => match rest.rsplit_once('@') {
                Some((_, rest)) => Cow::Owned(format!("{scheme}://…@{rest}")),
                None => Cow::Borrowed(text),
            },
            None => Cow::Borrowed(text),
        }
    }
}

/// # Errors
/// If there is no `//` behind the colon of a scheme that is known: as a path it would surprise.
fn local(text: &str) -> Result<PathBuf, String> {
    match text.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case(FILE) || Scheme::of(scheme).is_some() => {
            Err(format!(
                "'//' behind '{scheme}:', or './' before it if it is a path"
            ))
        }
        _ => Ok(text.into()),
    }
}

fn url(text: &str, scheme: &str, rest: &str) -> Result<Place, String> {
    let kind = Scheme::of(scheme);
    if kind.is_none() && !scheme.eq_ignore_ascii_case(FILE) {
        return Err(EXPECTED.to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("a well-formed URL ({error})"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL without user and password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("a URL without '?' and '#'".to_owned());
    }
    let Some(kind) = kind else {
        let path = url.to_file_path().ok().filter(|_| !rest.is_empty());
        return path.map(Place::Local).ok_or_else(|| {
            "a file URL with an absolute path and no host, as file:///data".to_owned()
        });
    };
    // What the parser makes of them is for hosts and browsers: names of objects stay as they are.
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if authority.is_empty() && kind != Scheme::Hdfs {
        return Err(format!(
            "a name behind {scheme}://, as {scheme}://name/path"
        ));
    }
    let path = path.trim_matches('/');
    if !path.is_empty() && check_path(path).is_err() {
        return Err("a URL with a path of plain names, none of them empty, '.' or '..'".to_owned());
    }
    Ok(Place::Remote(Remote {
        scheme: kind,
        authority: authority.to_owned(),
        path: path.to_owned(),
    }))
}

impl Remote {
    /// The URL.
    pub(super) fn url(&self) -> String {
        let (scheme, authority) = (self.scheme.name(), &self.authority);
        format!("{scheme}://{authority}/{}", self.path)
    }
}

impl From<Remote> for Location {
    fn from(remote: Remote) -> Self {
        Self {
            text: remote.url(),
            place: Place::Remote(remote),
        }
    }
}

/// A path of this machine, whatever it looks like.
impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self {
            text: path.display().to_string(),
            place: Place::Local(path),
        }
    }
}

/// A path of this machine, whatever it looks like.
impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        path.to_owned().into()
    }
}

/// A path of this machine, whatever it looks like.
impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        path.clone().into()
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl TryFrom<&str> for Location {
    type Error = StateError;

    fn try_from(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<String> for Location {
    type Error = StateError;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

impl FromStr for Location {
    type Err = StateError;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Location").field(&self.text).finish()
    }
}
