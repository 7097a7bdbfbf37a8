//! The borrow rules of the API: each program under `ui/` must be refused by the compiler, for the
//! reason that its `.stderr` gives.

#[test]
fn borrow_rules() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
