//! Floats that JSON has no numbers for, and those of 32 bits.

use crate::key::{TotalF32, TotalF64};
use serde_json::{Number, Value};

pub(super) fn of_f64(float: f64) -> Value {
    match Number::from_f64(float) {
        Some(number) => Value::Number(number),
        None => Value::String(special(
            float,
            f64::NAN.to_bits() == float.to_bits(),
            float.to_bits(),
        )),
    }
}

pub(super) fn of_f32(float: f32) -> Value {
    if !float.is_finite() {
        let plain = f32::NAN.to_bits() == float.to_bits();
        return Value::String(special(float.into(), plain, float.to_bits().into()));
    }
    // The digits that people expect, unless rounding twice would lose the last bit.
    let shortest = float.to_string().parse::<f64>().ok();
    let exact = shortest.filter(|wide| (*wide as f32).to_bits() == float.to_bits());
    of_f64(exact.unwrap_or(f64::from(float)))
}

fn special(float: f64, plain_nan: bool, bits: u64) -> String {
    if !float.is_nan() {
        return float.to_string();
    }
    if plain_nan {
        "NaN".into()
    } else {
        format!("NaN({bits:#x})")
    }
}

/// The float that text stands for.
pub(in crate::dynamic) fn parse_f64(text: &str) -> Option<TotalF64> {
    match nan_bits(text) {
        Some(bits) => Some(f64::from_bits(bits)).filter(|float| float.is_nan()),
        None => text.parse().ok(),
    }
    .map(TotalF64)
}

/// The float that text stands for.
pub(in crate::dynamic) fn parse_f32(text: &str) -> Option<TotalF32> {
    match nan_bits(text) {
        Some(bits) => {
            let float = f32::from_bits(u32::try_from(bits).ok()?);
            Some(float).filter(|float| float.is_nan())
        }
        None => text.parse().ok(),
    }
    .map(TotalF32)
}

fn nan_bits(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("NaN(0x")?.strip_suffix(')')?;
    u64::from_str_radix(digits, 16).ok()
}
