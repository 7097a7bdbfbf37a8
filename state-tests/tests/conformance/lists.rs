//! That no case is forgotten: what is written is stamped, and what is stamped is documented.

use crate::incremental::Incremental;
use crate::operator::Heap;
use alluvium_state_tests::conformance::{keyed_cases, operator_cases, raw_case_names};
use std::collections::BTreeSet;
use std::path::Path;

fn stamped() -> BTreeSet<String> {
    let keyed = keyed_cases::<Incremental>();
    let operator = operator_cases::<Heap>();
    let names = keyed.iter().map(|case| case.name);
    let names = names.chain(operator.iter().map(|case| case.name));
    names.chain(raw_case_names()).map(str::to_owned).collect()
}

#[test]
fn every_case_is_stamped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance/cases");
    let mut written = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let theme = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let functions = text.lines().filter_map(|line| line.strip_prefix("pub fn "));
        for function in functions {
            let name = function.split(['<', '(']).next().unwrap();
            written.insert(format!("{theme}::{name}"));
        }
    }
    assert_eq!(written, stamped());
}

#[test]
fn every_case_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let page = std::fs::read_to_string(page).unwrap();
    for case in stamped() {
        assert!(
            page.contains(&format!("`{case}`")),
            "{case} is not documented"
        );
    }
}
