//! Documents every option: prints `docs/configuration.md`, made from the definitions of the options:
//!
//! ```console
//! cargo run -p alluvium --example document_configuration > docs/configuration.md
//! ```

use alluvium::config::{Group, OptionDefinition, options};

const INTRODUCTION: &str = "\
<!-- Made from the definitions of the options; a test compares. To make it anew:
     cargo run -p alluvium --example document_configuration > docs/configuration.md -->

# Configuration

Options are set in four places. What the program sets wins over `-D`, `-D` over the file, the file
over the default:

```rust
use alluvium::config::{Configuration, options};

let file = b\"execution.checkpointing.num-retained: 3\";
let configuration = Configuration::new()                        // the defaults
    .with_yaml(\"alluvium.yaml\", file)?                          // or .with_file(\"alluvium.yaml\")?
    .with_argument(\"execution.checkpointing.interval=10 s\")?    // what stands behind -D
    .with(&options::PARALLELISM, 4u32)?;                        // the program
let resolved = configuration.resolve()?;
assert_eq!(resolved.checkpoints.num_retained, 3);
# Ok::<(), alluvium::StateError>(())
```

The file is YAML. Keys may be flat or nested, or both; an option may be set once:

```yaml
execution.checkpointing.interval: 10 s
execution.checkpointing:
  dir: file:///data/checkpoints
  num-retained: 3
restart-strategy:
  type: fixed-delay
  fixed-delay.attempts: 10
```

An unknown key is an error that names the nearest known one. Every error about a value names the
option, where the value came from, what was expected and what was found. Names are Flink's where the
meaning is Flink's; older names are accepted with a warning, which is logged and returned.

## Values

| type | written as |
|---|---|
| duration | a whole number and its unit: `d`, `h`, `min` (`m`), `s`, `ms`, `µs`, `ns`, or a word such as `minutes`; without a unit, milliseconds |
| size | a whole number and its unit: `b`, `kb` (`k`), `mb` (`m`), `gb` (`g`), `tb` (`t`), each 1,024 of the one before; without a unit, bytes |
| number | such as `0.5` |
| boolean | `true` or `false` |
| integer | a whole number |
| path or URL | a path of the machine, or a URL that begins with `file://`, `memory://`, `s3://` or `hdfs://` |
| text | as it is, in one line |
| secret | text that no message shows |
| choice | one of the names listed, in letters of any case, with `-` or `_` |
";

/// The whole document.
pub(crate) fn document() -> String {
    let mut document = INTRODUCTION.to_owned();
    for group in options::GROUPS {
        describe_group(group, &mut document);
    }
    document
}

fn describe_group(group: &Group, document: &mut String) {
    let title = group.title;
    push(document, format_args!("\n## {title}\n"));
    if !group.intro.is_empty() {
        push(document, format_args!("\n{}\n", group.intro));
    }
    for option in group.options {
        describe(*option, document);
    }
}

fn describe(option: &dyn OptionDefinition, document: &mut String) {
    push(document, format_args!("\n### `{}`\n\n", option.key()));
    push(document, format_args!("{}\n\n", option.doc()));
    push(document, format_args!("- Type: {}", option.kind()));
    match option.range() {
        Some(range) => push(document, format_args!(", {range}\n")),
        None => push(document, format_args!("\n")),
    }
    match (option.default_text(), option.default_note()) {
        (Some(default), None) => push(document, format_args!("- Default: `{default}`\n")),
        (Some(default), Some(note)) => {
            push(document, format_args!("- Default: `{default}`: {note}\n"));
        }
        (None, note) => push(
            document,
            format_args!("- Default: {}\n", note.unwrap_or("none")),
        ),
    }
    if !option.older_keys().is_empty() {
        let older: Vec<_> = option
            .older_keys()
            .iter()
            .map(|key| format!("`{key}`"))
            .collect();
        push(
            document,
            format_args!("- Older names: {}\n", older.join(", ")),
        );
    }
}

fn push(document: &mut String, text: std::fmt::Arguments<'_>) {
    document.push_str(&text.to_string());
}

fn main() {
    print!("{}", document());
}
