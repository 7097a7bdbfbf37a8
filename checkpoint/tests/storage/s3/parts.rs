//! Objects in several parts.

use alluvium_checkpoint::storage::Storage;
use alluvium_checkpoint::{ErrorKind, Result};

use super::{Server, Trouble};

const PART: usize = 5 << 20;

/// Bytes of which no two parts are the same.
fn contents(length: usize) -> Vec<u8> {
    (0..length as u32)
        .map(|at| (at.wrapping_mul(0x9e37_79b1) >> 24) as u8)
        .collect()
}

fn put(store: &dyn Storage, path: &str, bytes: &[u8]) -> Result<()> {
    let mut writer = store.write(path)?;
    for piece in bytes.chunks(1 << 20) {
        writer.append(piece)?;
    }
    writer.finish()
}

#[test]
fn parts_are_put_together_and_read_in_ranges() {
    let server = Server::start();
    let store = server.open();
    let bytes = contents(2 * PART + 1234);
    put(&store, "big", &bytes).unwrap();
    assert_eq!(server.unfinished(), [""; 0]);
    assert!(store.read("big", u64::MAX).unwrap().unwrap() == bytes);
    let some = store.read("big", PART as u64 + 10).unwrap().unwrap();
    assert!(some == bytes[..PART + 10]);
    let reader = store.open("big").unwrap().unwrap();
    assert_eq!(reader.length(), bytes.len() as u64);
    for (offset, length) in [(0, bytes.len()), (PART - 3, 6), (17, PART + 1)] {
        let mut found = vec![0; length];
        reader.read_at(offset as u64, &mut found).unwrap();
        assert!(
            found == bytes[offset..offset + length],
            "{length} at {offset}"
        );
    }
    let error = put(&store, "big", &bytes).unwrap_err();
    assert!(error.to_string().contains("already"), "{error}");
    assert_eq!(server.unfinished(), [""; 0]);
}

#[test]
fn one_trouble_at_any_part_is_not_seen() {
    let server = Server::start();
    let store = server.open();
    let bytes = contents(2 * PART + 7);
    let mut left = Vec::new();
    for (round, name) in ["begin", "part", "head", "complete"]
        .into_iter()
        .enumerate()
    {
        for trouble in [
            Trouble::Unavailable,
            Trouble::TornAnswer,
            Trouble::TornRequest,
        ] {
            let path = format!("{round}-{trouble:?}");
            let hit = std::sync::atomic::AtomicBool::new(false);
            server.plan(move |call| {
                let first =
                    call.name == name && !hit.swap(true, std::sync::atomic::Ordering::SeqCst);
                if first { trouble } else { Trouble::None }
            });
            put(&store, &path, &bytes).unwrap();
            assert!(
                store.read(&path, u64::MAX).unwrap().unwrap() == bytes,
                "{path}"
            );
            // Nobody knows of an upload whose beginning was not answered.
            if (name, trouble) == ("begin", Trouble::TornAnswer) {
                left = server.unfinished();
                assert_eq!(left.len(), 2, "one upload");
            }
            assert_eq!(server.unfinished(), left, "{path}");
        }
    }
}

#[test]
fn nothing_is_left_of_an_upload_that_ends_early() {
    let server = Server::start();
    let store = server.open();
    let bytes = contents(2 * PART + 7);

    let mut writer = store.write("dropped").unwrap();
    writer.append(&bytes).unwrap();
    assert!(!server.unfinished().is_empty());
    drop(writer);
    assert_eq!(server.unfinished(), [""; 0], "dropped");

    for name in ["part", "head", "complete"] {
        server.plan(move |call| {
            if call.name == name {
                Trouble::Forbidden
            } else {
                Trouble::None
            }
        });
        let error = put(&store, "failed", &bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert_eq!(server.unfinished(), [""; 0], "{name}");
        server.plan(|_| Trouble::None);
        assert!(!store.exists("failed").unwrap());
    }
}

#[test]
fn no_more_parts_are_on_their_way_than_allowed() {
    for parallelism in [1, 3] {
        let server = Server::start();
        let store = server
            .open_with(&server.options().with_parallelism(parallelism))
            .unwrap();
        server.plan(|call| match call.name {
            "part" => Trouble::Held,
            _ => Trouble::None,
        });
        let bytes = contents(5 * PART + 1);
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| put(&store, "a", &bytes));
            while server.held() < parallelism {
                std::thread::yield_now();
            }
            server.open_gate();
            writing.join().unwrap().unwrap();
        });
        assert_eq!(server.most_held(), parallelism);
        assert!(store.read("a", u64::MAX).unwrap().unwrap() == bytes);
    }
}

#[test]
fn a_part_below_what_the_store_takes_is_refused_at_once() {
    let server = Server::start();
    let error = server
        .open_with(&server.options().with_part_size(PART - 1))
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("storage.part-size"), "{error}");
    assert_eq!(server.calls(), 0);
}
