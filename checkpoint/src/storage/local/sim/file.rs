//! Open files of the simulated file system.

use std::io;

use super::{Contents, Node, SimFs, State};
use crate::storage::local::{FsReader, FsWriter};

impl State {
    pub(super) fn contents(&mut self, node: usize) -> io::Result<&mut Contents> {
        match self.nodes.get_mut(node) {
            Some(Node::File(contents)) => Ok(contents),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }
}

pub(super) struct SimWriter {
    pub(super) fs: SimFs,
    pub(super) node: usize,
}

impl FsWriter for SimWriter {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.fs.lock();
        let (half, rest) = bytes.split_at(bytes.len() / 2);
        for part in [half, rest] {
            state.step()?;
            state.contents(self.node)?.live.extend_from_slice(part);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.fs.lock();
        state.step()?;
        let contents = state.contents(self.node)?;
        contents.durable.clone_from(&contents.live);
        Ok(())
    }
}

impl Drop for SimWriter {
    fn drop(&mut self) {
        if let Ok(contents) = self.fs.lock().contents(self.node) {
            contents.written = false;
        }
    }
}

pub(super) struct SimReader {
    pub(super) fs: SimFs,
    pub(super) node: usize,
    pub(super) length: u64,
}

impl FsReader for SimReader {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let mut state = self.fs.lock();
        state.alive()?;
        let live = &state.contents(self.node)?.live;
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = offset.saturating_add(into.len());
        let found = live.get(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(found);
        Ok(())
    }
}
