//! The suite itself under test: it rejects every broken backend. (That it passes the wrapper
//! without a fault is what `incremental` tests.)

use crate::incremental::Incremental;
use alluvium_state_tests::conformance::faulty::{Fault, Faulty};
use alluvium_state_tests::conformance::{Case, Harness, keyed_cases};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The cases that a backend fails.
fn failures<H: Harness>(harness: &H) -> Vec<&'static str> {
    // What takes long finds nothing that the others do not find.
    let long = ["of_a_million", "g03", "a54"];
    let brief = |case: &Case<H>| !long.iter().any(|long| case.name.contains(long));
    let fails = |case: &Case<H>| catch_unwind(AssertUnwindSafe(|| (case.run)(harness))).is_err();
    let cases = keyed_cases().into_iter();
    let failed = cases.filter(|case| brief(case) && fails(case));
    failed.map(|case| case.name).collect()
}

fn rejects(fault: Fault, by: &str) {
    let found = failures(&Faulty::new(Incremental, Some(fault)));
    println!("{fault:?} fails {} cases: {found:?}", found.len());
    assert!(
        found.contains(&by),
        "{fault:?} passes {by}, fails {found:?}"
    );
}

#[test]
fn lost_delete() {
    rejects(Fault::LostDelete, "value::a06_absent_value_is_none");
}

#[test]
fn lost_tombstone() {
    rejects(Fault::LostTombstone, "increment::deletions_in_increments");
}

#[test]
fn aliasing_after_the_freeze() {
    rejects(Fault::Aliasing, "concurrency::a56_parallel_snapshots");
}

#[test]
fn wrong_merge_order() {
    rejects(Fault::MergeOrder, "list::a16_list_merge_namespaces");
}

#[test]
fn leaky_namespace() {
    rejects(Fault::LeakyNamespace, "namespaces::namespaces_are_apart");
}

#[test]
fn torn_snapshot() {
    rejects(Fault::TornSnapshot, "value::a01_value_basics");
}

#[test]
fn a_key_group_too_many() {
    rejects(Fault::ForeignGroup, "rescale::a50_scale_down");
}

#[test]
fn base_that_was_never_confirmed() {
    rejects(Fault::UnconfirmedBase, "increment::confirmations_lost");
}

#[test]
fn forgotten_state() {
    rejects(
        Fault::ForgottenState,
        "restore::unclaimed_state_is_carried_on",
    );
}

#[test]
fn append_that_replaces() {
    rejects(Fault::AppendReplaces, "increment::lists_in_increments");
}

#[test]
fn entry_that_is_written_twice() {
    rejects(Fault::DoubledEntry, "table::g07_frozen_while_growing");
}

/// A fault that no test above names would go untested.
#[test]
fn every_fault_has_its_test() {
    assert_eq!(Fault::ALL.len(), 11);
}
