//! `alluvium export`, and completions.

use crate::support::{bad, good, small};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn every_entry_is_a_line_of_json() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 10, 16);
    let lines = good(directory, &["export", "sp", "--format", "jsonl"]);
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // Three states of ten keys; two elements; a broadcast entry in each of two subtasks.
    assert_eq!(lines.len(), 3 * 10 + 2 + 2);
    let line = lines
        .iter()
        .find(|line| line["state"] == "words" && line["key"] == "word 3");
    let mut line = line.unwrap().clone();
    line.as_object_mut().unwrap().remove("group").unwrap();
    let expected = json!({
        "operator": "count", "state": "words", "kind": "value", "key": "word 3", "value": 9,
    });
    assert_eq!(line, expected);
    assert!(lines.contains(&json!({
        "operator": "count", "state": "rules", "kind": "broadcast", "subtask": 1, "key": "a",
        "value": true,
    })));
}

#[test]
fn tables_have_a_header_and_fields_as_they_are() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 1, 16);
    let arguments = [
        "export", "sp", "--format", "csv", "--state", "last", "--output", "out.csv",
    ];
    assert_eq!(good(directory, &arguments), "");
    let text = std::fs::read_to_string(directory.join("out.csv")).unwrap();
    let (header, line) = text.split_once('\n').unwrap();
    assert_eq!(
        header,
        "operator,state,kind,group,subtask,key,namespace,user_key,value"
    );
    assert!(line.starts_with("count,last,list,"), "{line}");
    assert!(
        line.ends_with(",,word 0,,,\"[\"\"word 0\"\",\"\"b\"\"]\"\n"),
        "{line}"
    );
    bad(directory, &arguments, 1, &["'out.csv'"]);
    assert_eq!(
        std::fs::read_to_string(directory.join("out.csv")).unwrap(),
        text
    );
}

#[test]
fn shells_get_completions() {
    let directory = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = good(directory.path(), &["completions", shell]);
        for command in ["inspect", "verify", "diff", "export"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}
