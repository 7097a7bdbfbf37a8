use alluvium_state_api::ErrorKind;
use proptest::prelude::*;

use super::*;

const GOLDEN: &[u8] = include_bytes!("../../tests/golden/metadata-v1.bin");
const OPTIONAL: SectionKind = SectionKind(7);

fn written(sections: &[(SectionKind, &[u8])]) -> Vec<u8> {
    let mut writer = MetadataWriter::new();
    for (kind, payload) in sections {
        writer.section(*kind, payload);
    }
    let size = writer.size();
    let bytes = writer.finish();
    assert_eq!(bytes.len() as u64, size);
    bytes
}

#[test]
fn k31_metadata_is_stored_as_in_the_first_release() {
    let bytes = written(&[
        (SectionKind::SUMMARY, b"summary"),
        (OPTIONAL, b"optional, from a later version"),
        (SectionKind::OPERATOR, b""),
        (SectionKind::OPERATOR, b"operator"),
    ]);
    assert_eq!(bytes, GOLDEN);
    let metadata = Metadata::parse(GOLDEN).unwrap();
    let found: Vec<_> = metadata.sections().map(|s| (s.kind, s.payload)).collect();
    let expected: [(SectionKind, &[u8]); 3] = [
        (SectionKind::SUMMARY, b"summary"),
        (SectionKind::OPERATOR, b""),
        (SectionKind::OPERATOR, b"operator"),
    ];
    assert_eq!(found, expected);
    for section in metadata.sections() {
        let start = section.offset as usize;
        assert_eq!(
            &GOLDEN[start..start + section.payload.len()],
            section.payload
        );
    }
}

#[test]
fn metadata_may_be_empty() {
    let bytes = written(&[]);
    assert_eq!(bytes.len(), HEAD + SECTION_HEAD);
    assert_eq!(Metadata::parse(&bytes).unwrap().sections().count(), 0);
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    for place in 0..GOLDEN.len() {
        for bit in 0..8 {
            let mut damaged = GOLDEN.to_vec();
            damaged[place] ^= 1 << bit;
            let error = Metadata::parse(&damaged).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "byte {place}: {error}");
            assert!(error.to_string().contains("at offset"), "{error}");
        }
        let error = Metadata::parse(&GOLDEN[..place]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "cut at {place}: {error}");
    }
    let longer = [GOLDEN, &[0]].concat();
    assert_eq!(
        Metadata::parse(&longer).unwrap_err().kind(),
        ErrorKind::Corrupt
    );
}

#[test]
fn k31_bad_magic_is_told() {
    let error = Metadata::parse(b"PK\x03\x04 some other file").unwrap_err();
    assert_eq!(
        error.to_string(),
        "magic of metadata at offset 0: expected ALVM, as every checkpoint begins, \
         found PK\\x03\\x04"
    );
}

/// With the checksum of the whole made to fit.
fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let covered = bytes.len() - SECTION_HEAD;
    let crc = crc32fast::hash(&bytes[..covered]);
    bytes[covered + 4..covered + 8].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn what_a_later_version_wrote_is_told_from_damage() {
    let mut later = GOLDEN.to_vec();
    later[4] = 2;
    let error = Metadata::parse(&seal(later)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("version 1"), "{error}");
    assert!(error.to_string().contains("found 2"), "{error}");

    let bytes = written(&[(SectionKind::SUMMARY, b"a"), (SectionKind(0x8007), b"b")]);
    let error = Metadata::parse(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(
        error.to_string().contains("offset 25 is of kind 0x8007"),
        "{error}"
    );
}

#[test]
fn sections_are_checked_each_by_itself() {
    let length = HEAD + 8;
    for (place, named) in [
        (6, "reserved bytes at offset 6"),
        (HEAD, "checksum of a section at offset 12"),
        (HEAD + 2, "reserved bytes at offset 10"),
        (HEAD + 4, "checksum of a section at offset 12"),
        (length, "checksum of a section at offset 12"),
        (length + 7, "length of a section at offset 16"),
        (HEAD + SECTION_HEAD, "checksum of a section at offset 12"),
    ] {
        let mut damaged = GOLDEN.to_vec();
        damaged[place] ^= 1;
        let error = Metadata::parse(&seal(damaged)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(named), "{error}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Metadata::parse(&bytes).is_err());
    }

    #[test]
    fn forged_metadata_never_panics(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = GOLDEN.to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        drop(Metadata::parse(&seal(bytes)));
    }

    #[test]
    fn sections_come_back(
        sections in prop::collection::vec(
            (any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 0..10),
    ) {
        let sections: Vec<_> = sections
            .iter()
            .map(|(first, payload)| {
                let kind = if *first { SectionKind::SUMMARY } else { SectionKind::OPERATOR };
                (kind, payload.as_slice())
            })
            .collect();
        let bytes = written(&sections);
        let metadata = Metadata::parse(&bytes).unwrap();
        let found: Vec<_> = metadata.sections().map(|s| (s.kind, s.payload)).collect();
        prop_assert_eq!(found, sections);
    }
}
