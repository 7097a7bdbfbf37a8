//! Entries as bytes: golden files, damage, later versions.

use alluvium_state_api::ErrorKind;
use proptest::prelude::*;

use super::{entry, job, published};
use crate::log::codec::{decode, encode};
use crate::log::entry::Entry;
use crate::log::{LogEvent, LogState, OpenMode, OwnerId, PublishedCheckpoint, Retirement};

fn golden() -> [(Entry, &'static [u8]); 7] {
    let old = OwnerId(std::array::from_fn(|place| place as u8));
    let new = OwnerId(std::array::from_fn(|place| place as u8 + 16));
    let late = PublishedCheckpoint {
        length: 1 << 33,
        crc: 0xfffe_fdfc,
        ..published(3)
    };
    let state = |live: &[&PublishedCheckpoint], finished| LogState {
        next_checkpoint: 4,
        finished,
        started_over: false,
        origin: None,
        live: live.iter().map(|&live| live.clone()).collect(),
    };
    let over = state(&[&late], true).claimed(4, OpenMode::StartOver, None);
    let told = state(&[&late], false).claimed(5, OpenMode::Resume, Some("/back/to/this"));
    let entry = |seq, generation, owner, event, state| Entry {
        seq,
        generation,
        owner,
        job: job(),
        event,
        state,
    };
    let retired = LogEvent::Retired(vec![1].into());
    let with_files = LogEvent::Retired(Retirement {
        checkpoints: Vec::new(),
        files: vec!["g1-c1-0".to_owned(), "g2-c17-300".to_owned()],
    });
    [
        (
            entry(1, 1, old, LogEvent::Claim, LogState::new()),
            include_bytes!("../../../tests/golden/log-claim-v1.bin"),
        ),
        (
            entry(
                2,
                1,
                old,
                LogEvent::Published,
                state(&[&published(1), &late], false),
            ),
            include_bytes!("../../../tests/golden/log-published-v1.bin"),
        ),
        (
            entry(300, 2, new, retired, state(&[&late], false)),
            include_bytes!("../../../tests/golden/log-retired-v1.bin"),
        ),
        (
            entry(301, 2, new, with_files, state(&[&late], false)),
            include_bytes!("../../../tests/golden/log-retired-files-v1.bin"),
        ),
        (
            entry(301, 2, new, LogEvent::Finished, state(&[&late], true)),
            include_bytes!("../../../tests/golden/log-finished-v1.bin"),
        ),
        (
            entry(9, 4, new, LogEvent::Claim, over),
            include_bytes!("../../../tests/golden/log-started-over-v1.bin"),
        ),
        (
            entry(10, 5, old, LogEvent::Claim, told),
            include_bytes!("../../../tests/golden/log-origin-v1.bin"),
        ),
    ]
}

#[test]
fn entries_are_stored_as_in_the_first_release() {
    for (entry, bytes) in golden() {
        assert_eq!(decode(bytes).unwrap(), entry);
        assert_eq!(encode(&entry), bytes);
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    for (_, bytes) in golden() {
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.to_vec();
                damaged[place] ^= 1 << bit;
                let error = decode(&damaged).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {place}: {error}");
                assert!(error.to_string().contains("at offset"), "{error}");
            }
            let error = decode(&bytes[..place]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "cut at {place}: {error}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(decode(&longer).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

/// `bytes` with `place` set, and a checksum that fits.
fn forged(bytes: &[u8], place: usize, value: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[place] = value;
    seal(bytes)
}

fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let covered = bytes.len() - 4;
    let crc = crc32fast::hash(&bytes[..covered]);
    bytes[covered..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn what_a_later_version_wrote_is_told_from_damage() {
    let bytes = encode(&entry(1, 1, 7, LogEvent::Claim, LogState::new()));
    let flags = 12 + 8 + 8 + 16 + 2 + job().as_str().len() + 8;
    for (place, value, named) in [
        (4, 2, "version 1"),
        (6, 9, "kind 0x8009"),
        (flags, 8, "0x8"),
    ] {
        let error = decode(&forged(&bytes, place, value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
    let optional = decode(&forged(&bytes, 7, 0)).unwrap();
    assert_eq!(
        optional.event,
        LogEvent::Other(1),
        "not to be understood: passed over"
    );
}

#[test]
fn parts_that_do_not_fit_are_named() {
    let state = LogState::new().with(published(300));
    let bytes = encode(&entry(2, 1, 7, LogEvent::Published, state));
    let next = 12 + 8 + 8 + 16 + 2 + job().as_str().len();
    let (count, path) = (next + 10, next + 12 + 20);
    for (place, value, named) in [
        (44, 0xff, "job id at offset 44"),
        (46, b'/', "job id at offset 44"),
        (next, 0, "checkpoint id"),
        (count + 1, 0xff, "number of checkpoints"),
        (path + 1, 0xff, "path of metadata"),
        (path + 2, b'/', "path of metadata"),
        (bytes.len() - 8, 1, "payload"),
    ] {
        let error = decode(&forged(&bytes, place, value)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{place}: {error}");
        assert!(error.to_string().contains(named), "{place}: {error}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode(&bytes).is_err());
    }

    /// Past the checksum, every part is checked by itself.
    #[test]
    fn forged_entries_never_panic(
        which in 0_usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let bytes = golden()[which].1;
        let mut bytes = bytes.to_vec();
        for (place, value) in changes {
            let place = 12 + place.index(bytes.len() - 12);
            bytes[place] = value;
        }
        if let Ok(entry) = decode(&seal(bytes)) {
            let (before, _) = &golden()[1];
            drop(entry.check_after(before));
            drop(before.check_after(&entry));
        }
    }
}

#[test]
fn an_origin_is_within_its_bounds() {
    let told = |origin: &str| LogState::new().claimed(1, OpenMode::Resume, Some(origin));
    for (length, good) in [(0, false), (1, true), (4096, true), (4097, false)] {
        let entry = entry(1, 1, 7, LogEvent::Claim, told(&"o".repeat(length)));
        match decode(&encode(&entry)) {
            Ok(found) => assert!(good && found == entry, "{length}"),
            Err(error) => {
                assert!(!good, "{length}: {error}");
                assert_eq!(error.kind(), ErrorKind::Corrupt);
                assert!(error.to_string().contains("origin at offset"), "{error}");
            }
        }
    }
}
