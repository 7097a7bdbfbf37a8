#![no_main]

use alluvium_state_api::Schema;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    let Ok(schema) = Schema::decode(&mut rest) else {
        return;
    };
    // A schema has one form.
    let mut again = Vec::new();
    schema
        .encode(&mut again)
        .expect("what was read can be written");
    assert_eq!(again, bytes[..bytes.len() - rest.len()]);
    assert!(schema.check(&schema).is_ok());
    // Its forms for people end, too.
    assert!(!format!("{schema}{schema:?}").is_empty());
});
