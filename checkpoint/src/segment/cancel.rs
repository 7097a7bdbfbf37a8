//! Giving up while others write.

use alluvium_state_api::{Result, StateError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells whoever writes segments with it to stop. Clones are the same flag.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag {
    raised: Arc<AtomicBool>,
    /// Another flag that counts as well.
    above: Option<Arc<AtomicBool>>,
}

impl CancelFlag {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self::default()
    }

    /// A flag that is raised with this one, and can be raised alone. This one has none above it.
    pub(super) fn child(&self) -> Self {
        Self {
            raised: Arc::default(),
            above: Some(Arc::clone(&self.raised)),
        }
    }

    /// Raises the flag, for good.
    pub fn cancel(&self) {
        self.raised.store(true, Ordering::Release);
    }

    /// Whether the flag is raised.
    pub fn is_cancelled(&self) -> bool {
        let above = self.above.as_ref();
        self.raised.load(Ordering::Acquire)
            || above.is_some_and(|above| above.load(Ordering::Acquire))
    }

    /// Stops whoever calls this after the flag was raised.
    ///
    /// # Errors
    /// `Cancelled` if it is raised.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() {
            return Err(StateError::cancelled(
                "the writing of a segment was given up",
            ));
        }
        Ok(())
    }
}
