use super::{AbortReason, Alignment, Outcome};
use crate::executor::barrier::Barrier;
use alluvium::checkpoint::CheckpointKind;
use alluvium::checkpoint::CheckpointMode::{self, AtLeastOnce, ExactlyOnce};
use alluvium::{CheckpointId, SnapshotMode};

fn barrier(id: u64) -> Barrier {
    Barrier {
        checkpoint: CheckpointId(id),
        timestamp: 0,
        kind: CheckpointKind::Periodic,
        mode: SnapshotMode::Full,
    }
}

/// An alignment, and short names for what it is told and says.
struct Case(Alignment);

impl Case {
    fn new(mode: CheckpointMode, channels: usize) -> Self {
        Self(Alignment::new(mode, channels))
    }

    fn barrier(&mut self, channel: usize, id: u64) -> (Option<u64>, Option<u64>) {
        short(self.0.barrier(channel, barrier(id)))
    }

    fn cancel(&mut self, id: u64) -> Option<u64> {
        short(self.0.cancel(CheckpointId(id))).0
    }

    fn close(&mut self, channel: usize) -> Option<u64> {
        short(self.0.close(channel)).1
    }

    fn blocked(&self) -> Vec<usize> {
        (0..self.0.channels.len())
            .filter(|channel| self.0.is_blocked(*channel))
            .collect()
    }
}

/// (aborted, complete)
fn short(outcome: Outcome) -> (Option<u64>, Option<u64>) {
    (
        outcome.aborted.map(|(id, _)| id.0),
        outcome.complete.map(|barrier| barrier.checkpoint.0),
    )
}

const NOTHING: (Option<u64>, Option<u64>) = (None, None);

#[test]
fn l01_without_barriers_nothing_is_blocked() {
    assert!(Case::new(ExactlyOnce, 4).blocked().is_empty());
}

#[test]
fn l02_a_single_channel_snapshots_at_each_barrier() {
    let mut case = Case::new(ExactlyOnce, 1);
    for id in 1..=6 {
        assert_eq!(case.barrier(0, id), (None, Some(id)));
        assert!(case.blocked().is_empty());
    }
}

#[test]
fn l03_three_channels_block_until_the_last_barrier() {
    let mut case = Case::new(ExactlyOnce, 3);
    for id in 1..=3 {
        assert_eq!(case.barrier(1, id), NOTHING);
        assert_eq!(case.blocked(), [1]);
        assert_eq!(case.barrier(2, id), NOTHING);
        assert_eq!(case.blocked(), [1, 2]);
        assert_eq!(case.barrier(0, id), (None, Some(id)));
        assert!(case.blocked().is_empty());
    }
}

#[test]
fn l06_cancellations_out_of_order_leave_nothing_blocked() {
    let mut case = Case::new(ExactlyOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.cancel(3), Some(3));
    assert_eq!(case.cancel(2), None);
    assert_eq!(case.cancel(3), None);
    assert!(case.blocked().is_empty());
}

#[test]
fn l07_closed_channels_take_no_part() {
    let mut case = Case::new(ExactlyOnce, 3);
    assert_eq!(case.close(1), None);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.barrier(2, 1), (None, Some(1)));
    assert_eq!(case.blocked(), [1]);
    assert_eq!(case.close(2), None);
    assert_eq!(case.barrier(0, 2), (None, Some(2)));
}

#[test]
fn l08_an_end_during_alignment_counts_as_the_barrier() {
    let mut case = Case::new(ExactlyOnce, 3);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.barrier(2, 1), NOTHING);
    assert_eq!(case.close(1), Some(1));
    assert_eq!(case.blocked(), [1]);
}

#[test]
fn l09_a_single_channel_aborts_what_is_cancelled() {
    let mut case = Case::new(ExactlyOnce, 1);
    assert_eq!(case.barrier(0, 1), (None, Some(1)));
    assert_eq!(case.barrier(0, 2), (None, Some(2)));
    let cancelled = case.0.cancel(CheckpointId(4)).aborted;
    assert_eq!(cancelled, Some((CheckpointId(4), AbortReason::Cancelled)));
    assert_eq!(case.barrier(0, 5), (None, Some(5)));
    assert_eq!(case.cancel(6), Some(6));
    assert!(case.blocked().is_empty());
}

