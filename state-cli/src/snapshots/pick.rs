//! The states that an option means.

use alluvium::checkpoint::{OfflineOperator, OfflineSnapshot};
use alluvium::{Result, StateError};

/// `NAME`, or `OPERATOR/NAME`; all if there is none.
#[derive(Clone, Copy)]
pub(super) struct Pick<'a>(pub(super) Option<&'a str>);

impl Pick<'_> {
    /// Whether the state `name` of the operator `uid` is meant.
    pub(super) fn takes(self, uid: &str, name: &str) -> bool {
        self.0.is_none_or(|wanted| {
            wanted == name
                || wanted
                    .strip_suffix(name)
                    .and_then(|rest| rest.strip_suffix('/'))
                    .is_some_and(|operator| operator == uid)
        })
    }

    /// Checks that some state is meant.
    ///
    /// # Errors
    /// `Misuse` naming all there are.
    pub(super) fn check(self, snapshot: &OfflineSnapshot) -> Result<()> {
        let Some(wanted) = self.0 else { return Ok(()) };
        let mut all = Vec::new();
        for operator in snapshot.operators()? {
            for name in names(&operator) {
                if self.takes(operator.uid(), &name) {
                    return Ok(());
                }
                all.push(format!("'{}/{name}'", operator.uid()));
            }
        }
        let there = if all.is_empty() {
            "none".to_owned()
        } else {
            all.join(", ")
        };
        Err(StateError::misuse(format!(
            "the snapshot has no state '{wanted}'; it has {there}"
        )))
    }
}

fn names(operator: &OfflineOperator<'_>) -> Vec<String> {
    let keyed = operator.keyed_states().iter().map(|state| &state.name);
    let others = operator
        .operator_states()
        .iter()
        .map(|view| &view.meta.name);
    keyed.chain(others).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_named_with_or_without_their_operator() {
        assert!(Pick(None).takes("op", "state"));
        assert!(Pick(Some("state")).takes("op", "state"));
        assert!(Pick(Some("op/state")).takes("op", "state"));
        assert!(Pick(Some("a/b/c")).takes("a/b", "c"));
        for other in ["op", "op/", "xop/state", "other/state", "opstate", "/state"] {
            assert!(!Pick(Some(other)).takes("op", "state"), "{other}");
        }
    }
}
