//! A limit on records a second.

use std::time::Duration;

/// Says how long to wait before the next records may be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    per_second: f64,
    read: u64,
}

impl Rate {
    /// The share of one of `subtasks` in `per_second` records a second.
    pub(crate) fn new(per_second: u64, subtasks: u32) -> Self {
        Self {
            per_second: (per_second as f64 / f64::from(subtasks.max(1))).max(f64::MIN_POSITIVE),
            read: 0,
        }
    }

    pub(crate) fn add(&mut self, records: usize) {
        self.read += records as u64;
    }

    /// The most records that may be read at once: those of a twentieth of a second.
    pub(crate) fn at_once(&self) -> usize {
        (self.per_second / 20.0).clamp(1.0, 1e9) as usize
    }

    /// How long to wait, given the time since reading began.
    pub(crate) fn wait(&self, elapsed: Duration) -> Duration {
        let due = Duration::try_from_secs_f64(self.read as f64 / self.per_second);
        due.unwrap_or(Duration::MAX).saturating_sub(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_rate_is_kept() {
        let mut rate = Rate::new(200, 2);
        assert_eq!(rate.wait(Duration::ZERO), Duration::ZERO);
        rate.add(50);
        assert_eq!(rate.wait(Duration::ZERO), Duration::from_millis(500));
        assert_eq!(
            rate.wait(Duration::from_millis(400)),
            Duration::from_millis(100)
        );
        assert_eq!(rate.wait(Duration::from_secs(2)), Duration::ZERO);
        assert_eq!(rate.at_once(), 5);
    }
}
