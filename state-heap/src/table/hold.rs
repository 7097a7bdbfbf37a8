//! How a table holds its keys and values: inline, or behind an `Arc` if they own heap memory or are
//! large.

use alluvium_state_api::StateData;
use std::borrow::Borrow;
use std::hint::black_box;
use std::mem::needs_drop;
use std::sync::Arc;

/// The size in bytes up to which what owns no heap memory is held inline. A write to a table that a
/// snapshot shares copies its few hundred entries: larger ones would make that slow, and the table
/// sparse.
pub const MAX_INLINE: usize = 64;

/// Whether a `T` is held behind an `Arc` rather than inline.
pub const fn is_shared<T>() -> bool {
    needs_drop::<T>() || size_of::<T>() > MAX_INLINE
}

/// Holds a key. Cloning it is cheap and clones no key that owns memory; it compares as the key.
pub trait KeyHold<T>: Borrow<T> + Clone + Ord + Send + Sync + 'static {
    /// Whether the key lies elsewhere in memory than what holds it.
    const ELSEWHERE: bool;

    /// Holds `key`.
    fn new(key: T) -> Self;

    /// The key.
    fn get(&self) -> &T;

    /// Looks at the memory in which the key is held, so that it is there when the key is wanted.
    fn touch(&self) {}
}

/// Holds a value. Cloning it is cheap and clones no value that owns memory.
pub trait Hold<T>: Clone + Send + Sync + 'static {
    /// Whether the value lies elsewhere in memory than what holds it.
    const ELSEWHERE: bool;

    /// Holds `value`.
    fn new(value: T) -> Self;

    /// The value; `None` only after an [`update`](Self::update) whose closure took it and panicked:
    /// the entry is then to be removed.
    fn get(&self) -> Option<&T>;

    /// Looks at the memory in which the value is held, so that it is there when the value is wanted.
    fn touch(&self) {}

    /// Replaces the value.
    fn set(&mut self, value: T);

    /// Lends the value to `f`; says whether `f` left one.
    fn update<R>(&mut self, f: impl FnOnce(&mut Option<T>) -> R) -> (R, bool);
}

/// Holds something small that owns no heap memory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inline<T>(T);

impl<T> Borrow<T> for Inline<T> {
    #[inline]
    fn borrow(&self) -> &T {
        &self.0
    }
}

impl<T: StateData + Ord> KeyHold<T> for Inline<T> {
    const ELSEWHERE: bool = false;

    #[inline]
    fn new(key: T) -> Self {
        Self(key)
    }

    #[inline]
    fn get(&self) -> &T {
        &self.0
    }
}

impl<T: StateData> Hold<T> for Inline<T> {
    const ELSEWHERE: bool = false;

    #[inline]
    fn new(value: T) -> Self {
        Self(value)
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    #[inline]
    fn set(&mut self, value: T) {
        self.0 = value;
    }

    /// Works on a copy, which costs no allocation, and writes it back: an entry needs no room for
    /// an absent value, and a panic leaves the old one.
    #[inline]
    fn update<R>(&mut self, f: impl FnOnce(&mut Option<T>) -> R) -> (R, bool) {
        let mut value = Some(self.0.clone());
        let result = f(&mut value);
        match value {
            Some(value) => {
                self.0 = value;
                (result, true)
            }
            None => (result, false),
        }
    }
}

/// Holds something large, or that owns heap memory: shared with snapshots until written.
#[derive(Debug)]
pub struct Shared<T>(triomphe::Arc<Option<T>>);

// By hand: derived, it would demand `T: Clone`.
impl<T> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        Self(triomphe::Arc::clone(&self.0))
    }
}

impl<T: StateData> Hold<T> for Shared<T> {
    const ELSEWHERE: bool = true;

    #[inline]
    fn new(value: T) -> Self {
        Self(triomphe::Arc::new(Some(value)))
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        self.0.as_ref().as_ref()
    }

    #[inline]
    fn touch(&self) {
        black_box(triomphe::Arc::count(&self.0));
    }

    #[inline]
    fn set(&mut self, value: T) {
        match triomphe::Arc::get_mut(&mut self.0) {
            Some(held) => *held = Some(value),
            None => self.0 = triomphe::Arc::new(Some(value)),
        }
    }

    /// Works in place: a panic leaves what the closure left, which may be nothing.
    #[inline]
    fn update<R>(&mut self, f: impl FnOnce(&mut Option<T>) -> R) -> (R, bool) {
        let value = triomphe::Arc::make_mut(&mut self.0);
        let result = f(value);
        (result, value.is_some())
    }
}

impl<T: StateData + Ord> KeyHold<T> for Arc<T> {
    const ELSEWHERE: bool = true;

    #[inline]
    fn new(key: T) -> Self {
        Self::new(key)
    }

    #[inline]
    fn get(&self) -> &T {
        self
    }

    #[inline]
    fn touch(&self) {
        black_box(Self::strong_count(self));
    }
}
