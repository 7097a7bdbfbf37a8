//! Stores that cannot be used: one clear sentence, in time, and nothing of the job is touched.

use super::Server;
use crate::command::Flights;
use crate::live::Live;
use crate::reference::{Tables, data_set};
use std::net::TcpListener;
use std::process::Stdio;

const ROOT: &str = "s3://bucket/jobs";
const OPTION: &str = "'execution.checkpointing.dir'";

/// Those of a job.
const OPTIONS: [&str; 4] = ["--checkpoint-interval", "50ms", "--checkpoint-dir", ROOT];

#[test]
fn wrong_credentials_touch_nothing_of_a_job() {
    let server = Server::start();
    let flights = server.flights(&OPTIONS);
    let mut live = Live::start(&flights, &["--rate", "20000"]);
    live.until(" ms");
    live.until(" ms");
    // Not killed: the server would go on with what it was asked last.
    live.signal("TERM");
    live.wait();
    let before = server.objects();
    assert!(!before.is_empty());

    let wrong = server.flights_with_secret(&OPTIONS, "not-the-secret-key");
    let told = [ROOT, "the store refuses the credentials"];
    let ran = wrong.fail(&[], &[&told[..], &[OPTION]].concat());
    assert!(!ran.stderr.contains("not-the-secret-key"), "{}", ran.stderr);
    wrong.fail(&["--fresh"], &[&told[..], &[OPTION]].concat());
    for command in ["list", "inspect", "verify", "gc"] {
        wrong.does_not(&[command, ROOT], &told);
    }
    wrong.does_not(&["copy", ROOT, "here"], &told);
    assert!(!wrong.output().exists());
    assert!(server.objects() == before);

    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn credentials_of_the_file_win_over_those_of_the_environment() {
    let server = Server::start();
    let flights = server.flights_with_secret_in_file(&OPTIONS);
    flights.finish(&[]);
    Tables::of(data_set(), 1).assert_in(&flights.output());
    flights.does(&["list", ROOT]);
    assert!(!server.objects().is_empty());

    let half = flights.path("half.yaml");
    std::fs::write(&half, "storage.s3.secret-access-key: not-to-be-told").unwrap();
    flights.does_not(
        &["list", ROOT, "--config", half.to_str().unwrap()],
        &[
            "'storage.s3.secret-access-key' = '******'",
            "needs 'storage.s3.access-key-id', which is not set",
        ],
    );
}

#[test]
fn an_endpoint_that_nobody_answers_at_is_given_up_in_time() {
    let server = Server::start();
    let flights = server.flights(&OPTIONS);
    let endpoint = "http://127.0.0.1:1";
    let set = format!("storage.s3.endpoint={endpoint}");
    let soon = [
        "-D",
        &set,
        "-D",
        "storage.deadline=1 s",
        "-D",
        "storage.initial-back-off=20 ms",
    ];
    let told = [
        ROOT,
        endpoint,
        "gave up after",
        "within 1s ('storage.deadline')",
    ];
    flights.fail(&soon, &[&told[..], &[OPTION]].concat());
    let verify: Vec<&str> = ["verify", ROOT].iter().chain(&soon).copied().collect();
    flights.does_not(&verify, &told);
    assert!(!flights.output().exists());
}

#[test]
fn a_bucket_that_does_not_exist_fails_a_savepoint_and_no_job() {
    let server = Server::start();
    let flights = server.flights(&OPTIONS);
    let none = "s3://no-bucket/jobs";
    let told = [none, "the bucket does not exist"];
    flights.fail(
        &["--checkpoint-dir", none],
        &[&told[..], &[OPTION]].concat(),
    );
    flights.fail(&["-s", none], &told);
    assert!(!flights.output().exists() && server.objects().is_empty());

    let mut live = Live::start(&flights, &["--rate", "30000"]);
    live.until("checkpoint 1: ");
    let cannot = format!("savepoints cannot be written to '{none}'");
    for command in [
        &["savepoint", "flights", none][..],
        &["stop", "-p", none, "flights"],
        &["cancel", "-s", none, "flights"],
    ] {
        flights.does_not(command, &[&cannot, told[1]]);
    }
    let ran = live.wait();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    Tables::of(data_set(), 1).assert_in(&flights.output());
}

#[test]
fn a_server_that_ignores_conditions_is_found_out_before_anything_is_written() {
    let server = Server::careless();
    let flights = server.flights(&OPTIONS);
    let told = "ignores the condition that an object be created only if there is none";
    flights.fail(&[], &[ROOT, OPTION, told]);
    assert!(!flights.output().exists());
    assert!(server.objects().is_empty(), "the probe clears up");
}

#[test]
fn options_and_places_that_make_no_sense_are_told() {
    let server = Server::start();
    let flights = server.flights(&OPTIONS);
    flights.fail(
        &["-D", "storage.part-size=1 mb"],
        &["'storage.part-size' must be at least 5242880", ROOT],
    );
    flights.refuse(
        &["-D", "storage.dead-line=1 s"],
        &["'storage.dead-line'", "'storage.deadline'"],
    );
    flights.fail(&["-s", "s3://bucket/none"], &["s3://bucket/none"]);
    for (place, told) in [
        ("s3:/bucket", "'//' behind 's3:'"),
        ("s3://key:word@bucket", "without user and password"),
        ("gs://bucket/a", "s3://"),
    ] {
        let ran = flights.run(&["--checkpoint-dir", place]);
        assert_eq!(ran.code, Some(2), "{place}");
        assert!(ran.stderr.contains(told), "{place}: {}", ran.stderr);
    }
    assert!(!flights.output().exists() && server.objects().is_empty());
}

#[test]
fn a_store_that_never_answers_holds_up_neither_checkpoints_nor_a_cancellation() {
    let flights = Flights::new(&["--checkpoint-interval", "20ms"])
        .with_variable("AWS_ACCESS_KEY_ID", "somebody")
        .with_variable("AWS_SECRET_ACCESS_KEY", "else");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = silent.local_addr().unwrap();
    let file = format!(
        "storage.s3:\n  endpoint: http://{endpoint}\n  allow-http: true\n\
         storage.deadline: 1 h\nstorage.request-timeout: 1 h\ntask.cancellation.timeout: 50 ms\n"
    );
    std::fs::write(flights.path("alluvium.yaml"), file).unwrap();
    let mut live = Live::start(&flights, &["--rate", "20000"]);
    live.until("checkpoint 1: ");
    let mut asks = flights.alluvium_command(&["savepoint", "flights", "s3://bucket/savepoints"]);
    let mut asks = asks.stderr(Stdio::null()).spawn().unwrap();
    // The job has connected, and waits.
    let connected = silent.accept().unwrap();
    for _ in 0..3 {
        live.until("checkpoint ");
    }
    flights.does(&["cancel", "flights"]);
    assert_eq!(live.wait().code, Some(3));
    assert!(!asks.wait().unwrap().success());
    drop(connected);
}
