//! What files look like.

use super::{file, mistake};
use crate::config::{Configuration, Location, MAX_FILE_SIZE, options};
use alluvium_checkpoint::CheckpointMode;
use alluvium_state_api::ErrorKind;
use std::time::Duration;

#[test]
fn keys_may_be_flat_or_nested_or_both() {
    for text in [
        "execution.checkpointing.interval: 3 s\nexecution.checkpointing.timeout: 4 s",
        "execution:\n  checkpointing:\n    interval: 3 s\n    timeout: 4 s",
        "execution.checkpointing:\n  interval: 3 s\nexecution:\n  checkpointing.timeout: 4 s",
        "{execution: {checkpointing: {interval: 3 s, timeout: 4 s}}}",
        "# a comment\n---\nexecution.checkpointing: &c\n  interval: '3 s' # quoted\n  timeout: \"4s\"\n...\n",
        "\u{feff}execution.checkpointing.interval: 3000\r\nexecution.checkpointing.timeout: 4000\r\n",
    ] {
        let configuration = file(text).unwrap();
        let interval = configuration.get(&options::INTERVAL);
        assert_eq!(interval, Some(Duration::from_secs(3)), "{text}");
        assert_eq!(configuration.get(&options::TIMEOUT), Duration::from_secs(4));
    }
}

#[test]
fn a_key_may_be_an_option_and_the_beginning_of_others() {
    let text = "state.backend: hashmap\nstate.backend.memory.max-snapshot-size: 1 mb";
    let configuration = file(text).unwrap();
    assert_eq!(
        configuration.get(&options::MAX_SNAPSHOT_SIZE).as_bytes(),
        1 << 20
    );
    assert!(configuration.is_set(&options::STATE_BACKEND));
}

#[test]
fn values_are_taken_as_they_are_written() {
    let dir = |text: &str| {
        let text = format!("ä: &a 1\nexecution.checkpointing.dir: {text}");
        let text = text.replacen("ä: &a 1\n", "# ä\n", 1);
        file(&text).unwrap().get(&options::CHECKPOINT_DIR)
    };
    for written in [
        "0123",
        "1_000",
        "1e3",
        "0x10",
        "true",
        "2024-01-01",
        "1.50",
        "yes",
    ] {
        let location = Location::new(written).unwrap();
        assert_eq!(dir(written), Some(location), "{written}");
    }
    assert_eq!(dir("|\n  here\n"), Location::new("here").ok());
}

#[test]
fn anchors_and_merges_are_yaml() {
    let text = "
execution.checkpointing: &all
  mode: at-least-once
  interval: &i 5 s
  timeout: *i
restart-strategy.type: none
";
    let configuration = file(text).unwrap();
    assert_eq!(configuration.get(&options::TIMEOUT), Duration::from_secs(5));
    assert_eq!(
        configuration.get(&options::MODE),
        CheckpointMode::AtLeastOnce
    );
}

#[test]
fn empty_files_set_nothing() {
    for text in ["", "\n", "# nothing\n", "---\n", "{}", "~"] {
        assert_eq!(file(text).unwrap().to_yaml().unwrap(), "", "{text}");
    }
}

#[test]
fn what_is_not_yaml_is_told_with_line_and_column() {
    for (text, told) in [
        ("a: [1\n", "a.yaml:1:4: not well-formed YAML: "),
        ("a:\n\tb: 2\n", "a.yaml:2:2: not well-formed YAML: "),
        ("a: 1\n---\nb: 2\n", "a.yaml:3:1: "),
        ("- a\n", "a.yaml:1:1: expected a mapping of keys to values"),
        ("5", "a.yaml:1:1: expected a mapping of keys to values"),
        ("? [a, b]\n: 1\n", "a.yaml:1:3: "),
    ] {
        let error = mistake(text);
        assert!(error.starts_with(told), "{text}: {error}");
        assert!(!error.contains(" at line "), "{text}: {error}");
    }
    let error = Configuration::new().with_yaml("a.yaml", b"a: 1\nb: \xff\n");
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(
        error
            .to_string()
            .starts_with("a.yaml:2: expected UTF-8 text"),
        "{error}"
    );
}

#[test]
fn what_is_too_much_is_refused() {
    let large = vec![b'#'; MAX_FILE_SIZE as usize + 1];
    let error = Configuration::new()
        .with_yaml("a.yaml", &large)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let error = error.to_string();
    assert!(
        error.contains("'a.yaml' has more than 1048576 bytes"),
        "{error}"
    );
    Configuration::new()
        .with_yaml("a.yaml", &large[..MAX_FILE_SIZE as usize])
        .unwrap();

    let deep = format!("a: {}", "{a: ".repeat(10_000));
    assert!(mistake(&deep).contains("not well-formed YAML"));
    let many = "a: 1\n".repeat(200_000);
    assert!(mistake(&many[..1_000_000]).contains("not well-formed YAML"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        bomb += format!("a{level}: &a{level} [{below}]\n").as_str();
    }
    assert!(mistake(&bomb).contains("not well-formed YAML"));
}

#[test]
fn files_are_read_from_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(Configuration::FILE_NAME);
    let error = Configuration::new().with_file(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    let told = format!("cannot read the configuration file '{}'", path.display());
    assert!(error.to_string().starts_with(&told), "{error}");

    std::fs::write(&path, "parallelism.default: 0").unwrap();
    let error = Configuration::new()
        .with_file(&path)
        .unwrap_err()
        .to_string();
    let told = format!(
        "'parallelism.default' in {}:1: expected at least 1, at most 32768, found '0'",
        path.display()
    );
    assert_eq!(error, told);

    std::fs::write(&path, "parallelism.default: 3").unwrap();
    let configuration = Configuration::new().with_file(&path).unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 3);
    let error = Configuration::new()
        .with_file(directory.path())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
}
