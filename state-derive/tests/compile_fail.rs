//! What derives refuse, and how they say it.

#![forbid(unsafe_code)]

#[test]
fn refusals_are_readable() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
