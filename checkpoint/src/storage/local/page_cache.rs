//! What the page cache is told about large files.
//!
//! A snapshot is written once and, with luck, never read; a restore reads each byte once. Left to
//! itself, the system keeps all of it, at the cost of what others have there, and finds a new page
//! for every one. All of this is hints: nothing depends on whether they are taken.

use std::fs::File;
use std::num::NonZeroU64;

/// So many bytes are written before the device is asked to take them.
const STEP: u64 = 8 << 20;

/// So many bytes behind the place of writing or reading stay: small files as a whole.
pub(super) const KEPT: u64 = 64 << 20;

/// What is known of a file that is being written.
#[derive(Debug, Default)]
pub(super) struct Written {
    end: u64,
    /// As many bytes of these the device has been asked to take.
    on_its_way: u64,
}

impl Written {
    /// So many bytes more have been written.
    ///
    /// The device is to take them while more are produced, so that little is left for the sync at
    /// the end.
    pub(super) fn add(&mut self, file: &File, bytes: usize) {
        self.end += bytes as u64;
        if self.end - self.on_its_way < STEP {
            return;
        }
        // Dirty pages that are said not to be needed are written back, and stay.
        not_needed(file, self.on_its_way, self.end - self.on_its_way);
        forget_before(file, self.on_its_way, self.end - self.on_its_way);
        self.on_its_way = self.end;
    }
}

/// So many bytes have been read at `offset`.
pub(super) fn read(file: &File, offset: u64, bytes: usize) {
    forget_before(file, offset, bytes as u64);
}

fn forget_before(file: &File, offset: u64, length: u64) {
    if let Some((start, length)) = forgotten(offset, length) {
        not_needed(file, start, length);
    }
}

/// What to forget when `length` bytes were written or read at `offset`, as its start and length:
/// what has come to lie too far behind, and a step more, which may have been on its way last time.
fn forgotten(offset: u64, length: u64) -> Option<(u64, u64)> {
    let end = (offset + length).checked_sub(KEPT)?;
    let start = end.saturating_sub(length + STEP);
    (start < end).then_some((start, end - start))
}

#[cfg(target_os = "linux")]
fn not_needed(file: &File, offset: u64, length: u64) {
    let length = NonZeroU64::new(length);
    rustix::fs::fadvise(file, offset, length, rustix::fs::Advice::DontNeed).ok();
}

#[cfg(not(target_os = "linux"))]
fn not_needed(_: &File, _: u64, _: u64) {}

#[cfg(test)]
mod tests {
    use super::{KEPT, STEP, forgotten};

    #[test]
    fn all_is_forgotten_but_what_lies_near() {
        for step in [4_096, 1 << 20, STEP, KEPT + 1, 3 * KEPT] {
            let mut done = 0;
            for offset in (0..4 * KEPT).step_by(step as usize) {
                let Some((start, length)) = forgotten(offset, step) else {
                    assert!(offset + step <= KEPT);
                    continue;
                };
                assert!(start <= done, "a gap before {start}");
                done = start + length;
                assert_eq!(done, offset + step - KEPT);
            }
        }
        assert_eq!(forgotten(0, KEPT), None);
        assert_eq!(forgotten(KEPT - 5, 5), None);
    }
}
