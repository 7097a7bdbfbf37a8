use crate::fake::{
    FakeJob, Row, Write, header, open, options, read_all, roomy_job, section, small_job,
};
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

/// Some 40 KiB of every kind of state, with noise that does not compress and runs that do.
fn large_job() -> FakeJob {
    let mut job = roomy_job();
    let noise = |seed: u32, length: u32| -> Vec<u8> {
        let byte = |at: u32| (seed ^ at.wrapping_mul(0x9e37_79b1)).wrapping_mul(0x85eb_ca6b);
        (0..length).map(|at| (byte(at) >> 24) as u8).collect()
    };
    let values = (0..150).map(|number| Row::put(&noise(number, 9), &noise(number, 100)));
    job.sections
        .push((section(0, 6, Content::Full), values.collect()));
    let list = (0..60).map(|_| Row::new(b"visits", Write::Append(vec![7; 200])));
    job.sections
        .push((section(1, 7, Content::Delta), list.collect()));
    let map = (0..100).map(|number| Row {
        user_key: noise(number, 12),
        ..Row::put(b"routes", &noise(number, 60))
    });
    job.sections
        .push((section(2, 8, Content::Full), map.collect()));
    job
}

#[test]
fn every_byte_of_a_large_segment_counts() {
    for compression in [Compression::None, Compression::Zstd(1)] {
        let clean = large_job().bytes_with(options(2_048, compression));
        assert!(
            (20 << 10..64 << 10).contains(&clean.len()),
            "{}",
            clean.len()
        );
        let verify = |bytes: Arc<[u8]>| open(&bytes)?.verify();
        verify(Arc::clone(&clean)).unwrap();
        let mut bytes = clean.to_vec();
        for at in 0..clean.len() {
            bytes[at] ^= (at % 255 + 1) as u8;
            let error = verify(bytes.as_slice().into()).expect_err(&format!("byte {at}"));
            assert!(
                error.to_string().starts_with("the test's segment: "),
                "{error}"
            );
            bytes[at] = clean[at];
            assert!(verify(clean[..at].into()).is_err(), "length {at}");
        }
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
