//! The documentation of the options is what their definitions say.

#[expect(dead_code, reason = "main is for those who run it")]
#[path = "../examples/document_configuration.rs"]
mod document_configuration;

#[test]
fn the_document_is_made_from_the_definitions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let found = std::fs::read_to_string(path).unwrap_or_default();
    let made = document_configuration::document();
    let differ = found.lines().zip(made.lines()).position(|(a, b)| a != b);
    let line = differ.unwrap_or_else(|| found.lines().count().min(made.lines().count())) + 1;
    assert!(
        found == made,
        "docs/configuration.md differs from the definitions of the options from line {line} on; \
         to make it anew: cargo run -p alluvium --example document_configuration > \
         docs/configuration.md"
    );
}
