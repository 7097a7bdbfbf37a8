//! The control endpoint, asked as any program would.

use crate::command::Flights;
use crate::live::Live;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;

/// An endpoint, and the token of its note.
struct Asked {
    live: Live,
    token: String,
}

/// Status and body of an answer.
type Answer = (u16, Value);

impl Asked {
    /// A job that has a checkpoint.
    fn new(flights: &Flights) -> Self {
        let mut asked = Self::start(flights);
        asked.live.until("checkpoint 1: ");
        asked
    }

    /// A job that runs.
    fn start(flights: &Flights) -> Self {
        let mut live = Live::start(flights, &["--rate", "20000"]);
        live.until("starting at record 0");
        let notes = std::fs::read_dir(flights.path("run/alluvium")).unwrap();
        let note = notes.map(|entry| entry.unwrap().path()).next().unwrap();
        let note: Value = serde_json::from_slice(&std::fs::read(note).unwrap()).unwrap();
        assert_eq!(note["address"], *live.address);
        let token = note["token"].as_str().unwrap().to_owned();
        Self { live, token }
    }

    fn raw(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.live.address).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        // An endpoint that turns a request down need not read all of it.
        drop(stream.write_all(request.as_bytes()));
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn host(&self) -> String {
        format!("Host: {}", self.live.address)
    }

