//! Ranges of key groups.

use super::KeyGroup;
use crate::error::{Result, StateError};
use std::fmt;

/// A run of adjacent key groups; may be empty.
///
/// ```
/// use alluvium_state_api::{KeyGroup, KeyGroupRange};
/// let range = KeyGroupRange::new(3, 5)?;
/// assert!(range.contains(KeyGroup(5)));
/// assert_eq!(range.len(), 3);
/// assert_eq!(KeyGroupRange::new(5, 4)?, KeyGroupRange::EMPTY);
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyGroupRange {
    start: u16,
    len: u16,
}

impl KeyGroupRange {
    /// The range without groups.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// The groups `first..=last`; the empty range if `last` is below `first`.
    ///
    /// # Errors
    /// `Misuse` if a bound is negative or above 32,767.
    pub fn new(first: i32, last: i32) -> Result<Self> {
        let group = |bound: i32| {
            u16::try_from(bound)
                .ok()
                .filter(|group| *group < 0x8000)
                .ok_or_else(|| {
                    StateError::misuse(format!(
                        "a key group must lie within 0 and 32767, found {bound}"
                    ))
                })
        };
        if last < first {
            group(first)?;
            return Ok(Self::EMPTY);
        }
        Ok(Self::inclusive(group(first)?, group(last)?))
    }

    pub(crate) const fn inclusive(first: u16, last: u16) -> Self {
        Self {
            start: first,
            len: last - first + 1,
        }
    }

    /// One past the last group.
    const fn end(self) -> u16 {
        self.start + self.len
    }

    /// The first group, unless the range is empty.
    pub const fn first(self) -> Option<KeyGroup> {
        if self.is_empty() {
            None
        } else {
            Some(KeyGroup(self.start))
        }
    }

    /// The last group, unless the range is empty.
    pub const fn last(self) -> Option<KeyGroup> {
        if self.is_empty() {
            None
        } else {
            Some(KeyGroup(self.start + self.len - 1))
        }
    }

    /// The number of groups.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is no group in it.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Whether `group` is in it.
    #[inline]
    pub const fn contains(self, group: KeyGroup) -> bool {
        // One comparison: groups below the start wrap round to places beyond the end.
        group.0.wrapping_sub(self.start) < self.len
    }

    /// The place of `group` counted from the start of the range, if it is in it.
    #[inline]
    pub const fn index_of(self, group: KeyGroup) -> Option<usize> {
        if self.contains(group) {
            Some((group.0 - self.start) as usize)
        } else {
            None
        }
    }

    /// The place of `group` counted from the start of the range; [`len`](Self::len) or more if it
    /// is not in it. Cheaper than [`index_of`](Self::index_of) where the place is checked anyway.
    #[inline]
    pub const fn place_of(self, group: KeyGroup) -> usize {
        group.0.wrapping_sub(self.start) as usize
    }

    /// The groups in both ranges.
    pub fn intersection(self, other: Self) -> Self {
        let (start, end) = (self.start.max(other.start), self.end().min(other.end()));
        if start < end {
            Self {
                start,
                len: end - start,
            }
        } else {
            Self::EMPTY
        }
    }

    /// The groups, ascending.
    pub fn iter(self) -> KeyGroups {
        KeyGroups(self.start..self.end())
    }

    /// Cuts the range into at most `parts` ranges of nearly equal length, in order, none empty.
    pub fn split(self, parts: usize) -> Vec<Self> {
        let parts = parts.clamp(1, self.len().max(1));
        (0..parts)
            .map(|part| {
                let bound = |part: usize| self.start + (part * self.len() / parts) as u16;
                Self {
                    start: bound(part),
                    len: bound(part + 1) - bound(part),
                }
            })
            .filter(|range| !range.is_empty())
            .collect()
    }
}

impl IntoIterator for KeyGroupRange {
    type Item = KeyGroup;
    type IntoIter = KeyGroups;

    fn into_iter(self) -> KeyGroups {
        self.iter()
    }
}

/// The groups of a [`KeyGroupRange`], ascending.
#[derive(Clone, Debug)]
pub struct KeyGroups(std::ops::Range<u16>);

impl Iterator for KeyGroups {
    type Item = KeyGroup;

    fn next(&mut self) -> Option<KeyGroup> {
        self.0.next().map(KeyGroup)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for KeyGroups {}

impl fmt::Display for KeyGroupRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first(), self.last()) {
            (Some(first), Some(last)) => write!(f, "[{first}, {last}]"),
            _ => f.write_str("[]"),
        }
    }
}

impl fmt::Debug for KeyGroupRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyGroupRange{self}")
    }
}
