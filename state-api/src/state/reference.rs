//! What a read returns.

use std::fmt;
use std::ops::Deref;

/// A value read from state: lent by a heap backend without copying, or decoded by a byte store.
///
/// Which of the two is the backend's business; there is nothing to match on.
pub struct StateRef<'a, V>(Held<'a, V>);

enum Held<'a, V> {
    Borrowed(&'a V),
    Owned(V),
}

impl<'a, V> StateRef<'a, V> {
    /// A value that the backend holds.
    #[inline]
    pub const fn borrowed(value: &'a V) -> Self {
        Self(Held::Borrowed(value))
    }

    /// A value that was made for this read.
    #[inline]
    pub const fn owned(value: V) -> Self {
        Self(Held::Owned(value))
    }
}

impl<V: Clone> StateRef<'_, V> {
    /// The value itself; copies it only if the backend still holds it.
    #[inline]
    pub fn into_owned(self) -> V {
        match self.0 {
            Held::Borrowed(value) => value.clone(),
            Held::Owned(value) => value,
        }
    }
}

impl<V> Deref for StateRef<'_, V> {
    type Target = V;

    #[inline]
    fn deref(&self) -> &V {
        match &self.0 {
            Held::Borrowed(value) => value,
            Held::Owned(value) => value,
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for StateRef<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