    fn get(&self, path: &str) -> Answer {
        self.raw("GET", path, &[&self.host()], "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let token = format!("Authorization: Bearer {}", self.token);
        self.raw(method, path, &[&self.host(), &token], body)
    }

    /// Asks for the status of a trigger until it has come to its end; what that is.
    fn operation(&self, path: &str, trigger: &Value) -> Value {
        let path = format!("{path}/{}", trigger["request-id"].as_str().unwrap());
        loop {
            let (status, body) = self.get(&path);
            assert_eq!(status, 200, "{body}");
            if body["status"]["id"] == "COMPLETED" {
                return body["operation"].clone();
            }
            assert_eq!(body["status"]["id"], "IN_PROGRESS");
        }
    }
}

fn slow() -> Flights {
    Flights::new(&["--parallelism", "1", "--checkpoint-interval", "100ms"])
}

#[test]
fn a_job_is_looked_at_and_stopped_as_flinks_clients_do() {
    // Seldom, so that the history still holds what was asked for.
    let seldom = ["--parallelism", "1", "--checkpoint-interval", "1s"];
    let flights = Flights::new(&seldom);
    let asked = Asked::new(&flights);
    assert_eq!(
        asked.get("/jobs"),
        (
            200,
            json!({"jobs": [{"id": "flights", "status": "RUNNING"}]})
        )
    );
    let (status, job) = asked.get("/jobs/flights");
    assert_eq!(
        (status, &job["jid"], &job["state"]),
        (200, &"flights".into(), &"RUNNING".into())
    );
    assert!(job["records"].as_u64().unwrap() > 0 && job["end-time"] == -1);

    let path = "/jobs/flights/checkpoints";
    let (status, trigger) = asked.ask("POST", path, r#"{"triggerId": "mine"}"#);
    assert_eq!((status, &trigger["request-id"]), (202, &"mine".into()));
    let again = asked.ask("POST", path, r#"{"triggerId": "mine"}"#);
    assert_eq!(again, (202, trigger.clone()));
    assert!(
        asked.operation(path, &trigger)["checkpointId"]
            .as_u64()
            .unwrap()
            > 1
    );
    let (status, trigger) = asked.ask("POST", path, r#"{"checkpointType": "FULL"}"#);
    assert_eq!(status, 202, "{trigger}");
    assert!(asked.operation(path, &trigger)["checkpointId"].is_u64());
    let (status, told) = asked.ask("POST", path, r#"{"checkpointType": "FAST"}"#);
    assert_eq!(status, 400, "{told}");

    let path = "/jobs/flights/savepoints";
    let target = flights.path("there");
    let body = json!({"target-directory": target, "cancel-job": false}).to_string();
    let (status, trigger) = asked.ask("POST", path, &body);
    assert_eq!(status, 202, "{trigger}");
    let operation = asked.operation(path, &trigger);
    let location = operation["location"].as_str().unwrap();
    assert!(
        location.starts_with(target.to_str().unwrap()),
        "{operation}"
    );

    let (_, told) = asked.get("/jobs/flights/checkpoints");
    assert_eq!(told["latest"]["savepoint"]["external_path"], *location);
    assert_eq!(told["latest"]["savepoint"]["is_savepoint"], true);
    assert!(told["counts"]["completed"].as_u64().unwrap() >= 3);
    assert!(told["history"].as_array().unwrap().len() <= 10);
    let savepoint = &told["latest"]["savepoint"];
    let path = format!("/jobs/flights/checkpoints/details/{}", savepoint["id"]);
    assert_eq!(asked.get(&path), (200, savepoint.clone()));
    assert_eq!(savepoint["savepointFormat"], "CANONICAL");

    let path = "/savepoint-disposal";
    let body = json!({"savepoint-path": location}).to_string();
    let (_, trigger) = asked.ask("POST", path, &body);
    assert!(asked.operation(path, &trigger)["failure-cause"].is_null());
    assert!(!std::path::Path::new(location).exists());
    let (_, trigger) = asked.ask("POST", path, &body);
    let operation = asked.operation(path, &trigger);
    let cause = operation["failure-cause"]["stack-trace"].as_str().unwrap();
    assert!(cause.contains("no such file"), "{cause}");

    let body = json!({"targetDirectory": target, "drain": true}).to_string();
    let (_, trigger) = asked.ask("POST", "/jobs/flights/stop", &body);
    let operation = asked.operation("/jobs/flights/savepoints", &trigger);
    assert!(operation["location"].is_string(), "{operation}");
    assert_eq!(asked.live.wait().code, Some(0));
}

#[test]
fn the_configuration_of_checkpoints_is_told_as_it_is() {
    let options = [
        "-Dexecution.checkpointing.min-pause=5ms",
        "-Dexecution.checkpointing.timeout=7 min",
        "-Dexecution.checkpointing.tolerable-failed-checkpoints=3",
        "-Dexecution.checkpointing.mode=AT_LEAST_ONCE",
        "-Dexecution.checkpointing.externalized-checkpoint-retention=DELETE_ON_CANCELLATION",
    ];
    let flights = Flights::new(&[&["--checkpoint-interval", "100ms"][..], &options].concat());
    let asked = Asked::new(&flights);
    let expected = json!({
        "mode": "at_least_once",
        "interval": 100,
        "timeout": 420_000,
        "min_pause": 5,
        "max_concurrent": 1,
        "externalization": {"enabled": true, "delete_on_cancellation": true},
        "state_backend": "filesystem",
        "checkpoint_storage": "filesystem",
        "unaligned_checkpoints": false,
        "tolerable_failed_checkpoints": 3,
        "checkpoints_after_tasks_finish": true,
    });
    let config = asked.get("/jobs/flights/checkpoints/config");
    assert_eq!(config, (200, expected));
    asked.live.kill();
}

/// The names that Flink's clients look for.
const STATISTICS: [&str; 14] = [
    "id",
    "status",
    "is_savepoint",
    "savepointFormat",
    "trigger_timestamp",
    "latest_ack_timestamp",
    "state_size",
    "checkpointed_size",
    "end_to_end_duration",
    "num_subtasks",
    "num_acknowledged_subtasks",
    "checkpoint_type",
    "external_path",
    "discarded",
];

#[test]
fn a_checkpoint_is_told_with_all_that_is_known_of_it() {
    let flights = Flights::new(&[
        "--parallelism",
        "2",
        "--checkpoint-interval",
        "1h",
        "-Dexecution.checkpointing.data-inline-threshold=0b",
    ]);
    let asked = Asked::start(&flights);
    let path = "/jobs/flights/checkpoints";
    let take = || {
        let (_, trigger) = asked.ask("POST", path, "");
        asked.operation(path, &trigger)["checkpointId"].clone()
    };
    let first = take();
    let details = |id: &Value| asked.get(&format!("{path}/details/{id}"));
    let (status, told) = details(&first);
    assert_eq!(status, 200, "{told}");
    for name in STATISTICS {
        assert!(told.get(name).is_some(), "'{name}' is missing: {told}");
    }
    let number = |told: &Value, name: &str| told[name].as_u64().unwrap();
    let folder = flights
        .output()
        .join(format!("checkpoints/flights/chk-{first}"));
    assert_eq!(told["external_path"], *folder.to_str().unwrap());
    assert!(folder.join("_metadata").exists());
    assert_eq!(told["status"], "COMPLETED");
    assert_eq!(told["discarded"], false);
    assert!(number(&told, "num_subtasks") > 2);
    assert_eq!(told["num_subtasks"], told["num_acknowledged_subtasks"]);
    let acknowledged = number(&told, "latest_ack_timestamp");
    assert!(acknowledged >= number(&told, "trigger_timestamp"));
    // The first is written whole; the second builds on it, and takes its place.
    assert_eq!(told["state_size"], told["checkpointed_size"]);
    let metadata = std::fs::metadata(folder.join("_metadata")).unwrap().len();
    assert!(number(&told, "state_size") > metadata);
    let second = details(&take()).1;
    let (size, written) = (
        number(&second, "state_size"),
        number(&second, "checkpointed_size"),
    );
    assert!(written < size, "{second}");
    assert_eq!(details(&first).1["discarded"], true);

    let (_, list) = asked.get(path);
    assert_eq!(list["latest"]["completed"], second);
    for (wanted, status, told) in [("99", 404, "checkpoint 99"), ("x", 400, "found 'x'")] {
        let (found, answer) = asked.get(&format!("{path}/details/{wanted}"));
        assert_eq!(found, status, "{answer}");
        let error = answer["errors"][0].as_str().unwrap();
        assert!(error.contains(told), "{error}");
    }
    asked.live.kill();
}

#[test]
fn what_was_given_up_is_told_as_what_it_was() {
    let flights = Flights::new(&[
        "--backend",
        "memory",
        "--checkpoint-interval",
        "1h",
        "-Dstate.backend.memory.max-snapshot-size=100 bytes",
        "-Drestart-strategy.type=none",
    ]);
    let asked = Asked::start(&flights);
    let fails = |path: &str, body: &str| {
        let path = format!("/jobs/flights/{path}");
        let (_, trigger) = asked.ask("POST", &path, body);
        let operation = asked.operation(&path, &trigger);
        assert!(!operation["failure-cause"].is_null(), "{operation}");
    };
    let target = json!({"target-directory": flights.path("there")}).to_string();
    fails("savepoints", &target);
    let (_, list) = asked.get("/jobs/flights/checkpoints");
    let failed = &list["latest"]["failed"];
    assert_eq!(failed["checkpoint_type"], "SAVEPOINT", "{failed}");
    let reason = failed["failure_message"].as_str().unwrap();
    assert!(reason.contains("max-snapshot-size"), "{reason}");
    assert!(failed["failure_timestamp"].as_u64() >= failed["trigger_timestamp"].as_u64());
    assert!(failed["external_path"].is_null());
    // That of a checkpoint fails the job.
    fails("checkpoints", "");
    let ran = asked.live.wait();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for what in ["\nsavepoint 1", "\ncheckpoint 2"] {
        let told = format!("{what} was given up: ");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
}

#[test]
fn failures_of_savepoints_are_told_where_they_are_asked_for() {
    let flights = slow();
    let asked = Asked::new(&flights);
    let path = "/jobs/flights/savepoints";
    let (status, trigger) = asked.ask("POST", path, "");
    assert_eq!(status, 202);
    let operation = asked.operation(path, &trigger);
    assert_eq!(operation["failure-cause"]["class"], "Misuse");
    assert!(operation["location"].is_null());
    let (status, _) = asked.ask("PATCH", "/jobs/flights?mode=cancel", "");
    assert_eq!(status, 202);
    assert_eq!(asked.live.wait().code, Some(3));
}

#[test]
fn only_the_user_may_change_something_and_only_this_machine_may_look() {
    let flights = slow();
    let asked = Asked::new(&flights);
    let host = asked.host();
    for (method, path) in [
        ("PATCH", "/jobs/flights"),
        ("POST", "/jobs/flights/stop"),
        ("POST", "/jobs/flights/savepoints"),
        ("POST", "/jobs/flights/checkpoints"),
        ("POST", "/savepoint-disposal"),
    ] {
        let (status, body) = asked.raw(method, path, &[&host], "{}");
        assert_eq!(status, 401, "{method} {path}");
        assert!(
            body["errors"][0].as_str().unwrap().contains("token"),
            "{body}"
        );
        let wrong = "Authorization: Bearer 0123";
        assert_eq!(asked.raw(method, path, &[&host, wrong], "{}").0, 401);
    }
    for host in ["Host: evil.example", "Host: evil.example:80"] {
        assert_eq!(asked.raw("GET", "/jobs", &[host], "").0, 403);
    }
    assert_eq!(asked.get("/jobs").1["jobs"][0]["status"], "RUNNING");
    asked.live.kill();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let flights = slow();
    let asked = Asked::new(&flights);
    for (method, path, body, expected, told) in [
        ("GET", "/jobs/hikes", "", 404, "'hikes'"),
        ("GET", "/nothing", "", 404, "nothing at this path"),
        ("GET", "/jobs/flights/savepoints/x", "", 404, "trigger 'x'"),
        ("GET", "/savepoint-disposal/x", "", 404, "trigger 'x'"),
        ("POST", "/jobs/hikes/stop", "{}", 404, "'hikes'"),
        ("DELETE", "/jobs", "", 405, "method"),
        ("PATCH", "/jobs/flights?mode=pause", "", 400, "'pause'"),
        ("POST", "/jobs/flights/stop", "{", 400, "cannot be read"),
        (
            "POST",
            "/jobs/flights/stop",
            r#"{"drian": true}"#,
            400,
            "drian",
        ),
        (
            "POST",
            "/jobs/flights/stop",
            r#"{"triggerId": "a/b"}"#,
            400,
            "trigger id",
        ),
        (
            "POST",
            "/jobs/flights/stop",
            r#"{"triggerId": "config"}"#,
            400,
            "not 'config'",
        ),
        (
            "POST",
            "/jobs/flights/stop",
            r#"{"formatType": "NATIVE"}"#,
            400,
            "'NATIVE'",
        ),
        (
            "POST",
            "/jobs/flights/checkpoints",
            r#"{"checkpointType": "X"}"#,
            400,
            "'X'",
        ),
        (
            "POST",
            "/savepoint-disposal",
            r#"{"savepoint-path": "a"}"#,
            400,
            "absolute",
        ),
    ] {
        let (status, answer) = asked.ask(method, path, body);
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
        let error = answer["errors"][0].as_str().unwrap();
        assert!(error.contains(told), "{method} {path}: {error}");
    }
    let long = format!(r#"{{"triggerId": "{}"}}"#, "x".repeat(100_000));
    assert_eq!(asked.ask("POST", "/jobs/flights/stop", &long).0, 413);
    asked.live.kill();
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_written() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let flights = slow();
    flights.fail(&["--port", &port], &[&port, "'--port'", "in use"]);
    assert!(!flights.output().exists());
}
