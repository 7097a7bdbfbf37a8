//! Which value wins, and where it came from.

use super::file;
use crate::config::{ByteSize, Configuration, Origin, Secret, options};
use std::time::Duration;

#[test]
fn the_program_wins_over_arguments_over_the_file_over_the_default() {
    let timeout = &options::TIMEOUT;
    let nothing = Configuration::new();
    assert_eq!(nothing.get(timeout), Duration::from_mins(10));
    assert_eq!(nothing.origin(timeout), &Origin::Default);
    assert!(!nothing.is_set(timeout));

    let from_file = file("\nexecution.checkpointing.timeout: 1 min\n").unwrap();
    assert_eq!(from_file.get(timeout), Duration::from_mins(1));
    let origin = Origin::File {
        name: "a.yaml".to_owned(),
        line: 2,
        column: 34,
    };
    assert_eq!(from_file.origin(timeout), &origin);
    assert!(from_file.is_set(timeout));

    let argument = "execution.checkpointing.timeout=2 min";
    let from_argument = from_file.clone().with_argument(argument).unwrap();
    assert_eq!(from_argument.get(timeout), Duration::from_mins(2));
    assert_eq!(from_argument.origin(timeout), &Origin::Argument);

    let from_program = from_argument
        .with_named(timeout, Duration::from_mins(3), "--patience")
        .unwrap()
        .with_argument(argument)
        .unwrap()
        .with_yaml("b.yaml", b"execution.checkpointing.timeout: 4 min")
        .unwrap();
    assert_eq!(from_program.get(timeout), Duration::from_mins(3));
    assert_eq!(
        from_program.origin(timeout).to_string(),
        "given with --patience"
    );
}

#[test]
fn everything_wins_over_defaults_of_the_program() {
    let configuration = Configuration::new()
        .with_default(&options::PARALLELISM, 8u32)
        .unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 8);
    assert_eq!(
        configuration.origin(&options::PARALLELISM),
        &Origin::Default
    );
    assert!(!configuration.is_set(&options::PARALLELISM));
    let configuration = configuration
        .with_yaml("a.yaml", b"parallelism.default: 2")
        .unwrap()
        .with_default(&options::PARALLELISM, 9u32)
        .unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 2);
    let error = configuration.with_default(&options::PARALLELISM, 0u32);
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("'parallelism.default' by default: expected"),
        "{error}"
    );
}

#[test]
fn later_values_of_a_layer_win() {
    let configuration = file("parallelism.default: 2")
        .unwrap()
        .with_yaml("b.yaml", b"parallelism.default: 3")
        .unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 3);
    assert_eq!(
        configuration.origin(&options::PARALLELISM).to_string(),
        "in b.yaml:1"
    );
    let configuration = configuration
        .with_argument("parallelism.default=4")
        .unwrap()
        .with_argument(" parallelism.default = 5 ")
        .unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 5);
    let configuration = configuration
        .with(&options::PARALLELISM, 6u32)
        .unwrap()
        .with(&options::PARALLELISM, 7u32)
        .unwrap();
    assert_eq!(configuration.get(&options::PARALLELISM), 7);
}

#[test]
fn a_value_set_under_an_older_name_gives_way_like_any_other() {
    let configuration = file("state.checkpoints.num-retained: 2")
        .unwrap()
        .with_argument("execution.checkpointing.num-retained=3")
        .unwrap();
    assert_eq!(configuration.get(&options::NUM_RETAINED), 3);
    let configuration = file("execution.checkpointing.num-retained: 2")
        .unwrap()
        .with_argument("state.checkpoints.num-retained=3")
        .unwrap();
    assert_eq!(configuration.get(&options::NUM_RETAINED), 3);
}

#[test]
fn everything_can_be_listed() {
    let configuration = file("execution.checkpointing.interval: 10000")
        .unwrap()
        .with(&options::MAX_LIVE_SIZE, ByteSize::kib(3))
        .unwrap();
    let listed: Vec<_> = configuration
        .effective()
        .filter(|effective| effective.value.is_some())
        .map(|effective| {
            let (key, value) = (effective.option.key(), effective.value.unwrap());
            format!("{key} = {value} {}", effective.origin)
        })
        .collect();
    for line in [
        "execution.checkpointing.interval = 10 s in a.yaml:1",
        "state.backend.memory.max-live-size = 3 kb set by the program",
        "execution.checkpointing.mode = EXACTLY_ONCE by default",
    ] {
        assert!(listed.contains(&line.to_owned()), "{line}: {listed:#?}");
    }
    assert_eq!(configuration.effective().count(), options::all().count());
}

#[test]
fn secrets_are_shown_nowhere() {
    let set = "storage.s3:\n  access-key-id: key\n  secret-access-key: hush";
    let configuration = file(set)
        .unwrap()
        .with_argument("storage.s3.session-token=hush")
        .unwrap()
        .with(&options::S3_SESSION_TOKEN, Secret::new("hush"))
        .unwrap();
    let shown = format!(
        "{configuration:?} {:?} {:?}",
        configuration.effective().collect::<Vec<_>>(),
        configuration.resolve().unwrap(),
    );
    assert!(
        shown.contains("******") && !shown.contains("hush"),
        "{shown}"
    );
    let wrong = file("storage.s3.secret-access-key: \"hush\\n\"");
    let told = wrong.and_then(|it| it.with_argument("storage.s3.session-token=hush\u{7}hush"));
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("found '******'") && !told.contains("hush"),
        "{told}"
    );
    let again = file(&configuration.to_yaml().unwrap()).unwrap();
    let secret = again.get(&options::S3_SECRET_ACCESS_KEY);
    assert_eq!(secret, Some(Secret::new("hush")));
}
