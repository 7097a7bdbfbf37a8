//! `alluvium inspect`.

use crate::support::{bad, crashed, good, json, small};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn a_root_stands_for_the_latest_checkpoint_of_its_job() {
    let flights = crashed();
    let directory = flights.directory.path();
    let root = "alluvium-out/checkpoints";
    let report = json(directory, &["inspect", root]);
    assert_eq!(report["job_name"], "flights");
    let latest = report["checkpoint"].as_u64().unwrap();
    let operators = report["operators"].as_array().unwrap();
    let carriers = operators
        .iter()
        .find(|one| one["uid"] == "carriers")
        .unwrap();
    assert_eq!(carriers["parallelism"], 2);
    assert_eq!(carriers["max_parallelism"], 128);
    let counts = &carriers["keyed"][0];
    assert_eq!(counts["name"], "counts");
    assert_eq!(counts["key"], "[u8; 4]");
    assert_eq!(counts["value"], "Counts { flights: u64, cancelled: u64 }");
    let words = ["export", root, "--format", "jsonl", "--state"];
    let exported = good(directory, &[&words[..], &["carriers/counts"]].concat());
    assert_eq!(counts["entries"], exported.lines().count());
    for path in [
        format!("{root}/flights"),
        format!("{root}/flights/chk-{latest}"),
        format!("{root}/flights/chk-{latest}/_metadata"),
    ] {
        assert_eq!(json(directory, &["inspect", &path])["checkpoint"], latest);
    }
    let text = good(directory, &["inspect", root]);
    assert!(
        text.contains("carriers") && text.contains("counts"),
        "{text}"
    );
    // Fixed-width codes are text, on the command line as in what is shown.
    let of_key = json(
        directory,
        &["inspect", root, "--state", "carriers/counts", "--key", "WN"],
    );
    let entry = &of_key["operators"][0]["keyed"][0]["shown"][0];
    assert_eq!(entry["key"], "WN");
    assert!(entry["value"]["flights"].as_u64().unwrap() > 0, "{entry}");
    let route = ["inspect", root, "--key", r#"["JFK","LAX"]"#];
    let of_route = json(directory, &route);
    assert_eq!(of_route["operators"][0]["uid"], "routes");
    assert!(good(directory, &route).contains("\"JFK\""));
}

#[test]
fn states_are_shown_with_their_entries_and_groups() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 100, 16);
    let report = json(
        directory,
        &["inspect", "sp", "--state", "by-day", "--limit", "3"],
    );
    assert_eq!(report["operators"].as_array().unwrap().len(), 1);
    let state = &report["operators"][0]["keyed"][0];
    assert_eq!(state["kind"], "map");
    assert_eq!(
        (&state["namespace"], &state["user_key"]),
        (&json!("u32"), &json!("u8"))
    );
    assert_eq!(state["entries"], 100);
    let groups = state["groups"].as_array().unwrap();
    let sum: u64 = groups
        .iter()
        .map(|group| group["entries"].as_u64().unwrap())
        .sum();
    assert_eq!(sum, 100);
    let shown = state["shown"].as_array().unwrap();
    assert_eq!(shown.len(), 3);
    assert_eq!(shown[0]["namespace"], 7);
    assert_eq!(shown[0]["user_key"], 3);
    assert_eq!(shown[0]["value"], 0.5);
    let text = good(
        directory,
        &["inspect", "sp", "--state", "count/by-day", "--limit", "3"],
    );
    assert!(text.contains("and 97 more") && text.contains('█'), "{text}");

    let offsets = json(directory, &["inspect", "sp", "--state", "offsets"]);
    let offsets = &offsets["operators"][0]["operator_states"][0];
    assert_eq!(offsets["items"], json!([1, 1]));
    assert_eq!(offsets["shown"][1], json!({"subtask": 1, "value": [2, 5]}));
    let rules = json(directory, &["inspect", "sp", "--state", "rules"]);
    let rules = &rules["operators"][0]["operator_states"][0]["shown"][0];
    assert_eq!(*rules, json!({"subtask": 0, "key": "a", "value": true}));

    let of_key = json(directory, &["inspect", "sp", "--key", "word 7"]);
    let states = of_key["operators"][0]["keyed"].as_array().unwrap();
    assert_eq!(states.len(), 3);
    assert_eq!(states[0]["shown"][0]["value"], 49);
    assert_eq!(states[1]["shown"][0]["value"], json!(["word 7", "b"]));
    assert_eq!(states[0]["key_group"], states[0]["shown"][0]["group"]);
    let none = good(
        directory,
        &["inspect", "sp", "--key", "nobody", "--state", "words"],
    );
    assert!(
        none.contains("The key has nothing in this state."),
        "{none}"
    );
    let head = good(directory, &["inspect", "sp"]);
    assert!(head.contains("2025-11-24T16:00:00.123Z"), "{head}");
    assert!(head.contains("sink"), "{head}");
}

#[test]
fn what_is_not_there_is_named() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    small(directory, "sp", 3, 16);
    std::fs::create_dir(directory.join("empty")).unwrap();
    std::fs::write(directory.join("file"), "x").unwrap();
    for (arguments, expected) in [
        (vec!["inspect", "nowhere"], vec!["'nowhere'"]),
        (
            vec!["inspect", "empty"],
            vec!["'empty'", "_metadata", "log"],
        ),
        (vec!["inspect", "file"], vec!["'file'", "_metadata"]),
        (
            vec!["inspect", "sp", "--state", "wrods"],
            vec!["no state 'wrods'", "'count/words'", "'count/offsets'"],
        ),
    ] {
        bad(directory, &arguments, 1, &expected);
    }
}
