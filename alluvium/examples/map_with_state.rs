//! State without a function of its own: `map_with_state`, `filter_with_state` and
//! `flat_map_with_state` hand the state of the record's key in and take it back, as an `Option`.

use alluvium::Result;
use alluvium_state_tests::executor::Environment;
use std::fmt::Debug;

const INPUT: [(i32, i64); 6] = [(2, 21), (4, 1), (5, 4), (2, 3), (4, 6), (2, 7)];

pub(crate) fn run() -> Result<Vec<String>> {
    let environment = Environment::new("map-with-state");
    let keyed = environment.from_collection(INPUT).key_by(|record| record.0);

    // Each key with the sum of its values before this record.
    let sums_before = keyed
        .map_with_state(|(key, value), sum: Option<i64>| {
            let before = sum.unwrap_or(0);
            ((key, before), Some(before + value))
        })
        .collect();

    // The records that are greater than all of their key before.
    let records = keyed
        .filter_with_state(|(_, value), greatest: Option<i64>| {
            let is_greater = greatest.is_none_or(|greatest| *value > greatest);
            let kept = greatest.map_or(*value, |greatest| greatest.max(*value));
            (is_greater, Some(kept))
        })
        .collect();

    // The values of a key in pairs. `None` clears the state.
    let pairs = keyed
        .flat_map_with_state(|(key, value), first: Option<i64>| match first {
            None => (None, Some(value)),
            Some(first) => (Some((key, (first, value))), None),
        })
        .collect();

    environment.execute()?;
    let mut lines = Vec::new();
    append(&mut lines, "sum before", sums_before.take());
    append(&mut lines, "greater", records.take());
    append(&mut lines, "pair", pairs.take());
    Ok(lines)
}

fn append<V: Debug>(lines: &mut Vec<String>, what: &str, records: Vec<(i32, V)>) {
    let records = records.into_iter();
    lines.extend(records.map(|(key, value)| format!("{what} of {key}: {value:?}")));
}

fn main() -> Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}
