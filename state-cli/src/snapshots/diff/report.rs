//! What `alluvium diff` prints; the fields of its JSON are documented in `docs/guide/offline.md`.

use serde::Serialize;
use serde_json::Value;
use std::fmt::{Display, Write};

/// The differences, operators without any left out.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    a: String,
    b: String,
    pub(super) operators: Vec<OperatorDiff>,
}

#[derive(Debug, Serialize)]
pub(super) struct OperatorDiff {
    uid: String,
    /// `-` if only A has it, `+` if only B has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<char>,
    /// Sentences.
    pub(super) notes: Vec<String>,
    pub(super) states: Vec<StateDiff>,
}

#[derive(Debug, Serialize)]
pub(super) struct StateDiff {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) only: Option<char>,
    /// Why entries were not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    pub(super) removed: u64,
    pub(super) added: u64,
    pub(super) changed: u64,
    /// The first of them.
    pub(super) entries: Vec<EntryDiff>,
}

#[derive(Debug, Serialize)]
pub(super) struct EntryDiff {
    pub(super) sign: char,
    pub(super) key: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespace: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_key: Option<Value>,
    pub(super) value: Value,
    /// What B has there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Value>,
    #[serde(skip)]
    pub(super) text: String,
}

impl Report {
    pub(super) const fn new(a: String, b: String) -> Self {
        Self {
            a,
            b,
            operators: Vec::new(),
        }
    }

    pub(super) const fn differs(&self) -> bool {
        !self.operators.is_empty()
    }

    /// Lines for people.
    pub(super) fn show(&self) -> String {
        let mut out = format!("--- {}\n+++ {}", self.a, self.b);
        for operator in &self.operators {
            operator.show(&mut out);
        }
        if !self.differs() {
            out.push_str("\nno difference");
        }
        out
    }
}

impl OperatorDiff {
    pub(super) const fn new(uid: String) -> Self {
        Self {
            uid,
            only: None,
            notes: Vec::new(),
            states: Vec::new(),
        }
    }

    pub(super) const fn differs(&self) -> bool {
        self.only.is_some() || !self.notes.is_empty() || !self.states.is_empty()
    }

    /// Notes that `what` differs, if it does.
    pub(super) fn note<T: Display + PartialEq>(&mut self, what: &str, a: T, b: T) {
        if a != b {
            self.notes.push(format!("{what} {a} → {b}"));
        }
    }

    /// Adds a state, if it differs.
    pub(super) fn add(&mut self, state: StateDiff) {
        let counts = state.removed + state.added + state.changed;
        if state.only.is_some() || state.note.is_some() || counts > 0 {
            self.states.push(state);
        }
    }

    fn show(&self, out: &mut String) {
        let uid = &self.uid;
        if let Some(sign) = self.only {
            let _infallible = write!(out, "\n{sign} operator {uid}");
            return;
        }
        for note in &self.notes {
            let _infallible = write!(out, "\n~ operator {uid}: {note}");
        }
        for state in &self.states {
            state.show(uid, out);
        }
    }
}

impl StateDiff {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            only: None,
            note: None,
            removed: 0,
            added: 0,
            changed: 0,
            entries: Vec::new(),
        }
    }

    fn show(&self, uid: &str, out: &mut String) {
        let name = &self.name;
        let _infallible = match (self.only, &self.note) {
            (Some(sign), _) => write!(out, "\n{sign} state {uid}/{name}"),
            (None, Some(note)) => write!(out, "\n~ state {uid}/{name}: {note}"),
            (None, None) => write!(
                out,
                "\n~ state {uid}/{name}: {} removed, {} added, {} changed",
                self.removed, self.added, self.changed
            ),
        };
        for entry in &self.entries {
            let _infallible = write!(out, "\n  {} {}", entry.sign, entry.text);
        }
        let all = self.removed + self.added + self.changed;
        let more = all - self.entries.len() as u64;
        if more > 0 && !self.entries.is_empty() {
            let _infallible = write!(out, "\n  … and {more} more");
        }
    }
}
