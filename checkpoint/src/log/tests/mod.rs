mod bytes;
mod chain;
mod owners;

use super::entry::Entry;
use super::{JobId, LogEvent, LogState, OwnerId, PublishedCheckpoint};

fn job() -> JobId {
    JobId::new("golden-job").unwrap()
}

fn published(checkpoint: u64) -> PublishedCheckpoint {
    PublishedCheckpoint {
        checkpoint,
        path: format!("chk-{checkpoint}/_metadata"),
        length: 40,
        crc: 0x0102_0304,
    }
}

/// An entry of the owner whose id is `owner` all over.
fn entry(seq: u64, generation: u64, owner: u8, event: LogEvent, state: LogState) -> Entry {
    Entry {
        seq,
        generation,
        owner: OwnerId([owner; 16]),
        job: job(),
        event,
        state,
    }
}

#[test]
fn job_ids_name_folders_everywhere() {
    for good in ["a", "flights", "A-1_b.c", &"x".repeat(128)] {
        assert_eq!(JobId::new(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "a b",
        "ä",
        "a\n",
        &"x".repeat(129),
    ] {
        assert!(JobId::new(bad).is_err(), "{bad:?}");
    }
}
