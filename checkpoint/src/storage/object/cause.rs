//! Causes, fit to be shown.

use std::error::Error;
use std::fmt;

/// What a store says of the request that it refused; may repeat signed headers.
const UNSPEAKABLE: [&str; 4] = [
    "CanonicalRequest",
    "CanonicalRequestBytes",
    "StringToSign",
    "StringToSignBytes",
];

const HIDDEN: &str = "…";

/// The causes of a failure as one text, without secrets.
#[derive(Debug)]
pub(super) struct Cause(String);

impl Cause {
    pub(super) fn of(error: &dyn Error, secrets: &[String]) -> Self {
        let mut text = error.to_string();
        let mut below = error.source();
        while let Some(error) = below {
            let more = error.to_string();
            // Most layers repeat what is below them.
            if !text.contains(&more) {
                text.push_str(": ");
                text.push_str(&more);
            }
            below = error.source();
        }
        for secret in secrets {
            text = text.replace(secret.as_str(), HIDDEN);
        }
        for element in UNSPEAKABLE {
            text = without(&text, element);
        }
        Self(text)
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.0.contains(text)
    }
}

/// `text` without the contents of an XML element.
fn without(text: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let Some((before, rest)) = text.split_once(&open) else {
        return text.to_owned();
    };
    let after = rest.split_once(&close).map_or("", |(_, after)| after);
    format!("{before}{open}{HIDDEN}{close}{after}")
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

#[cfg(test)]
mod tests {
    use alluvium_state_api::StateError;

    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let body = "<Code>SignatureDoesNotMatch</Code><CanonicalRequest>x-amz-security-token:T0K3N\
                    </CanonicalRequest> for hunter2 <StringToSign>T0K3N";
        let low = std::io::Error::other(body);
        let error = StateError::storage("refused").with_source(low);
        let cause = Cause::of(&error, &["hunter2".to_owned()]).to_string();
        assert!(cause.contains("SignatureDoesNotMatch"), "{cause}");
        assert!(
            !cause.contains("T0K3N") && !cause.contains("hunter2"),
            "{cause}"
        );
    }

    #[test]
    fn what_is_below_is_told_once() {
        let low = std::io::Error::other("disk on fire");
        let error = StateError::storage("refused").with_source(low);
        let cause = Cause::of(&error, &[]).to_string();
        assert_eq!(cause, "refused: disk on fire");
    }
}
