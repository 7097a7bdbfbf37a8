//! The nearest known key.

use super::definition::OptionDefinition;
use super::mistake::quote;
use super::options;
use super::origin::Origin;

/// Longer keys are compared by their beginning only: no option has a longer name.
const LONGEST_KEY: usize = 200;

/// What is said of a key that no option has.
pub(super) fn unknown(key: &str, origin: &Origin) -> String {
    let quoted = quote(key);
    match nearest(key) {
        Some(nearest) => {
            format!("unknown key {quoted} {origin}: the nearest known key is '{nearest}'")
        }
        None => format!("unknown key {quoted} {origin}"),
    }
}

/// The option that `key` may mean: one whose name ends with it, else the one that the fewest
/// changes lead to.
fn nearest(key: &str) -> Option<&'static str> {
    let key: String = key
        .chars()
        .take(LONGEST_KEY)
        .collect::<String>()
        .to_lowercase();
    let end = format!(".{key}");
    let ends = options::all()
        .map(OptionDefinition::key)
        .find(|known| known.ends_with(&end));
    ends.or_else(|| {
        let names = options::all().flat_map(|option| {
            let names = std::iter::once(option.key()).chain(option.older_keys().iter().copied());
            names.map(|name| (name, option.key()))
        });
        names
            .min_by_key(|(name, _)| strsim::damerau_levenshtein(&key, name))
            .map(|(_, key)| key)
    })
}
