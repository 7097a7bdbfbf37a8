//! Building schema trees of types that may contain themselves.

use super::Schema;
use std::any::TypeId;

/// Carries the named types that enclose the place being described, so that a type which contains
/// itself ends in [`Schema::Recursive`] instead of an endless tree.
#[derive(Debug, Default)]
pub struct SchemaBuilder {
    enclosing: Vec<TypeId>,
}

impl SchemaBuilder {
    /// Describes the named type `T` by `describe`, or refers to it if this place lies inside it.
    pub fn named<T: 'static>(&mut self, describe: impl FnOnce(&mut Self) -> Schema) -> Schema {
        let id = TypeId::of::<T>();
        if let Some(levels) = self.enclosing.iter().rev().position(|outer| *outer == id) {
            return Schema::Recursive(levels as u32);
        }
        self.enclosing.push(id);
        let schema = describe(self);
        self.enclosing.pop();
        schema
    }
}
