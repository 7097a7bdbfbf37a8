//! Dealing operator state out to another number of subtasks: pure, from images to images.

use super::OperatorStateKind;
use crate::error::{Result, StateError};
use crate::snapshot::{OperatorItem, OperatorStateImage, OperatorStateMeta};

/// The share of new subtask `index` of `parallelism` in a sequence of `total` elements: contiguous
/// runs, the first `total % parallelism` of them one element longer (Flink's rule).
fn share(total: usize, index: usize, parallelism: usize) -> std::ops::Range<usize> {
    let (base, longer) = (total / parallelism, total % parallelism);
    let start = index * base + index.min(longer);
    start..start + base + usize::from(index < longer)
}

/// The part of `old` (one list of partitions per old subtask, in subtask order) that new subtask
/// `index` of `parallelism` gets. With the same parallelism, everything stays where it was.
pub fn assign_partitions<T: Clone>(old: &[Vec<T>], index: usize, parallelism: usize) -> Vec<T> {
    if old.len() == parallelism {
        return old.get(index).cloned().unwrap_or_default();
    }
    let range = share(old.iter().map(Vec::len).sum(), index, parallelism.max(1));
    old.iter()
        .flatten()
        .skip(range.start)
        .take(range.len())
        .cloned()
        .collect()
}

/// The operator state that new subtask `index` of `parallelism` starts with, given that of all old
/// subtasks in subtask order. A state may be missing in some of them.
///
/// Split lists go round in contiguous runs of nearly equal length, or stay put if the parallelism
/// is the same; union lists go to everyone whole; of a broadcast map, subtask *i* gets the copy of
/// old subtask *i* mod old parallelism, or if that has none, of the next one that has.
///
/// ```
/// use alluvium_state_api::assign_partitions;
/// let old = [vec![0, 1, 2, 3, 4], vec![10, 11, 12, 13, 14]];
/// assert_eq!(assign_partitions(&old, 1, 3), [4, 10, 11]);
/// ```
///
/// # Errors
/// `Incompatible` if two old subtasks disagree on what a state is.
pub fn assign_operator_state(
    old: &[Vec<OperatorStateImage>],
    index: usize,
    parallelism: usize,
) -> Result<Vec<OperatorStateImage>> {
    metas(old)?
        .into_iter()
        .map(|meta| {
            let items = match meta.kind {
                OperatorStateKind::SplitList => {
                    let lists: Vec<_> = old
                        .iter()
                        .map(|images| items_of(images, meta).to_vec())
                        .collect();
                    assign_partitions(&lists, index, parallelism)
                }
                OperatorStateKind::UnionList => old
                    .iter()
                    .flat_map(|images| items_of(images, meta))
                    .cloned()
                    .collect(),
                OperatorStateKind::Broadcast => copy_of(old, meta, index).to_vec(),
            };
            Ok(OperatorStateImage {
                meta: meta.clone(),
                items,
            })
        })
        .collect()
}

/// Each state once, in order of first appearance.
fn metas(old: &[Vec<OperatorStateImage>]) -> Result<Vec<&OperatorStateMeta>> {
    let mut metas: Vec<&OperatorStateMeta> = Vec::new();
    for image in old.iter().flatten() {
        match metas.iter().find(|meta| same_name(meta, &image.meta)) {
            None => metas.push(&image.meta),
            Some(meta) if **meta == image.meta => {}
            Some(meta) => {
                return Err(StateError::incompatible(format!(
                    "operator state '{}' is {} in one subtask and {} in another",
                    meta.name,
                    meta.shape(),
                    image.meta.shape()
                )));
            }
        }
    }
    Ok(metas)
}

/// Lists and broadcast maps have name spaces of their own.
fn same_name(a: &OperatorStateMeta, b: &OperatorStateMeta) -> bool {
    let broadcast = |meta: &OperatorStateMeta| meta.kind == OperatorStateKind::Broadcast;
    a.name == b.name && broadcast(a) == broadcast(b)
}

fn find<'a>(
    images: &'a [OperatorStateImage],
    meta: &OperatorStateMeta,
) -> Option<&'a OperatorStateImage> {
    images.iter().find(|image| same_name(&image.meta, meta))
}

fn items_of<'a>(images: &'a [OperatorStateImage], meta: &OperatorStateMeta) -> &'a [OperatorItem] {
    find(images, meta).map_or(&[], |image| &image.items)
}

fn copy_of<'a>(
    old: &'a [Vec<OperatorStateImage>],
    meta: &OperatorStateMeta,
    index: usize,
) -> &'a [OperatorItem] {
    let turned = old
        .iter()
        .cycle()
        .skip(index % old.len().max(1))
        .take(old.len());
    turned
        .filter_map(|images| find(images, meta))
        .map(|image| &*image.items)
        .next()
        .unwrap_or(&[])
}

#[cfg(test)]
mod tests;
