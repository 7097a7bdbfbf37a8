use crate::fake::{FakeJob, Row, header, options, read_all, roomy_job, section, small_job};
use alluvium_checkpoint::Compression;
use alluvium_state_api::{Content, ErrorKind};
use proptest::prelude::*;
use std::sync::Arc;

/// Segments with something of everything, in every form.
fn segments() -> Vec<Arc<[u8]>> {
    let zstd = roomy_job().bytes_with(options(400, Compression::Zstd(3)));
    let codecs = zstd
        .windows(4)
        .filter(|run| matches!(run, [1..=3, _, 1, 0]));
    assert!(codecs.count() >= 5, "hardly a block is compressed");
    vec![small_job().bytes(64), roomy_job().bytes(400), zstd]
}

#[test]
fn every_flipped_bit_is_found() {
    for clean in segments() {
        for at in 0..clean.len() {
            for bit in 0..8 {
                let mut bytes = clean.to_vec();
                bytes[at] ^= 1 << bit;
                let error = read_all(&bytes.into()).expect_err(&format!("byte {at}, bit {bit}"));
                let kinds = [ErrorKind::Corrupt, ErrorKind::Incompatible];
                assert!(
                    kinds.contains(&error.kind()),
                    "byte {at}, bit {bit}: {error:?}"
                );
                assert!(
                    error.to_string().starts_with("the test's segment: "),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn every_cut_and_every_addition_is_found() {
    for clean in segments() {
        for length in 0..clean.len() {
            let error = read_all(&clean[..length].into()).expect_err(&format!("length {length}"));
            assert_eq!(error.kind(), ErrorKind::Corrupt, "length {length}");
            let error = read_all(&clean[clean.len() - length..].into());
            error.expect_err(&format!("the last {length} bytes"));
        }
        let longer = [&clean[..], &[0]].concat();
        assert!(read_all(&longer.into()).is_err());
    }
}

#[test]
fn blocks_that_changed_places_are_found() {
    let rows = b"abc".map(|byte| Row::put(&[byte; 20], &[byte; 20]));
    let job = FakeJob {
        header: header(None),
        sections: vec![(section(0, 4, Content::Full), rows.to_vec())],
    };
    let clean = job.bytes(64).to_vec();
    let block = |byte: u8| {
        let key = clean.windows(20).position(|run| run == [byte; 20]);
        let start = key.unwrap() - 16 - 2;
        start..start + 16 + 43
    };
    let mut swapped = clean.clone();
    swapped[block(b'b')].copy_from_slice(&clean[block(b'c')]);
    swapped[block(b'c')].copy_from_slice(&clean[block(b'b')]);
    assert_eq!(read_all(&clean.into()).unwrap(), job);
    let error = read_all(&swapped.into()).unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_damage_is_found(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let clean = small_job().bytes(64);
        let mut bytes = clean.to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if bytes != *clean {
            prop_assert!(read_all(&bytes.into()).is_err());
        }
    }
}
