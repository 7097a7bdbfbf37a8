#![no_main]

use alluvium_checkpoint::SubtaskSnapshot;
use alluvium_fuzz::seal_subtask;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    drop(SubtaskSnapshot::decode(bytes));
    if let Ok(snapshot) = SubtaskSnapshot::decode(&seal_subtask(bytes)) {
        let again = snapshot.encode().expect("what was read can be written");
        let read = SubtaskSnapshot::decode(&again).expect("what was written can be read");
        assert_eq!(read, snapshot);
    }
});
