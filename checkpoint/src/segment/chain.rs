//! Layers of a chain that later ones make superfluous.

use super::{SegmentInput, SegmentSource};
use alluvium_state_api::{Content, KeyGroup, SnapshotSource};
use std::collections::BTreeSet;

/// Hides what restore need not read of `layers`, a whole snapshot and the deltas upon it, oldest
/// first: sections of key groups and states, by name, that a later layer holds in full.
///
/// What the chain says stays the same; a group that was folded into its newest layer is read once.
pub fn hide_voided<I: SegmentInput>(layers: &mut [SegmentSource<I>]) {
    let mut whole: BTreeSet<(String, KeyGroup)> = BTreeSet::new();
    for layer in layers.iter_mut().rev() {
        let names: Vec<_> = layer
            .header()
            .states
            .iter()
            .map(|s| s.name.clone())
            .collect();
        let mut here = Vec::new();
        layer.retain(|section| {
            let Some(name) = names.get(section.state) else {
                return true;
            };
            let place = (name.clone(), section.group);
            let voided = whole.contains(&place);
            if section.content == Content::Full {
                here.push(place);
            }
            !voided
        });
        whole.extend(here);
    }
}
