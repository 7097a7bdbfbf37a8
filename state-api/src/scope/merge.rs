//! Merging namespaces: which sources count.

use crate::key::OrderedKey;
use std::collections::BTreeSet;

/// The sources that count: not the target, and each once, in the order given.
pub(super) fn distinct<'n, N: OrderedKey>(target: &'n N, sources: &'n [N]) -> Vec<&'n N> {
    let mut seen = BTreeSet::from([target]);
    sources
        .iter()
        .filter(|source| seen.insert(source))
        .collect()
}