#[test]
fn l10_a_newer_barrier_gives_the_older_checkpoint_up() {
    let mut case = Case::new(ExactlyOnce, 3);
    assert_eq!(case.barrier(0, 1), NOTHING);
    let outcome = case.0.barrier(1, barrier(2));
    let aborted = Some((CheckpointId(1), AbortReason::Overtaken));
    assert_eq!(outcome.aborted, aborted);
    assert_eq!(case.blocked(), [1]);
    assert_eq!(case.barrier(2, 1), NOTHING);
    assert_eq!(case.blocked(), [1]);
    assert_eq!(case.barrier(0, 2), NOTHING);
    assert_eq!(case.barrier(2, 2), (None, Some(2)));
}

#[test]
fn l11_after_a_cancellation_the_next_checkpoint_completes() {
    let mut case = Case::new(ExactlyOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.cancel(1), Some(1));
    assert_eq!(case.barrier(1, 1), NOTHING);
    assert!(case.blocked().is_empty());
    assert_eq!(case.barrier(1, 2), NOTHING);
    assert_eq!(case.barrier(0, 2), (None, Some(2)));
}

#[test]
fn l12_a_cancellation_of_an_overtaken_checkpoint_is_ignored() {
    let mut case = Case::new(ExactlyOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.barrier(1, 2), (Some(1), None));
    assert_eq!(case.cancel(1), None);
    assert_eq!(case.blocked(), [1]);
    assert_eq!(case.barrier(0, 2), (None, Some(2)));
}

#[test]
fn what_the_coordinator_gives_up_is_unblocked_and_ignored() {
    let mut case = Case::new(ExactlyOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    case.0.give_up(CheckpointId(2));
    assert_eq!(case.blocked(), [0]);
    case.0.give_up(CheckpointId(1));
    assert!(case.blocked().is_empty());
    assert_eq!(case.barrier(1, 1), NOTHING);
    assert_eq!(case.barrier(0, 2), NOTHING);
    assert_eq!(case.barrier(1, 2), NOTHING);
    assert!(case.blocked().is_empty());
    assert_eq!(case.barrier(0, 3), NOTHING);
    assert_eq!(case.barrier(1, 3), (None, Some(3)));
}

#[test]
fn m26_at_least_once_counts_and_never_blocks() {
    let mut case = Case::new(AtLeastOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.barrier(0, 2), NOTHING);
    assert!(case.blocked().is_empty());
    assert_eq!(case.barrier(1, 1), (None, Some(1)));
    assert_eq!(case.barrier(1, 2), (None, Some(2)));
    // Checkpoint 3 never came through channel 0: completing 4 drops it.
    assert_eq!(case.barrier(1, 3), NOTHING);
    assert_eq!(case.barrier(1, 4), NOTHING);
    assert_eq!(case.barrier(0, 4), (None, Some(4)));
    assert_eq!(case.barrier(0, 3), NOTHING);
    assert!(case.blocked().is_empty());
}

#[test]
fn m26_at_least_once_counts_a_bounded_number() {
    let mut case = Case::new(AtLeastOnce, 2);
    for id in 1..=2 * super::MAX_COUNTED as u64 {
        assert_eq!(case.barrier(0, id), NOTHING);
    }
    assert_eq!(case.0.pending.len(), super::MAX_COUNTED);
    assert_eq!(case.barrier(1, 2), NOTHING);
    assert_eq!(case.barrier(1, 60), (None, Some(60)));
}

#[test]
fn m26_at_least_once_goes_on_without_closed_channels() {
    let mut case = Case::new(AtLeastOnce, 2);
    assert_eq!(case.barrier(0, 1), NOTHING);
    assert_eq!(case.close(1), Some(1));
    assert_eq!(case.barrier(0, 2), (None, Some(2)));
    assert_eq!(case.blocked(), [1]);
}
