use alluvium_state_api::ErrorKind;

use super::location::Remote;
use super::*;

fn remote(scheme: Scheme, authority: &str, path: &str) -> Place {
    Place::Remote(Remote {
        scheme,
        authority: authority.to_owned(),
        path: path.to_owned(),
    })
}

#[test]
fn urls_are_taken_apart() {
    use Scheme::{Hdfs, Memory, S3};
    let local = |path: &str| Place::Local(path.into());
    let good = [
        ("/abs/path", local("/abs/path")),
        ("rel/path", local("rel/path")),
        ("a%20b", local("a%20b")),
        ("C:/path", local("C:/path")),
        ("file:///abs/a%20b", local("/abs/a b")),
        ("FILE://localhost/a", local("/a")),
        ("memory://name", remote(Memory, "name", "")),
        ("memory://name/a/b/", remote(Memory, "name", "a/b")),
        (
            "s3://bucket/some/prefix",
            remote(S3, "bucket", "some/prefix"),
        ),
        ("s3://bucket/a%20b/c@d", remote(S3, "bucket", "a%20b/c@d")),
        ("s3a://bucket", remote(S3, "bucket", "")),
        ("hdfs://host:8020/a", remote(Hdfs, "host:8020", "a")),
        ("hdfs:///a/b", remote(Hdfs, "", "a/b")),
    ];
    for (url, expected) in good {
        assert_eq!(*Location::new(url).unwrap().place(), expected, "{url}");
    }
}

#[test]
fn what_is_no_url_of_a_store_is_said() {
    let bad = [
        ("", "expected a path, or a URL"),
        ("file://", "absolute path"),
        ("file://host/a", "file:///data"),
        ("file:/a", "'//' behind 'file:'"),
        ("s3:///a", "a name behind s3://"),
        ("s3://b/a/../c", "plain names"),
        ("s3://b/a//c", "plain names"),
        ("s3://b/a?x=y", "without '?'"),
        ("ftp://host/a", "memory://, s3://"),
        ("gs://bucket/a", "'gs://bucket/a'"),
    ];
    for (url, why) in bad {
        let error = Location::new(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{url}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
    let error = Location::new("s3://key:hunter2@bucket/a").unwrap_err();
    assert!(
        error.to_string().contains("without user and password"),
        "{error}"
    );
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[test]
fn locations_lie_in_one_another() {
    let location = |text: &str| Location::new(text).unwrap();
    for (above, name, inside) in [
        ("/a", "b", "/a/b"),
        ("s3://bucket/a", "b", "s3://bucket/a/b"),
        ("s3://bucket/", "b", "s3://bucket/b"),
        ("hdfs:///a", "b", "hdfs:///a/b"),
    ] {
        let (above, inside) = (location(above), location(inside));
        assert_eq!(above.join(name), inside);
        assert_eq!(inside.split(), Some((above.clone(), name.to_owned())));
        assert!(inside.is_in(&above) && above.is_in(&above) && !above.is_in(&inside));
        assert_eq!(inside.absolute().unwrap(), inside);
    }
    for (folder, other) in [
        ("s3://bucket/a", "s3://bucket/ab"),
        ("s3://bucket/a", "s3://other/a/b"),
        ("s3://bucket/a", "memory://bucket/a/b"),
        ("/bucket", "s3://bucket/a"),
        ("/a", "/ab"),
    ] {
        assert!(!location(other).is_in(&location(folder)), "{other}");
    }
    for alone in ["s3://bucket", "/"] {
        assert_eq!(location(alone).split(), None, "{alone}");
    }
    assert!(
        location("rel")
            .absolute()
            .unwrap()
            .local_path()
            .unwrap()
            .is_absolute()
    );
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
