//! Taking URLs apart.

use std::borrow::Cow;

use alluvium_state_api::{Result, StateError};
use percent_encoding::percent_decode_str;

const KNOWN: &str = "a path, 'file://', 'memory://', 's3://' and 'hdfs://'";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    File,
    Memory,
    S3,
    Hdfs,
}

impl Scheme {
    fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "file" => Some(Self::File),
            "memory" => Some(Self::Memory),
            "s3" | "s3a" => Some(Self::S3),
            "hdfs" => Some(Self::Hdfs),
            _ => None,
        }
    }

    /// The error for a kind that was left out of this program.
    #[cfg(not(all(feature = "s3", feature = "hdfs")))]
    pub(super) fn not_built_in(self) -> StateError {
        let (scheme, feature) = match self {
            Self::S3 => ("s3", "s3"),
            _ => ("hdfs", "hdfs"),
        };
        StateError::misuse(format!(
            "'{scheme}://' needs the cargo feature '{feature}', with which this program was not \
             built"
        ))
    }
}

/// A URL in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) scheme: Scheme,
    /// Bucket, name, or host and port; nothing for local paths.
    pub(super) authority: String,
    /// The local path; of other kinds the prefix, without slashes at its ends.
    pub(super) path: String,
}

impl Location {
    /// # Errors
    /// `Misuse`, naming the URL unless it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let Some((scheme, rest)) = url.split_once("://") else {
            return Self::local(url, url.to_owned());
        };
        let Some(scheme) = Scheme::of(scheme) else {
            return Err(StateError::misuse(format!(
                "'{scheme}://' is no kind of store that is known; known are {KNOWN}"
            )));
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(StateError::misuse(format!(
                "the URL of a store holds no credentials: say {scheme:?} access by store options \
                 or environment"
            )));
        }
        if scheme == Scheme::File {
            return Self::file(url, authority, path);
        }
        if authority.is_empty() {
            return Err(bad(url, "a name is missing after '://'"));
        }
        if rest.contains(['?', '#']) {
            return Err(bad(url, "options of a store do not stand in its URL"));
        }
        let path = path.trim_matches('/');
        if !path.is_empty() && crate::storage::check_path(path).is_err() {
            return Err(bad(url, "what follows the name is no path of plain names"));
        }
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
            path: path.to_owned(),
        })
    }

    fn file(url: &str, host: &str, path: &str) -> Result<Self> {
        if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
            return Err(bad(url, "a local path is written 'file:///path'"));
        }
        match percent_decode_str(path).decode_utf8() {
            Ok(path) => Self::local(url, Cow::into_owned(path)),
            Err(_) => Err(bad(url, "what it encodes is not UTF-8")),
        }
    }

    fn local(url: &str, path: String) -> Result<Self> {
        if path.is_empty() {
            return Err(bad(url, "a path is missing"));
        }
        Ok(Self {
            scheme: Scheme::File,
            authority: String::new(),
            path,
        })
    }
}

#[cold]
fn bad(url: &str, why: &str) -> StateError {
    StateError::misuse(format!("'{url}' is no URL of a store: {why}"))
}
