//! Who creates an object, when answers are lost.

use std::sync::Barrier;
use std::time::Duration;

use alluvium_checkpoint::ErrorKind;
use alluvium_checkpoint::storage::{Created, Storage, probe};

use super::{Server, Trouble};

#[test]
fn a_lost_answer_is_recognised() {
    let server = Server::start();
    let options = server
        .options()
        .with_request_timeout(Duration::from_millis(400));
    let store = server.open_with(&options).unwrap();
    for (number, trouble) in Trouble::PASSING.into_iter().enumerate() {
        let first = |name: &'static str| {
            server.plan(move |call| {
                if call.index == 0 {
                    assert_eq!(call.name, name);
                    trouble
                } else {
                    Trouble::None
                }
            });
        };
        let path = format!("log/{number}");
        first("create");
        assert_eq!(
            store.create(&path, b"mine").unwrap(),
            Created::New,
            "{trouble:?}"
        );
        first("create");
        assert_eq!(
            store.create(&path, b"mine").unwrap(),
            Created::Exists,
            "{trouble:?}: the same bytes, but not of this call"
        );
        first("create");
        assert_eq!(
            store.create(&path, b"other").unwrap(),
            Created::Exists,
            "{trouble:?}"
        );
        assert_eq!(store.read(&path, 9).unwrap().unwrap(), b"mine");
    }
}

#[test]
fn of_racing_creators_one_wins() {
    let server = Server::start();
    let stores = [(); 3].map(|()| server.open());
    // Answers are lost and servers are busy, differently in each round.
    server.plan(|call| {
        let mixed = call.index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        match mixed {
            0 | 1 => Trouble::Unavailable,
            2..=4 => Trouble::UnavailableAfter,
            5 => Trouble::TornRequest,
            6 | 7 => Trouble::TornAnswer,
            _ => Trouble::None,
        }
    });
    for round in 0..40 {
        let (path, together) = (format!("log/{round}"), Barrier::new(stores.len()));
        let created = std::thread::scope(|scope| {
            let creators = stores.iter().enumerate().map(|(number, store)| {
                let (path, together) = (&path, &together);
                scope.spawn(move || {
                    together.wait();
                    let bytes = format!("of {}", number % 2);
                    store.create(path, bytes.as_bytes()).unwrap()
                })
            });
            let creators: Vec<_> = creators.collect();
            let results = creators.into_iter().map(|creator| creator.join().unwrap());
            results.collect::<Vec<_>>()
        });
        let winners: Vec<usize> = (0..created.len())
            .filter(|&number| created[number] == Created::New)
            .collect();
        assert_eq!(winners.len(), 1, "round {round}: {created:?}");
        let found = stores[0].read(&path, 99).unwrap().unwrap();
        assert_eq!(found, format!("of {}", winners[0] % 2).into_bytes());
    }
}

#[test]
fn a_server_that_ignores_the_condition_is_found_out() {
    let server = Server::ignoring_conditions();
    let error = server.open_with(&server.options()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let message = error.to_string();
    assert!(message.contains("s3://bucket/some/prefix"), "{message}");
    assert!(message.contains("ignores the condition"), "{message}");

    let careless = server
        .open_with(&server.options().with_probe(false))
        .unwrap();
    probe(&careless).unwrap_err();
    let left = std::fs::read_dir(server.bucket().join("some/prefix")).unwrap();
    assert_eq!(left.count(), 0, "the probe cleans up");
    probe(&Server::start().open()).unwrap();
}
