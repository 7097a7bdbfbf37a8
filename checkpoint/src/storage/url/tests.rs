use alluvium_state_api::ErrorKind;

use super::parse::{Location, Scheme};
use super::*;

fn location(scheme: Scheme, authority: &str, path: &str) -> Location {
    Location {
        scheme,
        authority: authority.to_owned(),
        path: path.to_owned(),
    }
}

#[test]
fn urls_are_taken_apart() {
    use Scheme::{File, Hdfs, Memory, S3};
    let good = [
        ("/abs/path", location(File, "", "/abs/path")),
        ("rel/path", location(File, "", "rel/path")),
        ("a%20b", location(File, "", "a%20b")),
        ("C:/path", location(File, "", "C:/path")),
        ("file:///abs/a%20b", location(File, "", "/abs/a b")),
        ("FILE://localhost/a", location(File, "", "/a")),
        ("memory://name", location(Memory, "name", "")),
        ("memory://name/a/b/", location(Memory, "name", "a/b")),
        (
            "s3://bucket/some/prefix",
            location(S3, "bucket", "some/prefix"),
        ),
        ("s3a://bucket", location(S3, "bucket", "")),
        ("hdfs://host:8020/a", location(Hdfs, "host:8020", "a")),
    ];
    for (url, expected) in good {
        assert_eq!(Location::parse(url).unwrap(), expected, "{url}");
    }
}

#[test]
fn what_is_no_url_of_a_store_is_said() {
    let bad = [
        ("", "path is missing"),
        ("file://", "path is missing"),
        ("file://host/a", "file:///path"),
        ("file:///%ff", "UTF-8"),
        ("s3:///a", "name is missing"),
        ("s3://b/a/../c", "plain names"),
        ("s3://b/a?x=y", "options"),
        ("ftp://host/a", "'memory://', 's3://'"),
        ("gs://bucket/a", "'gs://'"),
    ];
    for (url, why) in bad {
        let error = Location::parse(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{url}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
    let error = Location::parse("s3://key:hunter2@bucket/a").unwrap_err();
    assert!(error.to_string().contains("credentials"), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn kinds_that_were_not_built_in_name_their_feature() {
    let options = StorageOptions::new();
    #[cfg(not(feature = "s3"))]
    {
        let error = open_storage("s3://bucket/a", &options).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("feature 's3'"), "{error}");
    }
    #[cfg(not(feature = "hdfs"))]
    {
        let error = open_storage("hdfs://host/a", &options).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("feature 'hdfs'"), "{error}");
    }
    #[cfg(feature = "hdfs")]
    {
        let soon = std::time::Duration::from_millis(50);
        let options = options.with_deadline(soon);
        let error = open_storage("hdfs://127.0.0.1:1/a", &options)
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(
            error.to_string().contains("hdfs://127.0.0.1:1/a"),
            "{error}"
        );
    }
}

#[test]
fn memory_is_shared_by_name() {
    let options = StorageOptions::new();
    let open = |url: &str| open_storage(url, &options).unwrap();
    open("memory://url-test/a").create("x", b"1").unwrap();
    assert!(open("memory://url-test").exists("a/x").unwrap());
    assert!(!open("memory://url-test-2").exists("a/x").unwrap());
    assert_eq!(
        open("memory://url-test/a").locate("x"),
        "memory://url-test/a/x"
    );
}
