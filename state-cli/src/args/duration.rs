//! Durations as people write them.

use std::time::Duration;

/// The units, with their length in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads a whole number and its unit, as `50ms`, `1s` or `10 min`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    if number.is_empty() {
        return Err(format!(
            "'{text}' does not begin with a whole number: write 50ms, 1s or 10 min"
        ));
    }
    if unit.is_empty() {
        return Err(format!(
            "'{text}' has no unit: write {text}s or {text}min, or give milliseconds as 50ms"
        ));
    }
    let Some((_, millis)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("'{unit}' is not a unit: use ms, s, min, h or d"));
    };
    let millis = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*millis))
        .ok_or_else(|| format!("'{text}' is longer than a duration can be"))?;
    Ok(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units_are_durations() {
        assert_eq!(parse("50ms"), Ok(Duration::from_millis(50)));
        assert_eq!(parse("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(parse("10 min"), Ok(Duration::from_mins(10)));
        assert_eq!(parse(" 2 h "), Ok(Duration::from_hours(2)));
    }

    #[test]
    fn anything_else_says_what_is_wrong() {
        for (text, told) in [
            ("5", "'5' has no unit: write 5s or 5min"),
            ("", "does not begin with a whole number"),
            ("ms", "does not begin with a whole number"),
            ("-1s", "does not begin with a whole number"),
            ("1.5s", "'.5s' is not a unit"),
            ("3 weeks", "'weeks' is not a unit"),
            ("999999999999999999d", "longer than a duration can be"),
            ("99999999999999999999s", "longer than a duration can be"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
