//! Whether stored data fits the program, and where it does not.

use super::{Field, Schema, Variant};
use crate::error::{Result, StateError};
use std::fmt::Write;

impl Schema {
    /// Checks that data written as `self` can be read as `program`: the two must be equal.
    ///
    /// ```
    /// use alluvium_state_api::Schema;
    /// let (written, program) = (Schema::List(Schema::U32.into()), Schema::List(Schema::U64.into()));
    /// let error = written.check(&program).unwrap_err();
    /// assert_eq!(error.to_string(), "element '[]' was u32, the program has u64");
    /// ```
    ///
    /// # Errors
    /// `Incompatible` if they are not: the message names the path of the first difference and what
    /// stands there in both. Callers put the state in front of it with
    /// [`context`](StateError::context).
    pub fn check(&self, program: &Self) -> Result<()> {
        if self == program {
            return Ok(());
        }
        let difference = Place::default().difference(self, program);
        Err(StateError::incompatible(difference.unwrap_or_else(|| {
            format!("{self} was written, the program has another shape of {program}")
        })))
    }
}

/// A path into both trees, in the notation of the program: `orders[].price`.
#[derive(Default)]
struct Place {
    path: String,
    noun: Option<&'static str>,
}

impl Place {
    /// The first difference below this place, if there is one.
    fn difference(&mut self, written: &Schema, expected: &Schema) -> Option<String> {
        use Schema::{Array, Enum, List, Map, Option, Set, Struct, Tuple};
        match (written, expected) {
            (Option(a), Option(b)) => self.inside("?", "value", a, b),
            (List(a), List(b)) | (Set(a), Set(b)) => self.inside("[]", "element", a, b),
            (Array(m, a), Array(n, b)) if m == n => self.inside("[]", "element", a, b),
            (Map(ka, va), Map(kb, vb)) => self
                .inside("[key]", "key", ka, kb)
                .or_else(|| self.inside("[value]", "value", va, vb)),
            (Tuple(a), Tuple(b)) if a.len() == b.len() => {
                let mut parts = a.iter().zip(b).enumerate();
                parts.find_map(|(index, (a, b))| self.inside_field(&index.to_string(), a, b))
            }
            (Struct { name: m, fields: a }, Struct { name: n, fields: b }) if m == n => {
                self.fields(a, b)
            }
            (
                Enum {
                    name: m,
                    variants: a,
                },
                Enum {
                    name: n,
                    variants: b,
                },
            ) if m == n => self.variants(a, b),
            (a, b) if a == b => None,
            (a, b) => Some(format!("{} was {a}, the program has {b}", self.here())),
        }
    }

    fn fields(&mut self, written: &[Field], expected: &[Field]) -> Option<String> {
        let names = |all: &[Field]| all.iter().map(|one| one.name.clone()).collect();
        let lacks = |fields: &[Field], name: &str| fields.iter().all(|field| field.name != name);
        let gone = written.iter().find(|field| lacks(expected, &field.name));
        let new = expected.iter().find(|field| lacks(written, &field.name));
        match (gone, new) {
            (Some(gone), Some(new)) => Some(format!(
                "{} was written, the program has '{}' instead: renamed?",
                self.at_field(&gone.name),
                new.name
            )),
            (Some(gone), None) => Some(format!(
                "{} was written, the program has no such field",
                self.at_field(&gone.name)
            )),
            (None, Some(new)) => Some(format!(
                "{} was not written, the program has it: added?",
                self.at_field(&new.name)
            )),
            (None, None) => self
                .order("fields", names(written), names(expected))
                .or_else(|| {
                    let mut pairs = written.iter().zip(expected);
                    pairs.find_map(|(a, b)| self.inside_field(&a.name, &a.schema, &b.schema))
                }),
        }
    }

    fn variants(&mut self, written: &[Variant], expected: &[Variant]) -> Option<String> {
        for old in written {
            let variant = self.at(&format!("::{}", old.name), "variant");
            let same_tag = expected.iter().find(|new| new.tag == old.tag);
            let same_name = expected.iter().find(|new| new.name == old.name);
            match (same_name, same_tag) {
                (Some(new), _) if new.tag == old.tag => {}
                (Some(new), _) => {
                    return Some(format!(
                        "{variant} had tag {}, the program gives it tag {}",
                        old.tag, new.tag
                    ));
                }
                (None, Some(new)) => {
                    return Some(format!(
                        "{variant} was written with tag {}, the program has '{}' instead: renamed?",
                        old.tag, new.name
                    ));
                }
                (None, None) => {
                    return Some(format!(
                        "{variant} was written, the program has no such variant"
                    ));
                }
            }
        }
        let known = |new: &&Variant| written.iter().any(|old| old.tag == new.tag);
        if let Some(new) = expected.iter().find(|new| !known(new)) {
            let variant = self.at(&format!("::{}", new.name), "variant");
            return Some(format!(
                "{variant} was not written, the program has it: added?"
            ));
        }
        let names = |all: &[Variant]| all.iter().map(|one| one.name.clone()).collect();
        self.order("variants", names(written), names(expected))
            .or_else(|| {
                let mut pairs = written.iter().zip(expected);
                pairs.find_map(|(old, new)| {
                    self.within(&format!("::{}", old.name), "variant", |place| {
                        place.fields(&old.fields, &new.fields)
                    })
                })
            })
    }

    /// Tells that `what` this place has come in another order, if they do.
    fn order(&self, what: &str, written: Vec<String>, expected: Vec<String>) -> Option<String> {
        (written != expected).then(|| {
            format!(
                "the {what} of {} were in the order {}, the program has {}",
                self.here(),
                written.join(", "),
                expected.join(", ")
            )
        })
    }

    fn inside_field(&mut self, name: &str, written: &Schema, expected: &Schema) -> Option<String> {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.inside(&format!("{dot}{name}"), "field", written, expected)
    }

    fn inside(
        &mut self,
        step: &str,
        noun: &'static str,
        written: &Schema,
        expected: &Schema,
    ) -> Option<String> {
        self.within(step, noun, |place| place.difference(written, expected))
    }

    /// Looks from one step further down.
    fn within<R>(
        &mut self,
        step: &str,
        noun: &'static str,
        look: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let (length, outer) = (self.path.len(), self.noun.replace(noun));
        self.path.push_str(step);
        let seen = look(self);
        self.path.truncate(length);
        self.noun = outer;
        seen
    }

    fn at_field(&mut self, name: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.at(&format!("{dot}{name}"), "field")
    }

    fn at(&mut self, step: &str, noun: &'static str) -> String {
        self.within(step, noun, |place| place.here())
    }

    /// This place as a message names it.
    fn here(&self) -> String {
        let mut here = self.noun.unwrap_or("the type").to_owned();
        if !self.path.is_empty() {
            let _infallible = write!(here, " '{}'", self.path);
        }
        here
    }
}
