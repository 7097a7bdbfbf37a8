//! Lists against `Vec`s, with clones held as snapshots hold them.

use super::*;

const fn at(epoch: u32, settled: u32) -> ListStamp {
    ListStamp { epoch, settled }
}

/// An element that must not be cloned: appending never needs to.
#[derive(Debug, PartialEq)]
struct Unclonable(u32);

impl Clone for Unclonable {
    fn clone(&self) -> Self {
        panic!("element {} is copied", self.0)
    }
}

#[test]
fn appending_never_copies_and_snapshots_never_change() {
    let mut list = ListValue::new(vec![Unclonable(0)], 1);
    let mut held = Vec::new();
    for n in 1..5_000 {
        if n % 97 == 0 {
            held.push((list.clone(), n));
        }
        list.push(Unclonable(n), at(1 + n / 500, 0));
    }
    for (snapshot, len) in held {
        assert!(snapshot.iter().map(|item| item.0).eq(0..len));
    }
    assert!(list.iter().map(|item| item.0).eq(0..5_000));
}

#[test]
fn a_delta_holds_what_came_since() {
    let mut list = ListValue::new(vec![1, 2], 3);
    list.push(3, at(4, 0));
    list.extend(vec![4, 5], at(6, 0));
    let since = |epoch| {
        let (whole, items) = list.since(epoch);
        (whole, items.copied().collect::<Vec<_>>())
    };
    assert_eq!(since(None), (true, vec![1, 2, 3, 4, 5]));
    assert_eq!(since(Some(2)), (true, vec![1, 2, 3, 4, 5]));
    assert_eq!(since(Some(3)), (false, vec![3, 4, 5]));
    assert_eq!(since(Some(5)), (false, vec![4, 5]));
    assert_eq!(since(Some(6)), (false, vec![]));
}

#[test]
fn pieces_are_merged_once_settled_and_not_shared() {
    let mut list = ListValue::new(vec![0], 1);
    for n in 1..1_000 {
        list.push(n, at(1 + n, n.saturating_sub(1)));
    }
    assert!(list.chunks().len() < 20, "{} chunks", list.chunks().len());
    assert!(list.iter().copied().eq(0..1_000));

    let mut apart = ListValue::new(vec![0], 1);
    (1..100).for_each(|n| apart.push(n, at(1 + n, 0)));
    assert_eq!(
        apart.chunks().len(),
        100,
        "deltas may still need them apart"
    );
}

#[test]
fn long_lists_have_few_chunks() {
    let mut list = ListValue::new(vec![0], 1);
    (1..1_000_000).for_each(|n| list.push(n, at(1, 0)));
    assert_eq!(list.len(), 1_000_000);
    assert_eq!(list.chunks().len(), 1_000_000usize.div_ceil(MAX_CHUNK));
}
