//! Which running job is meant.

use super::client::{Client, Sight};
use super::note::{self, Note};
use alluvium::config::{Location, options};
use alluvium::{Result, StateError};
use std::net::SocketAddr;
use std::path::Path;

/// The state of a job whose endpoint does not answer in time.
const SILENT: &str = "UNRESPONSIVE";

/// A running job.
#[derive(Debug)]
pub(crate) struct LiveJob {
    pub(crate) note: Note,
    /// As Flink names it.
    pub(crate) state: String,
}

/// All running jobs of this user. Notes of others are removed.
///
/// # Errors
/// As [`note::directory`] and [`note::all`] say.
pub(crate) fn live_jobs() -> Result<Vec<LiveJob>> {
    let mut jobs = Vec::new();
    for (path, note) in note::all(&note::directory()?)? {
        match Client::new(note.clone()).look() {
            Sight::State(state) => jobs.push(LiveJob { note, state }),
            Sight::Silent => jobs.push(LiveJob {
                note,
                state: SILENT.to_owned(),
            }),
            // Its process has gone, and another one has its number.
            Sight::Gone => drop(std::fs::remove_file(path)),
        }
    }
    Ok(jobs)
}

/// That no running job of this user has these checkpoints, or puts out into this directory. One that
/// does not answer, because it was stopped perhaps, is no hindrance: whoever claims the checkpoints
/// after it ends it.
///
/// # Errors
/// `Misuse` if one does.
pub(crate) fn check_free(id: &str, root: Option<&Location>, output: &Path) -> Result<()> {
    let root = root.map(Location::absolute).transpose()?;
    let root = root.map(|root| root.to_string());
    let directory = note::output_of(output);
    let same_root = |note: &Note| note.id == id && Some(&note.checkpoint_root) == root.as_ref();
    let same = |note: &Note| same_root(note) || !directory.is_empty() && note.output == directory;
    // Where no notes can be read, none can be left.
    let notes = note::directory().and_then(|directory| note::all(&directory));
    let mut notes = notes.unwrap_or_default().into_iter();
    let running = notes.find(|(_, note)| {
        same(note) && matches!(Client::new(note.clone()).look(), Sight::State(_))
    });
    let Some((_, note)) = running else {
        return Ok(());
    };
    let (what, option, place) = if same_root(&note) {
        let key = options::CHECKPOINT_DIR.key();
        ("checkpoint", key, note.checkpoint_root)
    } else {
        ("output", "--output", note.output)
    };
    Err(StateError::misuse(format!(
        "the {what} directory '{place}' ('{option}') is in use: job '{}' is running there, as process \
         {} with its endpoint at {}; stop it, or name another directory{}",
        note.id,
        note.pid,
        note.address,
        if what == "checkpoint" {
            " or --job-id"
        } else {
            ""
        }
    )))
}

/// The running job that `wanted` means: its id, its name, its address, or a beginning of its id
/// that no other has.
///
/// # Errors
/// `Misuse` if there is none or more than one, naming what there is; and as [`live_jobs`] says.
pub(crate) fn find(wanted: &str) -> Result<Client> {
    let jobs = live_jobs()?;
    pick(wanted, jobs.into_iter().map(|job| job.note).collect()).map(Client::new)
}

fn pick(wanted: &str, notes: Vec<Note>) -> Result<Note> {
    let address = wanted.strip_prefix("http://").unwrap_or(wanted);
    let address: Option<SocketAddr> = address.trim_end_matches('/').parse().ok();
    // What is said more exactly goes before what is said less so.
    let meanings: [&dyn Fn(&Note) -> bool; 4] = [
        &|note| Some(note.address) == address,
        &|note| note.id == wanted,
        &|note| note.name == wanted,
        &|note| !wanted.is_empty() && note.id.starts_with(wanted),
    ];
    let meant = meanings.iter().find_map(|means| {
        let meant: Vec<&Note> = notes.iter().filter(|note| means(note)).collect();
        (!meant.is_empty()).then_some(meant)
    });
    match meant.as_deref() {
        Some([one]) => Ok((*one).clone()),
        Some(several) => Err(StateError::misuse(format!(
            "'{wanted}' may be any of several running jobs: {}; give a whole id, or an address",
            listed(several.iter().copied())
        ))),
        None if notes.is_empty() => Err(StateError::misuse(format!(
            "job '{wanted}' is not found: no job of this user is running"
        ))),
        None => Err(StateError::misuse(format!(
            "job '{wanted}' is not found; running are: {}",
            listed(notes.iter())
        ))),
    }
}

fn listed<'a>(notes: impl Iterator<Item = &'a Note>) -> String {
    let told: Vec<String> = notes
        .map(|note| {
            let (id, name, address) = (&note.id, &note.name, note.address);
            let root = &note.checkpoint_root;
            format!("'{id}' (name '{name}', at {address}, checkpoints in '{root}')")
        })
        .collect();
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(id: &str, name: &str, port: u16) -> Note {
        Note {
            id: id.to_owned(),
            name: name.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            pid: 1,
            checkpoint_root: "/root".into(),
            output: String::new(),
            token: String::new(),
        }
    }

    #[test]
    fn a_job_is_its_id_its_name_its_address_or_a_beginning() {
        let notes = || {
            vec![
                note("flights", "flights", 1),
                note("flights-2", "flights", 2),
                note("other", "other-name", 3),
            ]
        };
        let port = |wanted: &str| pick(wanted, notes()).map(|note| note.address.port());
        for (wanted, found) in [
            ("flights", 1),
            ("flights-", 2),
            ("o", 3),
            ("other-name", 3),
            ("127.0.0.1:2", 2),
            ("http://127.0.0.1:2", 2),
            ("http://127.0.0.1:2/", 2),
        ] {
            assert_eq!(port(wanted).unwrap(), found, "{wanted}");
        }
        let ambiguous = port("fl").unwrap_err().to_string();
        assert!(
            ambiguous.contains("'flights-2'") && ambiguous.contains("'fl'"),
            "{ambiguous}"
        );
        for unknown in ["x", "", "127.0.0.1:9", "flights-3"] {
            let error = port(unknown).unwrap_err().to_string();
            assert!(error.contains("'other'"), "{error}");
            assert!(error.contains(&format!("job '{unknown}'")), "{error}");
        }
        let error = pick("x", Vec::new()).unwrap_err().to_string();
        assert!(error.contains("no job of this user is running"), "{error}");
        let twice = vec![note("a", "a", 1), note("a", "a", 2)];
        let error = pick("a", twice).unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:2"), "{error}");
    }
}
