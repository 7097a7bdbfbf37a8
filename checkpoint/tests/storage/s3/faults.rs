//! Every operation, with every kind of trouble at each of its requests.

use std::time::Duration;

use alluvium_checkpoint::storage::{Created, Storage};
use alluvium_checkpoint::{ErrorKind, Result};

use super::{Server, Trouble};
use crate::streams::put;

/// All operations once; says what came out.
fn use_all(store: &dyn Storage, folder: &str) -> Result<()> {
    let at = |name: &str| format!("{folder}/{name}");
    assert_eq!(store.create(&at("a"), b"created")?, Created::New);
    store.replace(&at("b"), b"replaced")?;
    put(store, &at("c"), &[b"stre", b"amed"])?;
    assert_eq!(store.read(&at("a"), 99)?.unwrap(), b"created");
    assert_eq!(store.read(&at("b"), 3)?.unwrap(), b"rep");
    assert_eq!(store.read(&at("none"), 3)?, None);
    let reader = store.open(&at("c"))?.unwrap();
    let mut found = [0; 4];
    reader.read_at(2, &mut found)?;
    assert_eq!(&found, b"ream");
    assert!(store.exists(&at("a"))?);
    assert_eq!(store.list(folder)?, ["a", "b", "c"]);
    store.delete(&at("a"))?;
    assert!(!store.exists(&at("a"))?);
    assert_eq!(store.list(folder)?, ["b", "c"]);
    Ok(())
}

#[test]
fn one_trouble_at_any_request_is_not_seen() {
    let server = Server::start();
    let options = server
        .options()
        .with_request_timeout(Duration::from_millis(500));
    let store = server.open_with(&options).unwrap();
    for trouble in Trouble::PASSING {
        for at in 0.. {
            assert!(at < 100, "it never ends");
            server.plan(move |call| {
                if call.index == at {
                    trouble
                } else {
                    Trouble::None
                }
            });
            use_all(&store, &format!("{trouble:?}-{at}")).unwrap();
            if at >= server.calls() {
                assert!(at > 12, "{at} requests");
                break;
            }
        }
    }
    assert_eq!(server.unfinished(), [""; 0]);
}

#[test]
fn trouble_without_end_ends_at_the_deadline() {
    let server = Server::start();
    let options = server
        .options()
        .with_request_timeout(Duration::from_millis(30))
        .with_deadline(Duration::from_millis(100));
    let store = server.open_with(&server.options()).unwrap();
    store.create("a/b", b"").unwrap();
    let store = server.open_with(&options.with_probe(false)).unwrap();
    for trouble in [Trouble::Unavailable, Trouble::TornRequest, Trouble::Silence] {
        server.plan(move |_| trouble);
        let errors = [
            store.create("a/b", b"").unwrap_err(),
            store.replace("a/b", b"").unwrap_err(),
            store.read("a/b", 1).unwrap_err(),
            store.exists("a/b").unwrap_err(),
            store.delete("a/b").unwrap_err(),
            store.list("a/b").unwrap_err(),
            store.open("a/b").err().unwrap(),
            put(&store, "a/b", &[b"bytes"]).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Storage);
            let message = error.to_string();
            assert!(message.contains("s3://bucket/some/prefix/a/b"), "{message}");
            assert!(message.contains("storage.deadline"), "{message}");
        }
    }
}

#[test]
fn what_cannot_get_better_is_not_tried_again() {
    let server = Server::start();
    let store = server.open();
    server.plan(|_| Trouble::Forbidden);
    let error = store.create("a", b"").unwrap_err();
    assert!(error.to_string().contains("credentials"), "{error}");
    assert_eq!(server.calls(), 1);
}
