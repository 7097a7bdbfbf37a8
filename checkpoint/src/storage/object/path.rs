//! Names of objects: as the store sees them, and as we do.

use std::borrow::Cow;

use alluvium_state_api::Result;
use object_store::path::{Path, PathPart};
use percent_encoding::percent_decode_str;

use crate::storage::{check_folder, check_path};

/// Where objects are found: a prefix, and below it our paths. Characters that stores do not take
/// are percent-encoded.
#[derive(Clone, Debug)]
pub(super) struct Places(Path);

impl Places {
    /// # Errors
    /// `Misuse` if the prefix, unless empty, is no path.
    pub(super) fn below(prefix: &str) -> Result<Self> {
        let prefix = prefix.trim_matches('/');
        if !prefix.is_empty() {
            check_path(prefix)?;
        }
        let names = prefix.split('/').filter(|name| !name.is_empty());
        Ok(Self(names.collect()))
    }

    /// # Errors
    /// `Misuse` if it is no path.
    pub(super) fn place(&self, path: &str) -> Result<Path> {
        check_path(path)?;
        Ok(self.inside(path))
    }

    /// # Errors
    /// `Misuse` if it is neither a path nor empty.
    pub(super) fn folder(&self, path: &str) -> Result<Path> {
        check_folder(path)?;
        Ok(self.inside(path))
    }

    fn inside(&self, path: &str) -> Path {
        let mut place = self.0.clone();
        let names = path.split('/').filter(|name| !name.is_empty());
        place.extend(names.map(PathPart::from));
        place
    }
}

/// The last name of a place, as it was given.
pub(super) fn last_name(place: &Path) -> Option<String> {
    let encoded = place.filename()?;
    percent_decode_str(encoded)
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_given() {
        let places = Places::below("/some/prefix/").unwrap();
        for name in [
            "a",
            "_metadata",
            "a b",
            "50%",
            "ü",
            "a#?*{}~^",
            "%2F",
            "a.b-c",
        ] {
            let place = places.place(&format!("job/{name}")).unwrap();
            assert!(place.as_ref().starts_with("some/prefix/job/"), "{place}");
            assert_eq!(last_name(&place).unwrap(), name);
        }
    }

    #[test]
    fn a_prefix_is_a_path_or_empty() {
        assert_eq!(Places::below("").unwrap().place("a").unwrap().as_ref(), "a");
        Places::below("a/../b").unwrap_err();
        Places::below("a//b").unwrap_err();
    }
}
