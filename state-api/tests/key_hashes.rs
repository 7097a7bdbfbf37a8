//! Key hashes and where they land: fixed forever. The figures come from Flink 2.3 and JDK 17.

#![forbid(unsafe_code)]

use alluvium_state_api::{KeyGroup, MaxParallelism, OrderedKey, TotalF32, TotalF64, murmur3_32};
use proptest::prelude::*;
use std::net::Ipv4Addr;
use std::sync::Arc;

fn group(key: &impl OrderedKey) -> KeyGroup {
    MaxParallelism::default().group_of(key.key_hash())
}

#[test]
fn keys_land_in_flinks_groups() {
    for (key, expected) in [("a", 81), ("b", 22), ("hello", 35), ("", 94)] {
        assert_eq!(group(&key.to_owned()), KeyGroup(expected), "{key}");
    }
    assert_eq!(group(&1i64), KeyGroup(86));
    assert_eq!(group(&1_234_567_890_123i64), KeyGroup(92));
    assert_eq!(group(&TotalF64(1.5)), KeyGroup(65));
    assert_eq!(group(&true), KeyGroup(77));
    assert_eq!(group(&'c'), KeyGroup(62));
}

#[test]
fn strings_hash_as_in_java() {
    for (text, hash) in [
        ("", 0),
        ("a", 97),
        ("ab", 3105),
        ("abc", 96354),
        ("abcd", 2_987_074),
        ("abcde", 92_599_395),
        ("hello", 99_162_322),
        ("key group", 834_610_558),
        ("The quick brown fox jumps over the lazy dog", -609_428_141),
        ("polygenelubricants", i32::MIN),
        ("\u{0}", 0),
        ("a\u{0}b", 93315),
        ("\u{7f}", 127),
        ("\u{80}", 128),
        ("é", 233),
        ("straße", -891_990_090),
        ("Жук", 1_040_109),
        ("日本語", 25_921_943),
        ("\u{ffff}", 65535),
        ("\u{10000}", 1_770_496),
        ("\u{10ffff}", 1_803_232),
        ("😀", 1_772_899),
        ("a😀b", 57_849_694),
    ] {
        assert_eq!(text.to_owned().key_hash(), hash, "{text}");
        assert_eq!(Arc::<str>::from(text).key_hash(), hash, "{text}");
        assert_eq!(Box::<str>::from(text).key_hash(), hash, "{text}");
    }
    let long: String = ('a'..='z').cycle().take(1000).collect();
    assert_eq!(long.key_hash(), -1_663_881_804);
}

#[test]
fn integers_hash_as_in_java() {
    for (value, hash) in [
        (0, 0),
        (1, 1),
        (-1, 0),
        (1_234_567_890_123, 1_912_276_436),
        (i64::MAX, i32::MIN),
        (i64::MIN, i32::MIN),
        (4_294_967_296, 1),
        (-4_294_967_297, 1),
    ] {
        assert_eq!(value.key_hash(), hash, "{value}");
        assert_eq!((value as u64).key_hash(), hash, "{value}");
    }
    assert_eq!((200u8.key_hash(), (-56i8).key_hash()), (-56, -56));
    assert_eq!(
        (50_000u16.key_hash(), (-15_536i16).key_hash()),
        (-15_536, -15_536)
    );
    assert_eq!((u32::MAX.key_hash(), (-1i32).key_hash()), (-1, -1));
    assert_eq!((true.key_hash(), false.key_hash()), (1231, 1237));
    assert_eq!(('\u{ffff}'.key_hash(), '😀'.key_hash()), (65535, 0x1f600));
}

#[test]
fn floats_hash_as_in_java() {
    for (value, hash) in [
        (0.0, 0),
        (-0.0, i32::MIN),
        (1.5, 1_073_217_536),
        (-1.5, -1_074_266_112),
        (f64::NAN, 2_146_959_360),
        (f64::from_bits(0xfff8_0000_0000_0001), 2_146_959_360),
        (f64::INFINITY, 2_146_435_072),
        (f64::NEG_INFINITY, -1_048_576),
        (f64::from_bits(1), 1),
        (f64::MAX, -2_146_435_072),
        (std::f64::consts::PI, 340_593_891),
    ] {
        assert_eq!(TotalF64(value).key_hash(), hash, "{value}");
    }
    for (value, hash) in [
        (0.0, 0),
        (-0.0, i32::MIN),
        (1.5, 1_069_547_520),
        (-1.5, -1_077_936_128),
        (f32::NAN, 2_143_289_344),
        (f32::from_bits(0xffc0_0001), 2_143_289_344),
        (f32::INFINITY, 2_139_095_040),
        (f32::NEG_INFINITY, -8_388_608),
        (f32::from_bits(1), 1),
        (f32::MAX, 2_139_095_039),
        (std::f32::consts::PI, 1_078_530_011),
    ] {
        assert_eq!(TotalF32(value).key_hash(), hash, "{value}");
    }
}

#[test]
fn all_others_hash_their_encoding() {
    assert_eq!(().key_hash(), 0);
    assert_eq!(vec![7u8, 0].key_hash(), murmur3_32(&[7, 0, 0xff, 0, 1]));
    assert_eq!((1u16, 2u8).key_hash(), murmur3_32(&[0, 1, 2]));
    assert_eq!(Some(5u8).key_hash(), murmur3_32(&[1, 5]));
    assert_eq!(
        1u128.key_hash(),
        murmur3_32(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    );
    assert_eq!(Ipv4Addr::LOCALHOST.key_hash(), murmur3_32(&[127, 0, 0, 1]));
}

proptest! {
    #[test]
    fn strings_hash_their_utf16(text: String) {
        let slow = text.encode_utf16().fold(0i32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(i32::from(unit))
        });
        prop_assert_eq!(text.key_hash(), slow);
    }
}
