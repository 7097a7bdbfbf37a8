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

macro_rules! rejected {
    ($($test:ident: $fault:ident by $case:literal,)+) => {
        $(
            #[test]
            fn $test() {
                rejects(Fault::$fault, $case);
            }
        )+

        /// The faults that have a test.
        const TESTED: &[Fault] = &[$(Fault::$fault,)+];
    };
}

rejected! {
    lost_delete: LostDelete by "value::a06_absent_value_is_none",
    lost_tombstone: LostTombstone by "increment::deletions_in_increments",
    aliasing_after_the_freeze: Aliasing by "concurrency::a56_parallel_snapshots",
    wrong_merge_order: MergeOrder by "list::a16_list_merge_namespaces",
    leaky_namespace: LeakyNamespace by "namespaces::namespaces_are_apart",
    torn_snapshot: TornSnapshot by "value::a01_value_basics",
    a_key_group_too_many: ForeignGroup by "rescale::a50_scale_down",
    base_that_was_never_confirmed: UnconfirmedBase by "increment::confirmations_lost",
    forgotten_state: ForgottenState by "restore::unclaimed_state_is_carried_on",
    append_that_replaces: AppendReplaces by "increment::lists_in_increments",
    entry_that_is_written_twice: DoubledEntry by "table::g07_frozen_while_growing",
    batch_that_is_taken_in_part: HalfBatch by "list::a12_batch_that_cannot_be_encoded",
    abort_that_is_forgotten: ForgottenAbort by "increment::confirmed_then_aborted",
    copies_after_the_release: LastingCopies by "table::g04_one_copy_a_snapshot",
}

#[test]
fn every_fault_has_its_test() {
    for fault in Fault::ALL {
        assert!(TESTED.contains(fault), "nothing tests {fault:?}");
    }
}
