//! Operator state at another parallelism.

use super::operator::{RULES, SPLIT, UNION, images, subtask};
use crate::conformance::harness::OperatorHarness;
use alluvium_state_api::{OperatorStateImage, OperatorStateStore, assign_operator_state};

/// What a new subtask finds: its split elements, its union elements, whose broadcast copy.
type Found = (Vec<u32>, Vec<u32>, Option<u32>);

fn dealt<H: OperatorHarness>(h: &H, old: &[Vec<OperatorStateImage>], new: usize) -> Vec<Found> {
    let open = |index| {
        let mut s = h.open(assign_operator_state(old, index, new).unwrap());
        let split = s.register_list(&SPLIT).unwrap();
        let union = s.register_list(&UNION).unwrap();
        let map = s.register_broadcast(&RULES).unwrap();
        let copy = s.broadcast_get(map, &"copy of".to_owned()).unwrap();
        (s.list_get(split).unwrap(), s.list_get(union).unwrap(), copy)
    };
    (0..new).map(open).collect()
}

/// C17: elements go where Flink sends them: split lists in contiguous runs, union lists to
/// all, of broadcast maps one copy to each.
pub fn c17_redistribution<H: OperatorHarness>(h: &H) {
    let goldens: [(u32, &[&[u32]]); 6] = [
        (2, &[&[0, 1, 2, 3], &[4, 10, 11], &[12, 13, 14]]),
        (
            3,
            &[&[0, 1, 2, 3, 4, 10, 11, 12], &[13, 14, 20, 21, 22, 23, 24]],
        ),
        (2, &[&[0, 1, 2], &[3, 4, 10], &[11, 12], &[13, 14]]),
        (1, &[&[0, 1], &[2, 3], &[4]]),
        (
            3,
            &[&[0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24]],
        ),
        (2, &[&[0, 1, 2, 3, 4], &[10, 11, 12, 13, 14]]),
    ];
    for (parallelism, splits) in goldens {
        let old: Vec<_> = (0..parallelism).map(|index| subtask(h, index)).collect();
        let all: Vec<_> = (0..parallelism)
            .flat_map(|i| [i * 10, i * 10 + 1])
            .collect();
        let found = dealt(h, &old, splits.len());
        for (index, (split, union, copy)) in (0..).zip(found) {
            assert_eq!(split, splits[index as usize]);
            assert_eq!(union, all);
            assert_eq!(copy, Some(index % parallelism));
        }
    }
}

/// C18: at the same parallelism split lists stay where they were, also where dealing them out anew
/// would even out their lengths; union lists go to all, and each keeps its own broadcast copy.
pub fn c18_same_parallelism<H: OperatorHarness>(h: &H) {
    let splits: [&[u32]; 3] = [&[1, 2, 3, 4, 5, 6, 7], &[], &[8]];
    let unions: [&[u32]; 3] = [&[], &[9, 8, 7], &[6]];
    let old: Vec<_> = (0..3)
        .map(|index| {
            let mut s = h.open(Vec::new());
            let split = s.register_list(&SPLIT).unwrap();
            let union = s.register_list(&UNION).unwrap();
            let map = s.register_broadcast(&RULES).unwrap();
            s.list_set(split, splits[index].to_vec()).unwrap();
            s.list_set(union, unions[index].to_vec()).unwrap();
            let own = vec![("copy of".to_owned(), index as u32)];
            s.broadcast_put_all(map, own).unwrap();
            images(&mut s)
        })
        .collect();
    for (index, (split, union, copy)) in dealt(h, &old, 3).into_iter().enumerate() {
        assert_eq!(split, splits[index], "subtask {index}");
        assert_eq!(union, [9, 8, 7, 6], "subtask {index}");
        assert_eq!(copy, Some(index as u32));
    }
}

/// C20, C21: union and broadcast state that only some old subtasks have reaches all new ones; a
/// split list is dealt out as ever.
pub fn c20_state_of_some_subtasks<H: OperatorHarness>(h: &H) {
    let old = [Vec::new(), subtask(h, 1), Vec::new()];
    let goldens: [&[&[u32]]; 2] = [
        &[&[10, 11, 12], &[13, 14]],
        &[&[], &[10, 11, 12, 13, 14], &[]],
    ];
    for splits in goldens {
        let found = dealt(h, &old, splits.len());
        let expected = splits
            .iter()
            .map(|split| (split.to_vec(), vec![10, 11], Some(1)));
        assert!(found.iter().cloned().eq(expected), "{found:?}");
    }
}
