//! What a function is given with each record.

use crate::executor::Record;
use crate::executor::link::Output;
use alluvium::{
    AnyBackend, HeapOperatorState, KeyScope, OrderedKey, Result, StateError, SubtaskInfo,
};

/// The keyed state that can be reached.
pub(crate) enum Access<'a, K: OrderedKey> {
    /// That of the record's key.
    Key(KeyScope<'a, AnyBackend<K>>),
    /// That of all keys of the subtask.
    All(&'a mut AnyBackend<K>),
    /// None: the operator is not keyed.
    None,
}

/// What a function may use while it handles a record or a hook: state, and the output.
pub struct Context<'a, K: OrderedKey, O> {
    access: Access<'a, K>,
    operator: &'a mut HeapOperatorState,
    subtask: &'a SubtaskInfo,
    output: &'a mut Output<O>,
}

impl<'a, K: OrderedKey, O: Record> Context<'a, K, O> {
    #[inline]
    pub(crate) const fn new(
        access: Access<'a, K>,
        operator: &'a mut HeapOperatorState,
        subtask: &'a SubtaskInfo,
        output: &'a mut Output<O>,
    ) -> Self {
        Self {
            access,
            operator,
            subtask,
            output,
        }
    }

    /// Emits a record.
    ///
    /// # Errors
    /// What an operator behind this one returned: pass it on.
    #[inline]
    pub fn emit(&mut self, record: O) -> Result<()> {
        self.output.emit(record)
    }

    /// The state of the record's key.
    ///
    /// # Errors
    /// `Misuse` if the input of the operator is not keyed, for a record of the broadcast side of a
    /// two-input operator, and in hooks, which have no record.
    #[inline]
    pub fn keyed(&mut self) -> Result<&mut KeyScope<'a, AnyBackend<K>>> {
        Ok(self.keyed_and_output()?.0)
    }

    /// The state of the record's key, and the output beside it.
    ///
    /// # Errors
    /// As [`keyed`](Self::keyed).
    #[inline]
    pub fn keyed_and_output(
        &mut self,
    ) -> Result<(&mut KeyScope<'a, AnyBackend<K>>, &mut Output<O>)> {
        match &mut self.access {
            Access::Key(scope) => Ok((scope, self.output)),
            Access::All(_) => Err(no_key(self.subtask)),
            Access::None => Err(not_keyed(self.subtask)),
        }
    }

    /// The state of all keys of the subtask, in hooks and for records without a key.
    ///
    /// # Errors
    /// `Misuse` if the input of the operator is not keyed, or for a record that has a key.
    pub fn backend(&mut self) -> Result<&mut AnyBackend<K>> {
        Ok(self.backend_and_output()?.0)
    }

    /// The state of all keys of the subtask, and the output beside it.
    ///
    /// # Errors
    /// As [`backend`](Self::backend).
    pub fn backend_and_output(&mut self) -> Result<(&mut AnyBackend<K>, &mut Output<O>)> {
        match &mut self.access {
            Access::All(backend) => Ok((backend, self.output)),
            Access::Key(_) => Err(StateError::misuse(format!(
                "operator '{}' asks for the state of all keys while it handles a record of one key",
                self.subtask.operator
            ))),
            Access::None => Err(not_keyed(self.subtask)),
        }
    }

    /// The operator state of the subtask.
    pub const fn operator(&mut self) -> &mut HeapOperatorState {
        self.operator
    }

    /// The subtask.
    pub const fn subtask(&self) -> &SubtaskInfo {
        self.subtask
    }
}

#[cold]
fn not_keyed(subtask: &SubtaskInfo) -> StateError {
    StateError::misuse(format!(
        "operator '{}' asks for keyed state, but its input is not keyed: put key_by before it",
        subtask.operator
    ))
}

#[cold]
fn no_key(subtask: &SubtaskInfo) -> StateError {
    StateError::misuse(format!(
        "operator '{}' asks for the state of a key where there is none: in a hook, or for a \
         record of an input that is not keyed",
        subtask.operator
    ))
}
