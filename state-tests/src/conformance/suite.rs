//! The lists of cases, and the macros that stamp one test a case.

/// A case and its name.
#[derive(Debug)]
pub struct Case<H: ?Sized> {
    /// Theme and function, as in `value::a01_value_basics`.
    pub name: &'static str,
    /// Runs the case; panics if it fails.
    pub run: fn(&H),
}

impl<H: ?Sized> Clone for Case<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: ?Sized> Copy for Case<H> {}

/// Stamps one `#[test]` per case of keyed state, each in a module named after its theme.
///
/// The expression makes a [`Harness`](crate::conformance::Harness); it is evaluated anew for
/// every test.
#[macro_export]
macro_rules! conformance_suite {
    ($harness:expr) => {
        $crate::__keyed_cases!(stamp[$harness]);
    };
}

/// Stamps one `#[test]` per case of operator state; the expression makes an
/// [`OperatorHarness`](crate::conformance::OperatorHarness).
#[macro_export]
macro_rules! operator_conformance_suite {
    ($harness:expr) => {
        $crate::__operator_cases!(stamp[$harness]);
    };
}

/// Stamps one `#[test]` per case of raw state, which is part of the contract itself.
#[macro_export]
macro_rules! raw_conformance_suite {
    () => {
        $crate::__raw_cases!(stamp []);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __keyed_cases {
    ($how:ident $args:tt) => {
        $crate::__each_case! { $how $args
            value {
                a01_value_basics
                a02_snapshot_outlives_backend
                a03_several_states_under_one_key
                a04_update_to_none_clears
                a06_absent_value_is_none
                a07_copies_are_the_readers_own
                value_update_in_place
                value_reads_side_by_side
                value_composite_types
                update_pair_changes_both
                update_pair_rules
                scopes_reach_namespaces
            }
            list {
                a09_list_basics
                a12_add_all_is_all_or_nothing
                a12_batch_that_cannot_be_encoded
                a15_list_walk
                a16_list_merge_namespaces
                list_merge_of_doubled_sources
                a17_list_copies_are_the_readers_own
                a18_absent_list_is_empty
                empty_list_leaves_no_residue
                list_scan_breaks
                list_of_a_million
            }
            fold {
                a19_reducing_basics
                a20_reducing_walk
                a21_reducing_merge_namespaces
                a21_reducing_merges_each_once
                a23_reducing_merge_order
                a24_aggregating_walk
                a25_aggregating_stores_the_accumulator
                a26_aggregating_merge_namespaces
                a27_aggregating_merge_namespaces
                a27_aggregating_merge_order
                panicking_function_leaves_the_entry
                panicking_merge_changes_nothing
            }
            map {
                a28_map_basics
                a28_map_updates_in_place
                a28_update_all_is_stored
                a29_map_is_empty
                a31_empty_map_leaves_no_residue
                a32_map_of_optional_values
                map_put_all_is_all_or_nothing
                map_entries_ascend
                map_range_scans
                map_inverted_range_is_empty
                map_of_a_million
            }
            namespaces {
                namespaces_are_apart
                namespaces_in_every_kind
                key_namespace_and_user_key_do_not_mix
            }
            listing {
                a36_entry_count
                a36_entry_count_of_every_kind
                a37_keys_of_a_namespace
                a38_keys_and_namespaces
                a39_keys_of_collections
                a40_for_each_key
                a40_for_each_key_clears_what_it_walks
                for_each_key_ends_at_an_error
            }
            keys {
                keys_of_every_width
                e01_groups_of_keys
                e02_ranges_of_subtasks
                e04_default_max_parallelism
                e05_bounds
                e06_least_and_most_groups
                key_outside_the_range
            }
            misuse {
                handle_of_another_backend
                handle_of_wrong_types
                registering_again_finds_the_state
                name_taken_by_another_kind
                name_taken_by_other_types
                empty_name
                panicking_closure_leaves_the_entry
                hints_change_nothing
            }
            snapshot {
                a35_empty_snapshot
                snapshot_header
                empty_state_is_in_the_snapshot
                g08_entries_by_group
                job_in_parts
                a62_failing_codec
                checkpoint_numbers_ascend
                reading_leaves_snapshots_alike
                e08_groups_of_a_recording
                recording_reads_some_groups
                job_begins_with_the_header
                e07_logical_entries
            }
            restore {
                a44_other_keys
                a45_other_value
                a46_other_list_element
                a47_other_folded_value
                a48_other_user_key
                b10_other_map_value
                a49_other_kind
                unclaimed_states_are_told
                unclaimed_state_is_carried_on
                unclaimed_state_is_rescaled
                max_parallelism_of_the_snapshot
            }
            rescale {
                a50_scale_down
                a51_scale_up
                a52_same_parallelism
                a54_scale_unevenly
                rescaling_round_trip
                rescaling_from_increments
            }
            increment {
                increments_equal_full_state
                confirmations_lost
                confirmations_late
                confirmations_repeated
                confirmations_out_of_order
                checkpoints_aborted
                confirmed_then_aborted
                two_increments_in_flight
                deletions_in_increments
                deletions_outlive_lost_confirmations
                lists_in_increments
                states_registered_between_increments
                increments_after_restore
                deltas_are_smaller
                unfinished_snapshots_are_limited
            }
            concurrency {
                a56_parallel_snapshots
                a57_cancelled_write
                a57_backend_dropped_during_write
                a58_register_during_write
                snapshots_never_see_later_changes
                jobs_dropped_unwritten
                sink_that_refuses_the_header
            }
            table {
                g02_growing_and_shrinking
                g03_random_oracle
                g04_no_copies_without_a_snapshot
                g04_copies_after_a_freeze
                g04_one_copy_a_snapshot
                g05_copies_are_released
                g07_frozen_while_growing
                many_keys_in_one_group
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __operator_cases {
    ($how:ident $args:tt) => {
        $crate::__each_case! { $how $args
            operator {
                c01_register
                c02_mode_clash
                c03_list_and_broadcast_of_one_name
                c04_empty_store
                c05_registered_empty_list
                c06_broadcast_alone
                c07_lists_alone
                c08_mixed_states
                c15_optional_values
                c16_reading_changes_nothing
                operator_state_that_does_not_fit
                operator_state_that_is_corrupt
                handle_of_another_store
                operator_codec_that_fails
            }
            operator_jobs {
                c10_jobs_own_what_they_read
                c10_store_closed_during_write
                c11_dropped_jobs_release
            }
            redistribution {
                c17_redistribution
                c18_same_parallelism
                c20_state_of_some_subtasks
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __raw_cases {
    ($how:ident $args:tt) => {
        $crate::__each_case! { $how $args
            raw {
                c23_raw_keyed_streams
                raw_state_is_limited
                c24_raw_operator_streams
                c24_raw_operator_streams_stay
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __each_case {
    (stamp [] $($theme:ident { $($case:ident)* })*) => {
        $(
            mod $theme {
                $(
                    #[test]
                    fn $case() {
                        $crate::conformance::cases::$theme::$case();
                    }
                )*
            }
        )*
    };
    (names [] $($theme:ident { $($case:ident)* })*) => {
        vec![$($(concat!(stringify!($theme), "::", stringify!($case))),*)*]
    };
    (stamp [$harness:expr] $($theme:ident { $($case:ident)* })*) => {
        $(
            mod $theme {
                                use super::*;
                $(
                    #[test]
                    fn $case() {
                        $crate::conformance::cases::$theme::$case(&$harness);
                    }
                )*
            }
        )*
    };
    (list [$harness:ty] $($theme:ident { $($case:ident)* })*) => {
        vec![$($(
            $crate::conformance::Case {
                name: concat!(stringify!($theme), "::", stringify!($case)),
                run: $crate::conformance::cases::$theme::$case::<$harness>,
            },
        )*)*]
    };
}

/// All cases of keyed state, for runners of one's own.
pub fn keyed_cases<H: super::Harness>() -> Vec<Case<H>> {
    crate::__keyed_cases!(list[H])
}

/// The names of the cases of raw state.
pub fn raw_case_names() -> Vec<&'static str> {
    crate::__raw_cases!(names [])
}

/// All cases of operator state.
pub fn operator_cases<H: super::OperatorHarness>() -> Vec<Case<H>> {
    crate::__operator_cases!(list[H])
}
