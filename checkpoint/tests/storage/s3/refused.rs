//! Stores that cannot be used.

use std::time::Duration;

use alluvium_checkpoint::ErrorKind;
use alluvium_checkpoint::storage::open_storage;

use super::Server;
use super::server::{SECRET, options_for};

const URL: &str = "s3://bucket/some/prefix";

#[test]
fn wrong_credentials() {
    let server = Server::start();
    let wrong = "not-the-secret-key";
    let options = server
        .options()
        .with_store_option("AWS_SECRET_ACCESS_KEY", wrong)
        .with_store_option("aws_session_token", "some-token");
    let error = open_storage(URL, &options).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
    for text in [
        error.to_string(),
        format!("{error:?}"),
        format!("{options:?}"),
    ] {
        assert!(
            !text.contains(wrong) && !text.contains("some-token"),
            "{text}"
        );
    }
    let message = error.to_string();
    assert!(message.contains(URL), "{message}");
    assert!(message.contains("refuses the credentials"), "{message}");
    assert_eq!(server.calls(), 2, "once, and the cleaning up");
    let careless = open_storage(URL, &options.with_probe(false)).unwrap();
    let error = careless.list("").unwrap_err();
    assert!(
        error.to_string().contains("refuses the credentials"),
        "{error}"
    );
}

#[test]
fn an_endpoint_where_nobody_listens() {
    let endpoint = "http://127.0.0.1:1";
    let options = options_for(endpoint).with_deadline(Duration::from_secs(1));
    let error = open_storage(URL, &options).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let message = error.to_string();
    assert!(message.contains(URL), "{message}");
    assert!(message.contains(endpoint), "{message}");
    assert!(message.contains("gave up after"), "{message}");
    assert!(!message.contains(SECRET), "{message}");
}

#[test]
fn a_bucket_that_does_not_exist() {
    let server = Server::start();
    let error = open_storage("s3://other/prefix", &server.options())
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let message = error.to_string();
    assert!(message.contains("s3://other/prefix"), "{message}");
    assert!(message.contains("bucket does not exist"), "{message}");
    let options = server.options().with_probe(false);
    let store = open_storage("s3://other/prefix", &options).unwrap();
    for error in [store.list("a").unwrap_err(), store.delete("a").unwrap_err()] {
        assert!(
            error.to_string().contains("bucket does not exist"),
            "{error}"
        );
    }
}

#[test]
fn options_that_do_not_exist() {
    let server = Server::start();
    let options = server.options().with_store_option("aws_acess_key", "value");
    let error = open_storage(URL, &options).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("'aws_acess_key'"), "{error}");
    let options = server.options().with_store_option("allow_http", "perhaps");
    let error = open_storage(URL, &options).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains(URL), "{error}");
    assert!(!error.to_string().contains(SECRET), "{error}");
}
