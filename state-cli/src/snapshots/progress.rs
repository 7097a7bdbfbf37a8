//! Bars on long work, unless stderr is a pipe.

use crate::output::with_rate;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A count of things, with what is at hand; taken away when dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Counts `unit`.
    pub(super) fn counting(unit: &str) -> Self {
        let template = format!("{{spinner}} {{human_pos}} {unit}  {{rate}}  {{wide_msg}}");
        Self::new(None, &template)
    }

    /// Counts bytes.
    pub(super) fn bytes() -> Self {
        Self::new(None, "{spinner} {bytes}  {bytes_per_sec}  {wide_msg}")
    }

    fn new(length: Option<u64>, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(with_rate(style));
        }
        Self(bar)
    }

    /// Says what is at hand.
    pub(super) fn at(&self, what: impl Into<std::borrow::Cow<'static, str>>) {
        self.0.set_message(what);
    }

    /// Counts `more`.
    pub(super) fn add(&self, more: u64) {
        self.0.inc(more);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
