//! The user keys of one map, in order.

use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::ops::Bound;

/// Up to this many user keys lie in a sorted vector.
const FEW: usize = 32;

/// The user keys of one map, ascending. Touched only when a user key comes or goes.
#[derive(Clone, Debug)]
pub enum UserKeys<US> {
    /// A handful, sorted.
    Few(Vec<US>),
    /// More.
    Many(BTreeSet<US>),
}

impl<US: Ord + Clone> UserKeys<US> {
    /// One user key.
    pub fn one(user_key: US) -> Self {
        Self::Few(vec![user_key])
    }

    /// The number of user keys.
    pub fn len(&self) -> usize {
        match self {
            Self::Few(keys) => keys.len(),
            Self::Many(keys) => keys.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a user key that is not there yet.
    pub fn insert(&mut self, user_key: US) {
        match self {
            Self::Few(keys) if keys.len() < FEW => {
                let place = keys.partition_point(|key| *key < user_key);
                keys.insert(place, user_key);
            }
            Self::Few(keys) => {
                let mut many: BTreeSet<_> = std::mem::take(keys).into_iter().collect();
                many.insert(user_key);
                *self = Self::Many(many);
            }
            Self::Many(keys) => {
                keys.insert(user_key);
            }
        }
    }

    /// Removes a user key.
    pub fn remove<UK: Ord>(&mut self, user_key: &UK)
    where
        US: Borrow<UK>,
    {
        match self {
            Self::Few(keys) => keys.retain(|key| key.borrow() != user_key),
            Self::Many(keys) => {
                keys.remove(user_key);
            }
        }
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &US> {
        let (few, many) = match self {
            Self::Few(keys) => (Some(keys), None),
            Self::Many(keys) => (None, Some(keys)),
        };
        few.into_iter().flatten().chain(many.into_iter().flatten())
    }

    /// Those within the bounds, ascending; none if the bounds exclude each other.
    pub fn range<'a, UK: Ord + 'a>(
        &'a self,
        bounds: (Bound<&'a UK>, Bound<&'a UK>),
    ) -> impl Iterator<Item = &'a US>
    where
        US: Borrow<UK>,
    {
        let (few, many) = match self {
            Self::Few(keys) => (slice_within(keys, bounds), None),
            Self::Many(keys) if is_sane(bounds) => (&[][..], Some(keys.range::<UK, _>(bounds))),
            Self::Many(_) => (&[][..], None),
        };
        few.iter().chain(many.into_iter().flatten())
    }
}

/// Whether a range with these bounds can hold anything: `BTreeSet` panics otherwise.
fn is_sane<UK: Ord>(bounds: (Bound<&UK>, Bound<&UK>)) -> bool {
    match bounds {
        (Bound::Excluded(low), Bound::Excluded(high)) => low < high,
        (
            Bound::Included(low) | Bound::Excluded(low),
            Bound::Included(high) | Bound::Excluded(high),
        ) => low <= high,
        _ => true,
    }
}

fn slice_within<'a, UK: Ord, US: Borrow<UK>>(
    keys: &'a [US],
    (low, high): (Bound<&UK>, Bound<&UK>),
) -> &'a [US] {
    let start = match low {
        Bound::Unbounded => 0,
        Bound::Included(low) => keys.partition_point(|key| key.borrow() < low),
        Bound::Excluded(low) => keys.partition_point(|key| key.borrow() <= low),
    };
    let end = match high {
        Bound::Unbounded => keys.len(),
        Bound::Included(high) => keys.partition_point(|key| key.borrow() <= high),
        Bound::Excluded(high) => keys.partition_point(|key| key.borrow() < high),
    };
    keys.get(start..end).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Inline, KeyHold};

    fn ranges(keys: &UserKeys<Inline<u32>>) -> Vec<Vec<u32>> {
        let bounds = [
            (Bound::Unbounded, Bound::Unbounded),
            (Bound::Included(&3), Bound::Excluded(&9)),
            (Bound::Excluded(&3), Bound::Included(&9)),
            (Bound::Included(&9), Bound::Included(&3)),
            (Bound::Excluded(&4), Bound::Excluded(&4)),
            (Bound::Included(&50), Bound::Unbounded),
        ];
        bounds
            .map(|b| keys.range::<u32>(b).map(|key| *KeyHold::get(key)).collect())
            .to_vec()
    }

    #[test]
    fn few_and_many_agree_with_a_sorted_set() {
        let mut keys = UserKeys::one(<Inline<u32> as KeyHold<u32>>::new(60));
        let mut model = BTreeSet::from([60u32]);
        for step in 0..200u32 {
            let key = (step * 37) % 101;
            if step % 3 == 2 {
                let gone = (step * 11) % 101;
                keys.remove(&gone);
                model.remove(&gone);
            }
            if model.insert(key) {
                keys.insert(KeyHold::new(key));
            }
            assert!(keys.iter().map(KeyHold::get).eq(&model));
            assert_eq!(keys.len(), model.len());
            let found = ranges(&keys);
            assert_eq!(found[1], model.range(3..9).copied().collect::<Vec<_>>());
            assert_eq!(found[5], model.range(50..).copied().collect::<Vec<_>>());
            assert!(found[3].is_empty() && found[4].is_empty());
        }
        assert!(matches!(keys, UserKeys::Many(_)));
    }
}
