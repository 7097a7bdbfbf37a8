//! Numbers with units.

/// A unit: how it is written, in lower case, and how much it is.
pub(super) struct Unit {
    pub(super) labels: &'static [&'static str],
    pub(super) factor: u128,
}

/// Reads a whole number and its unit, which may be left out, in letters of any case. `None` if it
/// is anything else, or more than can be counted.
pub(super) fn parse(text: &str, units: &[Unit], bare: u128) -> Option<u128> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, label) = text.split_at_checked(end)?;
    let number = number.parse::<u128>().ok()?;
    let label = label.trim_start().to_lowercase();
    let factor = if label.is_empty() {
        bare
    } else {
        let unit = units.iter().find(|u| u.labels.contains(&label.as_str()))?;
        unit.factor
    };
    number.checked_mul(factor)
}

/// Prints `amount` in the greatest unit of which it is a multiple. `units` descend, and each
/// prints under the label that `label` picks.
pub(super) fn print(amount: u128, units: &[Unit], label: impl Fn(&Unit) -> &'static str) -> String {
    let fits = |unit: &&Unit| amount > 0 && amount.is_multiple_of(unit.factor);
    match units.iter().find(fits) {
        Some(unit) => format!("{} {}", amount / unit.factor, label(unit)),
        None => amount.to_string(),
    }
}
