//! `alluvium export`: the entries as lines.

use super::inspect::value_json;
use super::pick::Pick;
use super::place::Place;
use super::progress::Progress;
use crate::args::{ExportArgs, ExportFormat};
use alluvium::checkpoint::{OfflineOperator, OfflineSnapshot};
use alluvium::{DynamicKeyType, DynamicType, Result, Schema, StateError};
use serde_json::{Map, Value, json};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The columns of a table, and the names in JSON.
const COLUMNS: [&str; 9] = [
    "operator",
    "state",
    "kind",
    "group",
    "subtask",
    "key",
    "namespace",
    "user_key",
    "value",
];

/// Writes the lines.
pub(crate) fn run(args: &ExportArgs) -> Result<()> {
    let mut printed = false;
    Place::read(&args.path, &args.config.reading()?, |_, snapshot| {
        let pick = Pick(args.state.as_deref());
        pick.check(snapshot)?;
        match &args.output {
            Some(path) => to_file(path, snapshot, pick, args.format),
            None if printed => Err(StateError::storage(
                "the checkpoint was retired by its job, which runs, while it was exported: what was \
                 printed is not all of it",
            )),
            None => {
                printed = true;
                let target = Box::new(BufWriter::new(io::stdout()));
                export(target, "standard output", snapshot, pick, args.format)
            }
        }
    })
}

fn to_file(
    path: &Path,
    snapshot: &OfflineSnapshot,
    pick: Pick<'_>,
    format: ExportFormat,
) -> Result<()> {
    let name = format!("'{}'", path.display());
    let file = File::create_new(path).map_err(|error| cannot_write(&name, error))?;
    let written = export(
        Box::new(BufWriter::new(file)),
        &name,
        snapshot,
        pick,
        format,
    );
    if written.is_err() {
        // A part of it could be taken for all. That it stays is the smaller trouble.
        drop(std::fs::remove_file(path));
    }
    written
}

fn export(
    target: Box<dyn Write>,
    name: &str,
    snapshot: &OfflineSnapshot,
    pick: Pick<'_>,
    format: ExportFormat,
) -> Result<()> {
    let mut lines = Lines {
        target,
        name: name.to_owned(),
        format,
        progress: Progress::counting("entries"),
        closed: false,
    };
    lines.header()?;
    write(snapshot, pick, &mut lines)?;
    lines.finish()
}

fn write(snapshot: &OfflineSnapshot, pick: Pick<'_>, lines: &mut Lines) -> Result<()> {
    for operator in snapshot.operators()? {
        keyed(&operator, pick, lines)?;
        operator_states(&operator, pick, lines)?;
    }
    Ok(())
}

fn keyed(operator: &OfflineOperator<'_>, pick: Pick<'_>, lines: &mut Lines) -> Result<()> {
    for meta in operator.keyed_states() {
        if !pick.takes(operator.uid(), &meta.name) {
            continue;
        }
        lines
            .progress
            .at(format!("{}/{}", operator.uid(), meta.name));
        let mut reader = operator.keyed(&meta.name)?;
        let types = reader.types().clone();
        let has_namespace = types.namespace().schema() != &Schema::Unit;
        for entry in reader.entries() {
            let entry = entry?;
            let group = entry.group.0;
            let entry = types.decode(&entry)?;
            let user_key = types.user_key().zip(entry.user_key.as_ref());
            lines.line([
                Some(json!(operator.uid())),
                Some(json!(meta.name)),
                Some(json!(meta.kind.to_string())),
                Some(json!(group)),
                None,
                Some(types.key().to_json(&entry.key)),
                has_namespace.then(|| types.namespace().to_json(&entry.namespace)),
                user_key.map(|(of, user_key)| of.to_json(user_key)),
                Some(value_json(&types, &entry)),
            ])?;
            if lines.closed {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn operator_states(
    operator: &OfflineOperator<'_>,
    pick: Pick<'_>,
    lines: &mut Lines,
) -> Result<()> {
    for view in operator.operator_states() {
        if !pick.takes(operator.uid(), &view.meta.name) {
            continue;
        }
        let value_type = DynamicType::new(&view.meta.value)?;
        let key_type = view
            .meta
            .key
            .as_ref()
            .map(DynamicKeyType::new)
            .transpose()?;
        for subtask in 0..view.subtasks.len() {
            for (key, value) in view.dynamic(subtask)? {
                let key = key_type.as_ref().zip(key.as_ref());
                lines.line([
                    Some(json!(operator.uid())),
                    Some(json!(view.meta.name)),
                    Some(json!(view.meta.kind.to_string())),
                    None,
                    Some(json!(subtask)),
                    key.map(|(of, key)| of.to_json(key)),
                    None,
                    None,
                    Some(value_type.to_json(&value)),
                ])?;
            }
        }
    }
    Ok(())
}

/// Where lines go to.
struct Lines {
    target: Box<dyn Write>,
    name: String,
    format: ExportFormat,
    progress: Progress,
    /// Whether nobody reads on.
    closed: bool,
}

impl Lines {
    fn header(&mut self) -> Result<()> {
        match self.format {
            ExportFormat::Jsonl => Ok(()),
            ExportFormat::Csv => self.csv(COLUMNS.map(ToOwned::to_owned)),
        }
    }

    fn line(&mut self, cells: [Option<Value>; 9]) -> Result<()> {
        self.progress.add(1);
        match self.format {
            ExportFormat::Jsonl => {
                let names = COLUMNS.map(ToOwned::to_owned).into_iter();
                let object = names
                    .zip(cells)
                    .filter_map(|(name, cell)| Some((name, cell?)));
                let line = Value::Object(object.collect::<Map<_, _>>()).to_string();
                self.write(line.as_bytes())?;
                self.write(b"\n")
            }
            ExportFormat::Csv => self.csv(cells.map(cell)),
        }
    }

    fn csv(&mut self, cells: [String; 9]) -> Result<()> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let record = writer.write_record(&cells);
        let line = record.map_err(io::Error::from).and_then(|()| {
            writer
                .into_inner()
                .map_err(|error| io::Error::other(error.to_string()))
        });
        let line = line.map_err(|error| cannot_write(&self.name, error))?;
        self.write(&line)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.target.write_all(bytes);
        self.check(written)
    }

    fn finish(mut self) -> Result<()> {
        let flushed = self.target.flush();
        self.check(flushed)
    }

    fn check(&mut self, result: io::Result<()>) -> Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(|error| cannot_write(&self.name, error)),
        }
    }
}

/// A field of a table: scalars as they are, nothing for what is not there, all else as JSON.
fn cell(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(json) => json.to_string(),
    }
}

fn cannot_write(name: &str, error: io::Error) -> StateError {
    StateError::storage(format!("cannot write {name}")).with_source(error)
}
