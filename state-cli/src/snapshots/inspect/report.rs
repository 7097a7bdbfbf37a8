//! What `alluvium inspect --json` prints: its fields are documented in `docs/guide/offline.md`.

use super::super::schema;
use alluvium::checkpoint::{
    CheckpointMetadata, DynamicEntry, Histogram, OfflineOperator, OperatorStateView, StateTypes,
};
use alluvium::{DynamicKeyType, DynamicType, KeyGroup, RawKeyedState, Result, Schema};
use serde::Serialize;
use serde_json::Value;

/// A snapshot.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) path: String,
    pub(super) checkpoint: u64,
    /// Milliseconds since the Unix epoch.
    pub(super) timestamp: u64,
    pub(super) job_id: String,
    pub(super) job_name: String,
    /// Whether it was taken after the end of all input.
    #[serde(rename = "final")]
    pub(super) is_final: bool,
    pub(super) operators: Vec<OperatorReport>,
}

#[derive(Debug, Serialize)]
pub(super) struct OperatorReport {
    pub(super) uid: String,
    pub(super) parallelism: u32,
    pub(super) max_parallelism: u32,
    pub(super) finished: bool,
    pub(super) keyed: Vec<KeyedReport>,
    pub(super) operator_states: Vec<OperatorStateReport>,
    /// Of all subtasks together.
    pub(super) raw_keyed_bytes: u64,
    pub(super) raw_operator_bytes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct KeyedReport {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_key: Option<String>,
    pub(super) value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// The group of the key that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_group: Option<u16>,
    /// The groups that hold something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) groups: Option<Vec<GroupReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shown: Option<Vec<EntryReport>>,
    #[serde(skip)]
    pub(super) runs: Vec<GroupReport>,
    #[serde(skip)]
    max_parallelism: u32,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct GroupReport {
    pub(super) group: u16,
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

/// One entry: as JSON, and as people read it.
#[derive(Debug, Serialize)]
pub(super) struct EntryReport {
    pub(super) group: u16,
    pub(super) key: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_key: Option<Value>,
    pub(super) value: Value,
    /// Key, namespace, user key, value.
    #[serde(skip)]
    pub(super) text: [String; 4],
}

#[derive(Debug, Serialize)]
pub(super) struct OperatorStateReport {
    pub(super) name: String,
    pub(super) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    pub(super) value: String,
    /// How many elements or entries each subtask has.
    pub(super) items: Vec<usize>,
    pub(super) bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shown: Option<Vec<ItemReport>>,
}

#[derive(Debug, Serialize)]
pub(super) struct ItemReport {
    pub(super) subtask: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Value>,
    pub(super) value: Value,
    #[serde(skip)]
    pub(super) text: [String; 2],
}

/// The most runs that the histogram for people is cut into.
const BARS: usize = 32;

impl Report {
    pub(super) fn new(path: String, metadata: &CheckpointMetadata) -> Self {
        Self {
            path,
            checkpoint: metadata.checkpoint.0,
            timestamp: metadata.timestamp,
            job_id: metadata.job_id.clone(),
            job_name: metadata.job_name.clone(),
            is_final: metadata.is_final,
            operators: Vec::new(),
        }
    }
}

impl OperatorReport {
    pub(super) fn new(operator: &OfflineOperator<'_>) -> Self {
        let keyed = operator.raw_keyed().iter().flat_map(RawKeyedState::iter);
        let partitions = operator
            .raw_operator()
            .iter()
            .flat_map(|raw| &raw.partitions);
        Self {
            uid: operator.uid().to_owned(),
            parallelism: operator.parallelism(),
            max_parallelism: operator.max_parallelism().get(),
            finished: operator.metadata().is_finished(),
            keyed: Vec::new(),
            operator_states: Vec::new(),
            raw_keyed_bytes: keyed.map(|(_, bytes)| bytes.len() as u64).sum(),
            raw_operator_bytes: partitions.map(|bytes| bytes.len() as u64).sum(),
        }
    }
}

impl KeyedReport {
    pub(super) fn new(types: &StateTypes, max_parallelism: u32) -> Self {
        let meta = types.meta();
        let namespace = Some(&meta.namespace).filter(|namespace| **namespace != Schema::Unit);
        Self {
            name: meta.name.clone(),
            kind: meta.kind.to_string(),
            key: schema::show(types.key().schema()),
            namespace: namespace.map(schema::show),
            user_key: meta.user_key.as_ref().map(schema::show),
            value: schema::show(&meta.value),
            entries: None,
            bytes: None,
            key_group: None,
            groups: None,
            shown: None,
            runs: Vec::new(),
            max_parallelism,
        }
    }

    pub(super) fn count(&mut self, histogram: &Histogram, with_groups: bool) {
        let total = histogram.total();
        self.entries = Some(total.entries);
        self.bytes = Some(total.bytes);
        if !with_groups {
            return;
        }
        let report = |(group, size): (KeyGroup, alluvium::checkpoint::GroupSize)| GroupReport {
            group: group.0,
            entries: size.entries,
            bytes: size.bytes,
        };
        self.groups = Some(histogram.groups().map(report).collect());
        let runs = histogram.runs(self.max_parallelism as usize, BARS);
        self.runs = runs.into_iter().map(report).collect();
    }
}

impl EntryReport {
    pub(super) fn new(types: &StateTypes, group: KeyGroup, entry: &DynamicEntry) -> Self {
        let has_namespace = types.namespace().schema() != &Schema::Unit;
        let namespace = has_namespace.then_some(&entry.namespace);
        let user_key = types.user_key().zip(entry.user_key.as_ref());
        let text = |of: &DynamicKeyType, value| of.show(value).to_string();
        Self {
            group: group.0,
            key: types.key().to_json(&entry.key),
            namespace: namespace.map(|namespace| types.namespace().to_json(namespace)),
            user_key: user_key.map(|(of, user_key)| of.to_json(user_key)),
            value: value_json(types, entry),
            text: [
                text(types.key(), &entry.key),
                namespace.map_or_else(String::new, |value| text(types.namespace(), value)),
                user_key.map_or_else(String::new, |(of, user_key)| text(of, user_key)),
                value_text(types, entry),
            ],
        }
    }
}

/// The value of an entry as JSON; of list state an array.
pub(in crate::snapshots) fn value_json(types: &StateTypes, entry: &DynamicEntry) -> Value {
    if !types.is_list() {
        return types.value().to_json(&entry.value);
    }
    let elements = types.parts(&entry.value).iter();
    Value::Array(
        elements
            .map(|element| types.value().to_json(element))
            .collect(),
    )
}

/// The same for people.
pub(in crate::snapshots) fn value_text(types: &StateTypes, entry: &DynamicEntry) -> String {
    if !types.is_list() {
        return types.value().show(&entry.value).to_string();
    }
    let elements = types.parts(&entry.value).iter();
    let elements: Vec<_> = elements
        .map(|one| types.value().show(one).to_string())
        .collect();
    format!("[{}]", elements.join(", "))
}

impl OperatorStateReport {
    pub(super) fn new(view: &OperatorStateView) -> Self {
        let items = view.subtasks.iter().flatten();
        Self {
            name: view.meta.name.clone(),
            kind: view.meta.kind.to_string(),
            key: view.meta.key.as_ref().map(schema::show),
            value: schema::show(&view.meta.value),
            items: view.subtasks.iter().map(Vec::len).collect(),
            bytes: items
                .map(|item| (item.key.len() + item.value.len()) as u64)
                .sum(),
            shown: None,
        }
    }

    /// Shows up to `limit` elements.
    pub(super) fn show(&mut self, view: &OperatorStateView, limit: u64) -> Result<()> {
        let value_type = DynamicType::new(&view.meta.value)?;
        let key_type = view
            .meta
            .key
            .as_ref()
            .map(DynamicKeyType::new)
            .transpose()?;
        let mut shown = Vec::new();
        for subtask in 0..view.subtasks.len() {
            let room = usize::try_from(limit).unwrap_or(usize::MAX) - shown.len();
            for (key, value) in view.dynamic(subtask)?.into_iter().take(room) {
                let key = key_type.as_ref().zip(key.as_ref());
                shown.push(ItemReport {
                    subtask,
                    key: key.map(|(of, key)| of.to_json(key)),
                    value: value_type.to_json(&value),
                    text: [
                        key.map_or_else(String::new, |(of, key)| of.show(key).to_string()),
                        value_type.show(&value).to_string(),
                    ],
                });
            }
        }
        self.shown = Some(shown);
        Ok(())
    }
}
