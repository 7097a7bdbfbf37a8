//! Max parallelism, and the arithmetic that deals groups to subtasks.

use super::{KeyGroup, KeyGroupRange};
use crate::error::{Result, StateError};
use crate::key::{murmur_int, murmur_int_masked};
use std::fmt;

/// The number of key groups of an operator: 1 to 32,768, fixed for the life of its state.
///
/// ```
/// use alluvium_state_api::{KeyGroup, MaxParallelism};
/// let max = MaxParallelism::new(128)?;
/// assert_eq!(max.group_of(42), KeyGroup(29));
/// assert_eq!(max.range_of(1, 3)?.to_string(), "[43, 85]");
/// # Ok::<(), alluvium_state_api::StateError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MaxParallelism {
    groups: u16,
    /// One below the number of groups if that is a power of two, else 0: a mask is several times
    /// cheaper than a division, and nearly every job has a power of two.
    mask: u16,
}

impl MaxParallelism {
    /// The greatest number of key groups.
    pub const UPPER_BOUND: u32 = 32_768;

    /// The smallest number of key groups that [`default_for`](Self::default_for) chooses.
    pub const DEFAULT_LOWER_BOUND: u32 = 128;

    const fn of(groups: u16) -> Self {
        let mask = if groups.is_power_of_two() {
            groups - 1
        } else {
            0
        };
        Self { groups, mask }
    }

    /// Checks and wraps a number of key groups.
    ///
    /// # Errors
    /// `Misuse` if `groups` is 0 or above 32,768.
    pub fn new(groups: u32) -> Result<Self> {
        match u16::try_from(groups) {
            Ok(groups @ 1..=0x8000) => Ok(Self::of(groups)),
            _ => Err(StateError::misuse(format!(
                "max parallelism must lie within 1 and {}, found {groups}",
                Self::UPPER_BOUND
            ))),
        }
    }

    /// What a job that names no max parallelism gets: one and a half times the parallelism, rounded
    /// up to a power of two, within 128 and 32,768 (Flink's formula).
    ///
    /// # Errors
    /// `Misuse` if `parallelism` is 0 or above 32,768.
    pub fn default_for(parallelism: u32) -> Result<Self> {
        if parallelism == 0 || parallelism > Self::UPPER_BOUND {
            return Err(StateError::misuse(format!(
                "parallelism must lie within 1 and {}, found {parallelism}",
                Self::UPPER_BOUND
            )));
        }
        let wanted = (parallelism + parallelism / 2).next_power_of_two();
        Self::new(wanted.clamp(Self::DEFAULT_LOWER_BOUND, Self::UPPER_BOUND))
    }

    /// The number of key groups.
    pub const fn get(self) -> u32 {
        self.groups as u32
    }

    /// How many bytes a key group takes in front of a stored key, big-endian: 1 up to 128 groups,
    /// else 2, as in Flink.
    pub const fn prefix_width(self) -> usize {
        if self.groups <= 128 { 1 } else { 2 }
    }

    /// All key groups.
    pub const fn all_groups(self) -> KeyGroupRange {
        KeyGroupRange::inclusive(0, self.groups - 1)
    }

    /// The group of a key with this [key hash](crate::OrderedKey::key_hash).
    #[inline]
    pub const fn group_of(self, key_hash: i32) -> KeyGroup {
        KeyGroup(if self.mask != 0 {
            murmur_int_masked(key_hash, self.mask)
        } else {
            (murmur_int(key_hash) % self.groups as u32) as u16
        })
    }

    /// The groups of subtask `index` of `parallelism`, as Flink deals them.
    ///
    /// # Errors
    /// `Misuse` if `parallelism` is 0 or above the max parallelism, or `index` is not below it.
    pub fn range_of(self, index: u32, parallelism: u32) -> Result<KeyGroupRange> {
        self.check(parallelism)?;
        if index >= parallelism {
            return Err(StateError::misuse(format!(
                "subtask index must be below the parallelism {parallelism}, found {index}"
            )));
        }
        let (max, index, parallelism) = (self.get(), index, parallelism);
        let start = (index * max).div_ceil(parallelism);
        let end = ((index + 1) * max - 1) / parallelism;
        Ok(KeyGroupRange::inclusive(start as u16, end as u16))
    }

    /// The subtask that owns `group` at `parallelism`.
    ///
    /// # Errors
    /// `Misuse` if `parallelism` is 0 or above the max parallelism, or there is no such group.
    pub fn subtask_of(self, group: KeyGroup, parallelism: u32) -> Result<u32> {
        self.check(parallelism)?;
        if group.0 >= self.groups {
            return Err(StateError::misuse(format!(
                "key group must be below the max parallelism {self}, found {group}"
            )));
        }
        Ok(u32::from(group.0) * parallelism / self.get())
    }

    fn check(self, parallelism: u32) -> Result<()> {
        if parallelism == 0 || parallelism > self.get() {
            return Err(StateError::misuse(format!(
                "parallelism must lie within 1 and the max parallelism {self}, found {parallelism}"
            )));
        }
        Ok(())
    }
}

impl Default for MaxParallelism {
    fn default() -> Self {
        Self::of(Self::DEFAULT_LOWER_BOUND as u16)
    }
}

impl fmt::Display for MaxParallelism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.groups)
    }
}

impl fmt::Debug for MaxParallelism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MaxParallelism({})", self.groups)
    }
}
