//! The server, in a process of its own.

use crate::command::Flights;
use alluvium_test_s3::{KEY, SECRET, Settings};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What makes this program a server.
const VARIABLE: &str = "ALLUVIUM_TEST_S3";
const HONEST: &str = "honest";
const CARELESS: &str = "careless";

/// Where the server is, on a line of its own or behind what the test harness says.
const SAYS: &str = "listens at ";

/// What the process of the server runs; of use to nobody else.
#[test]
#[ignore = "it is started by the tests that need it"]
fn serve() {
    let Ok(kind) = std::env::var(VARIABLE) else {
        return;
    };
    let ignore_conditions = kind == CARELESS;
    let server = alluvium_test_s3::Server::with(Settings { ignore_conditions }).unwrap();
    let bucket = server.bucket();
    println!("{SAYS}{} {}", server.endpoint(), bucket.display());
    // To the end of whoever has started it.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A server that listens.
pub(crate) struct Server {
    child: Child,
    /// Nobody reads on, but it must be able to say more.
    _says: Lines<BufReader<ChildStdout>>,
    pub(crate) endpoint: String,
    bucket: PathBuf,
}

impl Server {
    /// A server that keeps its word.
    pub(crate) fn start() -> Self {
        Self::of(HONEST)
    }

    /// One that creates objects whether there is one or not.
    pub(crate) fn careless() -> Self {
        Self::of(CARELESS)
    }

    fn of(kind: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", "--nocapture", "s3::process::serve"])
            .env(VARIABLE, kind)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, said) = line.split_once(SAYS)?;
            let (endpoint, bucket) = said.split_once(' ')?;
            Some((endpoint.to_owned(), PathBuf::from(bucket)))
        });
        let (endpoint, bucket) = said.unwrap();
        Self {
            child,
            _says: lines,
            endpoint,
            bucket,
        }
    }

    /// The job with options, which reaches the server by its configuration file and environment.
    pub(crate) fn flights(&self, options: &[&str]) -> Flights {
        self.flights_with_secret(options, SECRET)
    }

    pub(crate) fn flights_with_secret(&self, options: &[&str], secret: &str) -> Flights {
        let flights = Flights::new(options)
            .with_variable("AWS_ACCESS_KEY_ID", KEY)
            .with_variable("AWS_SECRET_ACCESS_KEY", secret);
        self.configure(&flights, "");
        flights
    }

    /// The same with its credentials in the configuration file, and useless ones in the environment.
    pub(crate) fn flights_with_secret_in_file(&self, options: &[&str]) -> Flights {
        let flights = Flights::new(options)
            .with_variable("AWS_ACCESS_KEY_ID", "somebody")
            .with_variable("AWS_SECRET_ACCESS_KEY", "else");
        let credentials = format!("  access-key-id: {KEY}\n  secret-access-key: {SECRET}\n");
        self.configure(&flights, &credentials);
        flights
    }

    fn configure(&self, flights: &Flights, more: &str) {
        let endpoint = &self.endpoint;
        let file = format!("storage.s3:\n  endpoint: {endpoint}\n  allow-http: true\n{more}");
        std::fs::write(flights.path("alluvium.yaml"), file).unwrap();
    }

    /// All objects, with their bytes.
    pub(crate) fn objects(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut objects = BTreeMap::new();
        gather(&self.bucket, &mut objects);
        objects
    }
}

fn gather(folder: &Path, objects: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, objects);
        } else {
            objects.insert(path.clone(), std::fs::read(path).unwrap());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself, and clears up, when nobody holds the other end.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}
