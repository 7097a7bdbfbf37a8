//! What a schema tree must keep to, so that it can be stored and understood.

use super::{Field, Schema};
use crate::error::{Result, StateError};
use std::collections::BTreeSet;

impl Schema {
    /// How many levels a schema tree may have.
    pub const MAX_DEPTH: usize = 64;

    /// How many nodes a schema tree may have.
    pub const MAX_NODES: usize = 65_536;

    /// Checks that the tree keeps to the limits, and to what names and references must keep to.
    pub(crate) fn check_size(&self) -> Result<()> {
        let flaw = self.flaw();
        flaw.map_err(|flaw| StateError::misuse(format!("the schema of {self} {flaw}")))
    }

    /// What is wrong with this tree, if anything.
    pub(super) fn flaw(&self) -> Result<(), String> {
        let mut review = Review {
            nodes: 0,
            depth: 0,
            named: 0,
        };
        review.node(self)
    }
}

/// Counts what lies around the node under review, and the nodes before it.
struct Review {
    nodes: usize,
    depth: usize,
    /// Structs and enums around this node.
    named: u32,
}

impl Review {
    fn node(&mut self, schema: &Schema) -> Result<(), String> {
        self.nodes += 1;
        self.depth += 1;
        check_size(self.nodes, self.depth)?;
        match schema {
            Schema::Option(inner)
            | Schema::List(inner)
            | Schema::Set(inner)
            | Schema::Array(_, inner) => self.node(inner)?,
            Schema::Map(key, value) => {
                self.node(key)?;
                self.node(value)?;
            }
            Schema::Tuple(items) => items.iter().try_for_each(|item| self.node(item))?,
            Schema::Struct { name, fields } => {
                self.named += 1;
                self.fields(name, fields)?;
                self.named -= 1;
            }
            Schema::Enum { name, variants } => {
                self.named += 1;
                distinct(name, "tag", variants.iter().map(|variant| variant.tag))?;
                distinct(
                    name,
                    "variant",
                    variants.iter().map(|variant| &variant.name),
                )?;
                for variant in variants {
                    // Counted, because a variant without fields is no smaller than a node.
                    self.nodes += 1;
                    check_size(self.nodes, self.depth)?;
                    self.fields(name, &variant.fields)?;
                }
                self.named -= 1;
            }
            Schema::Recursive(levels) if *levels >= self.named => {
                return Err(format!(
                    "refers to the named type {levels} levels up, where only {} are",
                    self.named
                ));
            }
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    fn fields(&mut self, name: &str, fields: &[Field]) -> Result<(), String> {
        distinct(name, "field", fields.iter().map(|field| &field.name))?;
        fields.iter().try_for_each(|field| self.node(&field.schema))
    }
}

/// Refuses a tree with more `nodes` or a greater `depth` than allowed.
pub(super) fn check_size(nodes: usize, depth: usize) -> Result<(), String> {
    if nodes > Schema::MAX_NODES {
        return Err(format!("has more than {} nodes", Schema::MAX_NODES));
    }
    if depth > Schema::MAX_DEPTH {
        return Err(format!("is deeper than {} levels", Schema::MAX_DEPTH));
    }
    Ok(())
}

fn distinct<T: Ord + std::fmt::Display>(
    owner: &str,
    what: &str,
    items: impl Iterator<Item = T>,
) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for item in items {
        if let Some(again) = seen.replace(item) {
            return Err(format!("gives '{owner}' the {what} {again} twice"));
        }
    }
    Ok(())
}
