//! Paths, compared.

use std::path::{Path, PathBuf};

/// The path with all links and dots resolved, as far as there is anything: what is not there yet stands
/// behind that as it was given.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => absolute,
    }
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
            ("new/../sub", "new/../sub"),
        ] {
            assert_eq!(resolved(&place.join(path)), place.join(expected), "{path}");
        }
    }
}
