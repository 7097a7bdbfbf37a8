//! Functions and values that cases keep in state.

use alluvium_state_api::{
    Aggregator, Codec, CodecRef, NativeCodec, Reducer, Result, Schema, StateError,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sum.
pub(crate) struct Sum;

impl Reducer for Sum {
    type Value = u64;

    fn reduce(accumulated: &mut u64, value: u64) {
        *accumulated += value;
    }
}

/// Concatenation with commas: neither commutative nor blind to how often it was called.
pub(crate) struct Concat;

impl Reducer for Concat {
    type Value = String;

    fn reduce(accumulated: &mut String, value: String) {
        accumulated.push(',');
        accumulated.push_str(&value);
    }
}

/// The mean; its accumulator is changed in place.
pub(crate) struct Mean;

impl Aggregator for Mean {
    type In = i64;
    type Acc = (i64, u64);
    type Out = i64;

    fn create() -> (i64, u64) {
        (0, 0)
    }

    fn add(acc: &mut (i64, u64), value: i64) {
        acc.0 += value;
        acc.1 += 1;
    }

    fn result(acc: &(i64, u64)) -> i64 {
        acc.0 / acc.1 as i64
    }

    fn merge(acc: &mut (i64, u64), other: (i64, u64)) {
        acc.0 += other.0;
        acc.1 += other.1;
    }
}

/// Words in the order in which they came; its accumulator is replaced by a new one each time, and
/// a fresh one is not empty.
pub(crate) struct Words;

impl Aggregator for Words {
    type In = &'static str;
    type Acc = String;
    type Out = String;

    fn create() -> String {
        ">".to_owned()
    }

    fn add(acc: &mut String, value: &'static str) {
        *acc = format!("{acc}{value}");
    }

    fn result(acc: &String) -> String {
        format!("[{acc}]")
    }

    fn merge(acc: &mut String, other: String) {
        *acc = format!("{acc}{other}");
    }
}

/// How many values were copied, and how many are alive.
#[derive(Debug, Default)]
pub(crate) struct Census {
    clones: AtomicU64,
    alive: AtomicU64,
}

impl Census {
    /// The number of copies made since the last call.
    pub(crate) fn take_clones(&self) -> u64 {
        self.clones.swap(0, Ordering::SeqCst)
    }

    /// The number of values alive.
    pub(crate) fn alive(&self) -> u64 {
        self.alive.load(Ordering::SeqCst)
    }
}

/// A number that is counted whenever it is copied, made or dropped.
#[derive(Debug)]
pub(crate) struct Tracked {
    pub(crate) number: u64,
    census: Arc<Census>,
}

impl Tracked {
    pub(crate) fn new(census: &Arc<Census>, number: u64) -> Self {
        census.alive.fetch_add(1, Ordering::SeqCst);
        Self {
            number,
            census: Arc::clone(census),
        }
    }
}

impl Clone for Tracked {
    fn clone(&self) -> Self {
        self.census.clones.fetch_add(1, Ordering::SeqCst);
        Self::new(&self.census, self.number)
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.census.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The codec of [`Tracked`].
pub(crate) struct TrackedCodec(Arc<Census>);

impl Codec<Tracked> for TrackedCodec {
    fn encode(&self, value: &Tracked, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&value.number.to_le_bytes());
        Ok(())
    }

    fn decode(&self, input: &mut &[u8]) -> Result<Tracked> {
        let number = Codec::<u64>::decode(&NativeCodec, input)?;
        Ok(Tracked::new(&self.0, number))
    }

    fn schema(&self) -> Schema {
        Schema::U64
    }
}

/// A codec of [`Tracked`] values that counts into `census`.
pub(crate) fn census_codec(census: &Arc<Census>) -> CodecRef<Tracked> {
    CodecRef::shared(TrackedCodec(Arc::clone(census)))
}

/// Encodes numbers, all but one.
pub(crate) struct FailingCodec {
    pub(crate) poison: u64,
}

impl Codec<u64> for FailingCodec {
    fn encode(&self, value: &u64, out: &mut Vec<u8>) -> Result<()> {
        if *value == self.poison {
            return Err(StateError::misuse("this number cannot be encoded"));
        }
        out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn decode(&self, input: &mut &[u8]) -> Result<u64> {
        Codec::<u64>::decode(&NativeCodec, input)
    }

    fn schema(&self) -> Schema {
        Schema::U64
    }
}
