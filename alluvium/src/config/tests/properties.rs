//! Whatever the bytes are, and whatever is set.

use crate::config::{ByteSize, Configuration, Location, OptionDefinition, options};
use alluvium_checkpoint::ExternalizedRetention;
use proptest::prelude::*;
use std::time::Duration;

/// What an option is called, and pieces that make files likely to get past the parser.
fn piece() -> impl Strategy<Value = String> {
    let keys: Vec<_> = options::all().map(OptionDefinition::key).collect();
    prop_oneof![
        proptest::sample::select(keys).prop_map(str::to_owned),
        proptest::sample::select(vec![
            ": ",
            ":",
            "\n",
            "\n  ",
            "\n\t",
            "- ",
            "? ",
            "{",
            "}",
            "[",
            "]",
            ", ",
            "'",
            "\"",
            "&a ",
            "*a",
            "!!str ",
            "!x ",
            "<<: *a",
            "|\n",
            ">-\n",
            "# ",
            "---\n",
            "...\n",
            "~",
            "%YAML 1.2\n",
            "\u{feff}",
            "\0",
            "10 min",
            "64 mb",
            "0x",
            "1e999",
            "-0",
            ".inf",
            "ä",
            "execution",
            ".",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ]
}

fn parse(bytes: &[u8]) {
    // Whether it is refused or not: it must come back.
    if let Ok(configuration) = Configuration::new().with_yaml("any.yaml", bytes) {
        drop(configuration.resolve());
        same_after_printing(&configuration);
    }
}

fn same_after_printing(configuration: &Configuration) {
    let printed = configuration.to_yaml().unwrap();
    let again = Configuration::new()
        .with_yaml("printed.yaml", printed.as_bytes())
        .unwrap();
    let values = |configuration: &Configuration| -> Vec<_> {
        configuration.effective().map(|it| it.value).collect()
    };
    assert_eq!(values(configuration), values(&again), "{printed}");
    assert_eq!(again.to_yaml().unwrap(), printed);
    assert_eq!(again.warnings(), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_parsing_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        parse(&bytes);
    }

    #[test]
    fn no_text_makes_parsing_panic(pieces in proptest::collection::vec(piece(), 0..40)) {
        parse(pieces.concat().as_bytes());
    }

    #[test]
    fn no_argument_makes_parsing_panic(argument in ".{0,40}", key in piece()) {
        for argument in [argument.clone(), format!("{key}={argument}")] {
            if let Ok(configuration) = Configuration::new().with_argument(&argument) {
                same_after_printing(&configuration);
            }
        }
    }

    #[test]
    fn what_is_printed_is_read_again_as_the_same(
        nanos in 10_000_000..=u64::MAX,
        pause in any::<(u64, u32)>(),
        size in any::<u64>(),
        directory in "[^\\p{Cc}]{1,40}",
        attempts in any::<u32>(),
        retention in proptest::sample::select(vec![
            ExternalizedRetention::RetainOnCancellation,
            ExternalizedRetention::DeleteOnCancellation,
        ]),
    ) {
        let pause = Duration::new(pause.0, pause.1 % 1_000_000_000);
        let mut configuration = Configuration::new()
            .with(&options::INTERVAL, Duration::from_nanos(nanos)).unwrap()
            .with(&options::MIN_PAUSE, pause).unwrap()
            .with(&options::MAX_LIVE_SIZE, ByteSize::bytes(size)).unwrap()
            .with(&options::FIXED_DELAY_ATTEMPTS, attempts).unwrap()
            .with(&options::RETENTION, retention).unwrap()
            .with(&options::FALL_BACK_TO_OLDER, false).unwrap();
        if let Ok(directory) = Location::new(&directory) {
            configuration = configuration.with(&options::CHECKPOINT_DIR, directory).unwrap();
        }
        same_after_printing(&configuration);
        prop_assert_eq!(configuration.get(&options::MIN_PAUSE), pause);
        prop_assert_eq!(configuration.get(&options::MAX_LIVE_SIZE), Some(ByteSize::bytes(size)));
    }
}
