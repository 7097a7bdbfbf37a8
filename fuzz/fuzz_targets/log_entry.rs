#![no_main]

use alluvium_checkpoint::{JobId, MemoryStorage, Storage, inspect};
use alluvium_fuzz::seal_log_entry;
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

fn look(bytes: &[u8]) {
    let storage = Arc::new(MemoryStorage::new());
    storage
        .create("golden-job/log/1", bytes)
        .expect("memory takes everything");
    let job = JobId::new("golden-job").expect("it is a name");
    drop(inspect(storage, &job));
}

fuzz_target!(|bytes: &[u8]| {
    look(bytes);
    look(&seal_log_entry(bytes));
});
