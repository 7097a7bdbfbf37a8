#![no_main]

use alluvium_state_api::{OrderedKey, TotalF64, decode_key_exact};
use alluvium_state_derive::{OrderedKey, StateData};
use libfuzzer_sys::fuzz_target;
use std::fmt::Debug;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
struct Route {
    carrier: String,
    from: Option<[u8; 3]>,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, StateData, OrderedKey)]
enum Kind {
    Direct,
    Via(Vec<String>),
    Chartered { by: Vec<Kind>, on: i64 },
}

/// A key has one encoding, which sorts as the keys do.
fn check<K: OrderedKey + Debug>(bytes: &[u8]) {
    let middle = bytes.len() / 2;
    let (first, second) = bytes.split_at(middle);
    let decode = |bytes: &[u8]| {
        let mut rest = bytes;
        let key = K::decode_key(&mut rest).ok()?;
        let taken = &bytes[..bytes.len() - rest.len()];
        let mut again = Vec::new();
        key.encode_key(&mut again);
        assert_eq!(again, taken, "{key:?}");
        assert!(decode_key_exact::<K>(taken).is_ok_and(|same| same == key));
        Some((key, again))
    };
    if let (Some((a, a_bytes)), Some((b, b_bytes))) = (decode(first), decode(second)) {
        assert_eq!(a.cmp(&b), a_bytes.cmp(&b_bytes), "{a:?} {b:?}");
        assert!(a == b || !a_bytes.starts_with(&b_bytes), "{a:?} {b:?}");
        assert!(a != b || a.key_hash() == b.key_hash());
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    match which % 12 {
        0 => check::<(u8, i16, u32)>(bytes),
        1 => check::<(i64, u128)>(bytes),
        2 => check::<bool>(bytes),
        3 => check::<char>(bytes),
        4 => check::<String>(bytes),
        5 => check::<Vec<u8>>(bytes),
        6 => check::<Vec<String>>(bytes),
        7 => check::<Option<Vec<Vec<u8>>>>(bytes),
        8 => check::<(TotalF64, String)>(bytes),
        9 => check::<Duration>(bytes),
        10 => check::<Route>(bytes),
        _ => check::<Vec<Kind>>(bytes),
    }
});
