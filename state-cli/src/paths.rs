//! Paths, compared.

use std::path::{Component, Path, PathBuf};

/// The path with all links and dots resolved, as far as there is anything; what is not there yet stands
/// behind that, and has no links.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let (Some(parent), Some(last)) = (absolute.parent(), absolute.components().next_back()) else {
        return absolute;
    };
    let mut place = resolved(parent);
    if last == Component::ParentDir {
        place.pop();
    } else {
        place.push(last);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn what_is_there_is_resolved_and_the_rest_kept() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().canonicalize().unwrap();
        std::fs::create_dir(place.join("sub")).unwrap();
        std::os::unix::fs::symlink(place.join("sub"), place.join("link")).unwrap();
        for (path, expected) in [
            ("sub/../new/x", "new/x"),
            ("link/new", "sub/new"),
            ("sub", "sub"),
            ("new/../sub", "sub"),
            ("new/../link/../other", "other"),
        ] {
            assert_eq!(resolved(&place.join(path)), place.join(expected), "{path}");
        }
    }
}
