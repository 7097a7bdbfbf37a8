//! A bound on how deep values lie inside each other, so that no bytes overflow the stack.
//!
//! Only a type that contains itself, necessarily behind a pointer or a collection, can nest
//! without end: these count the levels, in a counter of the thread. All others are exempt by
//! [`NativeData::NESTS`].

use super::NativeData;
use crate::error::{Result, StateError};
use std::cell::Cell;

/// How many levels of pointers and collections a value or key may have. Encoding a deeper value is
/// `Misuse`, decoding one `Corrupt`, encoding a deeper key panics.
pub const MAX_NESTING: u32 = 128;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static CUT_OFF: Cell<bool> = const { Cell::new(false) };
}

/// One level, until dropped.
struct Level;

impl Level {
    #[inline]
    fn enter() -> Option<Self> {
        let depth = DEPTH.get();
        if depth >= MAX_NESTING {
            return None;
        }
        DEPTH.set(depth + 1);
        Some(Self)
    }
}

impl Drop for Level {
    #[inline]
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// Decodes values of type `T` one level further in.
#[inline]
pub(super) fn decoding<T: NativeData, R>(decode: impl FnOnce() -> Result<R>) -> Result<R> {
    if !T::NESTS {
        return decode();
    }
    decoding_key(decode)
}

/// Encodes values of type `T` one level further in; past the last level it only leaves word for
/// [`reporting`].
#[inline]
pub(super) fn encoding<T: NativeData>(encode: impl FnOnce()) {
    if !T::NESTS {
        return encode();
    }
    match Level::enter() {
        Some(_level) => encode(),
        None => CUT_OFF.set(true),
    }
}

/// Encodes a whole value of type `T`, and reports if a part was too deep.
#[inline]
pub(super) fn reporting<T: NativeData>(encode: impl FnOnce()) -> Result<()> {
    if !T::NESTS {
        encode();
        return Ok(());
    }
    CUT_OFF.set(false);
    encode();
    if CUT_OFF.get() {
        return Err(StateError::misuse(format!(
            "a value is nested deeper than {MAX_NESTING} levels"
        )));
    }
    Ok(())
}

/// Decodes parts of a key one level further in.
#[inline]
pub(crate) fn decoding_key<R>(decode: impl FnOnce() -> Result<R>) -> Result<R> {
    match Level::enter() {
        Some(_level) => decode(),
        None => Err(too_deep()),
    }
}

/// Encodes parts of a key one level further in.
#[inline]
pub(crate) fn encoding_key(encode: impl FnOnce()) {
    let level = Level::enter();
    assert!(
        level.is_some(),
        "a key is nested deeper than {MAX_NESTING} levels"
    );
    encode();
}

#[cold]
fn too_deep() -> StateError {
    StateError::corrupt(format!("the bytes nest deeper than {MAX_NESTING} levels"))
}
