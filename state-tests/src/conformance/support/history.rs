//! A backend with a past: random changes, and increments that are checked as they are taken.

use super::{
    Folded, Harness, Keyed, Layers, Rng, Timeline, Workload, fold, freeze, fresh, record, restored,
    same, snapshot,
};
use alluvium_state_api::{CheckpointId, KeyedBackend};

/// One backend under random changes, with the checkpoints that were taken of it.
pub(crate) struct History<'h, H: Harness> {
    h: &'h H,
    pub(crate) b: Keyed<H, i32>,
    workload: Workload,
    rng: Rng,
    pub(crate) timeline: Timeline,
    checkpoint: u64,
}

impl<'h, H: Harness> History<'h, H> {
    pub(crate) fn new(h: &'h H, seed: u64) -> Self {
        let mut b = fresh::<H, i32>(h);
        let workload = Workload::register(&mut b);
        let mut history = Self {
            h,
            b,
            workload,
            rng: Rng::new(seed),
            timeline: Timeline::default(),
            checkpoint: 0,
        };
        history.change(1500);
        history
    }

    pub(crate) fn change(&mut self, count: usize) {
        let keys: Vec<_> = (0..60).collect();
        self.workload
            .change(&mut self.b, &mut self.rng, &keys, count);
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.checkpoint += 1;
        self.checkpoint
    }

    /// Takes an increment, and checks that its chain says what a full snapshot of the same state
    /// says, which is then given up. Returns the increment's number.
    pub(crate) fn checked_increment(&mut self) -> u64 {
        let increment = self.next();
        let chain = self.timeline.increment(self.h, &mut self.b, increment);
        same(
            &fold(&chain),
            &self.given_up(),
            format!("checkpoint {increment}"),
        );
        increment
    }

    /// What a full snapshot says that is aborted afterwards.
    fn given_up(&mut self) -> Folded {
        let full = self.next();
        let job = freeze(&mut self.b, full);
        assert_eq!(job.header().base, None);
        let layers = Layers(vec![record(self.h, job)]);
        self.b.abort(CheckpointId(full));
        fold(&layers)
    }

    /// Checks that a backend restored from the chain of `increment` says what the chain says.
    pub(crate) fn check_restore(&self, increment: u64) {
        let chain = self.timeline.chain(increment);
        let mut b = restored::<H, i32>(self.h, &chain);
        Workload::register(&mut b);
        let again = fold(&snapshot(self.h, &mut b, 1));
        same(&again, &fold(&chain), format!("restored from {increment}"));
    }
}
