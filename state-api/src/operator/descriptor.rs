//! Descriptors of operator state.

use super::OperatorStateKind;
use crate::data::{CodecRef, NativeData, StateData};
use crate::key::OrderedKey;
use crate::schema::SchemaBuilder;
use crate::snapshot::OperatorStateMeta;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A list state of a subtask, dealt out element by element or as a union.
///
/// ```
/// use alluvium_state_api::OperatorListDescriptor;
/// const OFFSETS: OperatorListDescriptor<(u32, u64)> = OperatorListDescriptor::split("offsets");
/// const SEEN: OperatorListDescriptor<String> = OperatorListDescriptor::union("seen");
/// ```
#[derive(Debug)]
pub struct OperatorListDescriptor<T: 'static> {
    name: Cow<'static, str>,
    kind: OperatorStateKind,
    codec: CodecRef<T>,
}

impl<T: NativeData> OperatorListDescriptor<T> {
    /// A list whose elements are dealt out evenly, each to one subtask.
    pub const fn split(name: &'static str) -> Self {
        let (name, kind) = (Cow::Borrowed(name), OperatorStateKind::SplitList);
        Self {
            name,
            kind,
            codec: CodecRef::native(),
        }
    }

    /// A list of which every subtask gets all elements.
    pub const fn union(name: &'static str) -> Self {
        let (name, kind) = (Cow::Borrowed(name), OperatorStateKind::UnionList);
        Self {
            name,
            kind,
            codec: CodecRef::native(),
        }
    }
}

impl<T: StateData> OperatorListDescriptor<T> {
    /// The same list under a name that is made at run time.
    pub fn renamed(self, name: impl Into<String>) -> Self {
        Self {
            name: Cow::Owned(name.into()),
            ..self
        }
    }

    /// A split list whose elements are encoded by `codec`.
    pub fn split_with(name: impl Into<Cow<'static, str>>, codec: CodecRef<T>) -> Self {
        Self {
            name: name.into(),
            kind: OperatorStateKind::SplitList,
            codec,
        }
    }

    /// A union list whose elements are encoded by `codec`.
    pub fn union_with(name: impl Into<Cow<'static, str>>, codec: CodecRef<T>) -> Self {
        Self {
            name: name.into(),
            kind: OperatorStateKind::UnionList,
            codec,
        }
    }

    /// The state's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How one element becomes bytes.
    pub fn codec(&self) -> &CodecRef<T> {
        &self.codec
    }

    /// What snapshots say about this state.
    pub fn meta(&self) -> OperatorStateMeta {
        OperatorStateMeta {
            name: self.name.clone().into_owned(),
            kind: self.kind,
            key: None,
            value: self.codec.schema(),
        }
    }
}

/// A map state that is the same in all subtasks. Every subtask must make the same changes.
#[derive(Debug)]
pub struct BroadcastDescriptor<BK, BV: 'static> {
    name: Cow<'static, str>,
    codec: CodecRef<BV>,
    key: PhantomData<fn() -> BK>,
}

impl<BK: OrderedKey, BV: NativeData> BroadcastDescriptor<BK, BV> {
    /// A broadcast map called `name`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            codec: CodecRef::native(),
            key: PhantomData,
        }
    }
}

impl<BK: OrderedKey, BV: StateData> BroadcastDescriptor<BK, BV> {
    /// A broadcast map whose values are encoded by `codec`.
    pub fn with_codec(name: impl Into<Cow<'static, str>>, codec: CodecRef<BV>) -> Self {
        Self {
            name: name.into(),
            codec,
            key: PhantomData,
        }
    }

    /// The state's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How one value becomes bytes.
    pub fn codec(&self) -> &CodecRef<BV> {
        &self.codec
    }

    /// What snapshots say about this state.
    pub fn meta(&self) -> OperatorStateMeta {
        OperatorStateMeta {
            name: self.name.clone().into_owned(),
            kind: OperatorStateKind::Broadcast,
            key: Some(BK::key_schema(&mut SchemaBuilder::default())),
            value: self.codec.schema(),
        }
    }
}
