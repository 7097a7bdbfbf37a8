//! Sinks that wait, fail and count.

use alluvium_state_api::{
    Entry, Result, Section, SharedFile, SnapshotHeader, SnapshotSink, StateError, WholeFile,
};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Forwards all five calls to `$self.inner`, after `$before`.
macro_rules! forwarding_sink {
    ($name:ident, |$this:ident| $before:expr) => {
        impl SnapshotSink for $name<'_> {
            fn begin(&mut self, header: &SnapshotHeader) -> Result<()> {
                self.inner.begin(header)
            }

            fn section(&mut self, section: Section) -> Result<()> {
                let $this = &mut *self;
                $before?;
                self.inner.section(section)
            }

            fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
                let $this = &mut *self;
                $before?;
                self.inner.entry(entry)
            }

            fn file(&mut self, file: WholeFile<'_>) -> Result<()> {
                let $this = &mut *self;
                $before?;
                self.inner.file(file)
            }

            fn shared(&mut self, file: SharedFile<'_>) -> Result<()> {
                let $this = &mut *self;
                $before?;
                self.inner.shared(file)
            }
        }
    };
}

/// Fails from the given call on, with the given error.
pub(crate) struct FailingSink<'s> {
    pub(crate) inner: &'s mut dyn SnapshotSink,
    pub(crate) calls_left: usize,
    pub(crate) error: fn() -> StateError,
}

forwarding_sink!(FailingSink, |sink| {
    match sink.calls_left.checked_sub(1) {
        Some(left) => {
            sink.calls_left = left;
            Ok(())
        }
        None => Err((sink.error)()),
    }
});

/// Says that it has been reached, then waits, at its first call after the header.
pub(crate) struct GatedSink<'s> {
    pub(crate) inner: &'s mut dyn SnapshotSink,
    pub(crate) gate: Gate,
}

forwarding_sink!(GatedSink, |sink| {
    sink.gate.pass();
    Ok(())
});

/// The side of a gate that a sink waits at.
pub(crate) struct Gate {
    reached: Option<Sender<()>>,
    opened: Receiver<()>,
}

impl Gate {
    /// Waits, the first time.
    pub(crate) fn pass(&mut self) {
        if let Some(reached) = self.reached.take() {
            // Either side may have given up already; then there is nothing to wait for.
            let _ = reached.send(());
            let _ = self.opened.recv();
        }
    }
}

/// A gate; a receiver that tells when the sink stands at it; and what opens it when dropped.
pub(crate) fn gate() -> (Gate, Receiver<()>, Sender<()>) {
    let (reached, at_gate) = bounded(1);
    let (open, opened) = bounded(1);
    let gate = Gate {
        reached: Some(reached),
        opened,
    };
    (gate, at_gate, open)
}

/// Counts entries and their bytes.
#[derive(Default)]
pub(crate) struct CountingSink {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl SnapshotSink for CountingSink {
    fn begin(&mut self, _header: &SnapshotHeader) -> Result<()> {
        Ok(())
    }

    fn section(&mut self, _section: Section) -> Result<()> {
        Ok(())
    }

    fn entry(&mut self, entry: Entry<'_>) -> Result<()> {
        self.entries += 1;
        self.bytes += entry.len() as u64;
        Ok(())
    }

    fn file(&mut self, _file: WholeFile<'_>) -> Result<()> {
        Ok(())
    }

    fn shared(&mut self, _file: SharedFile<'_>) -> Result<()> {
        Ok(())
    }
}
