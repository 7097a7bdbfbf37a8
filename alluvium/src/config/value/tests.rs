//! How values are written.

use super::{ByteSize, ConfigValue, Location};
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

#[test]
fn durations_have_the_usual_units() {
    let ms = Duration::from_millis;
    for (text, duration) in [
        ("500 ms", ms(500)),
        ("500", ms(500)),
        ("0", ms(0)),
        (" 10min ", ms(600_000)),
        ("10 m", ms(600_000)),
        ("1 minute", ms(60_000)),
        ("2 MINUTES", ms(120_000)),
        ("3s", ms(3_000)),
        ("3 sec", ms(3_000)),
        ("3 seconds", ms(3_000)),
        ("4 h", ms(14_400_000)),
        ("4 hours", ms(14_400_000)),
        ("5 d", ms(432_000_000)),
        ("5 day", ms(432_000_000)),
        ("6 milliseconds", ms(6)),
        ("7 µs", Duration::from_micros(7)),
        ("7 μs", Duration::from_micros(7)),
        ("7 micros", Duration::from_micros(7)),
        ("8 nanoseconds", Duration::from_nanos(8)),
    ] {
        assert_eq!(Duration::parse(text), Ok(duration), "{text}");
    }
    for wrong in [
        "",
        "ms",
        "-1 s",
        "1.5 s",
        "1 week",
        "1 s 2 ms",
        "10 min.",
        "99999999999999999999999999999 d",
        "340282366920938463463374607431768211456",
        "١ s",
    ] {
        Duration::parse(wrong).unwrap_err();
    }
    for (duration, text) in [
        (ms(0), "0 ms"),
        (ms(1_500), "1500 ms"),
        (ms(600_000), "10 min"),
        (ms(86_400_000), "1 d"),
        (Duration::from_micros(1), "1 µs"),
        (Duration::from_nanos(1_001), "1001 ns"),
    ] {
        assert_eq!(duration.print(), text);
    }
    assert_eq!(Duration::parse(&Duration::MAX.print()), Ok(Duration::MAX));
}

#[test]
fn sizes_have_the_usual_units() {
    for (text, bytes) in [
        ("0", 0),
        ("1500", 1_500),
        ("1 byte", 1),
        ("12 b", 12),
        ("12bytes", 12),
        ("20 kb", 20_480),
        ("20k", 20_480),
        ("20 kibibytes", 20_480),
        ("64 MB", 64 << 20),
        ("64m", 64 << 20),
        ("1 gb", 1 << 30),
        ("1 tb", 1 << 40),
        ("16777215 tb", 16_777_215 << 40),
    ] {
        assert_eq!(ByteSize::parse(text), Ok(ByteSize::bytes(bytes)), "{text}");
    }
    for wrong in ["", "mb", "-1", "1.5 mb", "1 pb", "1 mib", "16777216 tb"] {
        ByteSize::parse(wrong).unwrap_err();
    }
    for (bytes, text) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2, "2 bytes"),
        (1024, "1 kb"),
    ] {
        assert_eq!(ByteSize::bytes(bytes).print(), text);
    }
}

#[test]
fn numbers_are_finite() {
    for (text, number) in [("0.5", 0.5_f64), ("2", 2.0), ("1e3", 1000.0), ("-.5", -0.5)] {
        assert_eq!(
            f64::parse(text).unwrap().to_bits(),
            number.to_bits(),
            "{text}"
        );
    }
    for wrong in ["", "NaN", "inf", "-infinity", "1e999", "half", "0,5"] {
        f64::parse(wrong).unwrap_err();
    }
}

#[test]
fn locations_are_paths_or_urls() {
    for (text, scheme, path) in [
        ("/data/checkpoints", "file", Some("/data/checkpoints")),
        ("data", "file", Some("data")),
        ("./a b/ä", "file", Some("./a b/ä")),
        ("a:b", "file", Some("a:b")),
        ("file:///data/a%20b", "file", Some("/data/a b")),
        ("C:/data", "file", Some("C:/data")),
        ("s3a://bucket", "s3", None),
        ("FILE:///data", "file", Some("/data")),
        ("file://localhost/data", "file", Some("/data")),
        ("memory://job", "memory", None),
        ("s3://bucket/some/where", "s3", None),
        ("hdfs:///flink/savepoints", "hdfs", None),
        ("hdfs://namenode:40010/flink", "hdfs", None),
    ] {
        let location = Location::new(text).unwrap();
        assert_eq!(location.scheme(), scheme, "{text}");
        assert_eq!(location.local_path(), path.map(Path::new), "{text}");
        assert_eq!(location.as_str(), text);
    }
    for (wrong, told) in [
        ("", "expected a path, or a URL"),
        (" ", "expected a path, or a URL"),
        ("a\nb", "expected a path, or a URL"),
        ("ftp://host/dir", "expected a path, or a URL"),
        ("://x", "expected a path, or a URL"),
        (
            "file:/data",
            "expected '//' behind 'file:', or './' before it",
        ),
        (
            "s3:///no-bucket",
            "expected a name behind s3://, as s3://name/path",
        ),
        ("s3://", "expected a name behind s3://"),
        ("memory:///x", "expected a name behind memory://"),
        (
            "file://host/data",
            "expected a file URL with an absolute path",
        ),
        (
            "s3://key:secret@bucket/x",
            "expected a URL without user and password",
        ),
        (
            "s3://bucket/x?versions",
            "expected a URL without '?' and '#'",
        ),
        (
            "hdfs://name:port/x",
            "expected a well-formed URL (invalid port number)",
        ),
    ] {
        let error = Location::new(wrong).unwrap_err().to_string();
        assert!(error.starts_with(told), "{wrong}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

proptest! {
    #[test]
    fn printed_durations_are_read_again(seconds in any::<u64>(), nanos in 0..1_000_000_000u32) {
        for duration in [Duration::new(seconds, nanos), Duration::from_nanos(seconds)] {
            prop_assert_eq!(Duration::parse(&duration.print()), Ok(duration));
        }
    }

    #[test]
    fn printed_sizes_are_read_again(bytes in any::<u64>(), shift in 0..50) {
        for size in [ByteSize::bytes(bytes), ByteSize::bytes((bytes >> 50) << shift)] {
            prop_assert_eq!(ByteSize::parse(&size.print()), Ok(size));
        }
    }

    #[test]
    fn printed_numbers_are_read_again(number in proptest::num::f64::NORMAL) {
        prop_assert_eq!(f64::parse(&number.print()), Ok(number));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,30}") {
        drop((Duration::parse(&text), ByteSize::parse(&text), u32::parse(&text), bool::parse(&text)));
        if let Ok(location) = Location::parse(&text) {
            location.local_path();
            prop_assert_eq!(Location::parse(&location.print()), Ok(location));
        }
    }
}
