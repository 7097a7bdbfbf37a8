//! A snapshot job owns what it reads: a backend cannot return one that borrows from it.

use alluvium::{
    Result, SnapshotEstimate, SnapshotHeader, SnapshotJob, SnapshotReport, SnapshotSink,
};

struct Backend {
    header: SnapshotHeader,
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

struct Borrowing<'b>(&'b Backend);

impl SnapshotJob for Borrowing<'_> {
    fn header(&self) -> &SnapshotHeader {
        &self.0.header
    }

    fn estimate(&self) -> Option<SnapshotEstimate> {
        None
    }

    fn into_whole(self: Box<Self>) -> Box<dyn SnapshotJob> {
        unimplemented!()
    }

    fn split(self: Box<Self>, _parts: usize) -> Vec<Box<dyn SnapshotJob>> {
        Vec::new()
    }

    fn run(self: Box<Self>, sink: &mut dyn SnapshotSink) -> Result<SnapshotReport> {
        sink.begin(&self.0.header)?;
        println!("{}", self.0.entries.len());
        Ok(SnapshotReport::default())
    }
}

impl Backend {
    fn freeze(&mut self) -> Box<dyn SnapshotJob> {
        Box::new(Borrowing(self))
    }
}

fn main() {}
