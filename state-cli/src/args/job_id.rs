//! Job ids: they name folders.

const LONGEST: usize = 128;

/// Takes letters, digits, `-`, `_` and `.`, not at the start.
pub(super) fn parse(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > LONGEST || text.starts_with('.') || !text.chars().all(good) {
        return Err(format!(
            "a job id names a folder: 1 to {LONGEST} ASCII letters, digits, '-', '_' and '.', \
             which may not come first"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_stay_in_their_folder_pass() {
        for good in ["flights", "a", "7-x_y.z"] {
            assert_eq!(parse(good).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "a/b", "a b", "ä", &"x".repeat(129)] {
            parse(bad).unwrap_err();
        }
    }
}
