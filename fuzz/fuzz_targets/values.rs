#![no_main]

use alluvium_state_api::{Codec, NativeCodec, NativeData, decode_exact};
use alluvium_state_derive::StateData;
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

#[derive(Clone, StateData)]
struct Flight {
    number: u32,
    from: Option<String>,
    legs: Vec<(i64, Box<Leg>)>,
}

#[derive(Clone, StateData)]
enum Leg {
    Taxi,
    Air {
        feet: i16,
        passed: BTreeMap<String, Vec<u8>>,
    },
    Then(Box<Leg>, f32),
}

/// What is read can be written, and read again as the same.
fn check<V: NativeData>(bytes: &[u8]) {
    let Ok(value) = decode_exact::<V>(&NativeCodec, bytes) else {
        return;
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    NativeCodec
        .encode(&value, &mut first)
        .expect("what was read can be written");
    let again = decode_exact::<V>(&NativeCodec, &first).expect("what was written can be read");
    NativeCodec
        .encode(&again, &mut second)
        .expect("what was read can be written");
    assert_eq!(first, second);
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 16 {
        0 => check::<bool>(bytes),
        1 => check::<(u8, i16, u32, i64, u128)>(bytes),
        2 => check::<(f32, f64)>(bytes),
        3 => check::<char>(bytes),
        4 => check::<String>(bytes),
        5 => check::<Vec<u8>>(bytes),
        6 => check::<Vec<()>>(bytes),
        7 => check::<Vec<Option<Box<Vec<String>>>>>(bytes),
        8 => check::<BTreeSet<(String, Option<u16>)>>(bytes),
        9 => check::<BTreeMap<Vec<u8>, BTreeMap<i32, bool>>>(bytes),
        10 => check::<VecDeque<[Option<u8>; 3]>>(bytes),
        11 => check::<Duration>(bytes),
        12 => check::<Flight>(bytes),
        13 => check::<Leg>(bytes),
        14 => check::<Vec<Leg>>(bytes),
        _ => check::<Option<Option<Flight>>>(bytes),
    }
});
