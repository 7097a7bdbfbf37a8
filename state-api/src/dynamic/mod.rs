//! Dynamic values: stored data whose type the program does not know, taken apart by the schema
//! that came with it.
//!
//! | module | what it holds |
//! |---|---|
//! | `value` | [`DynamicValue`]: anything that can be stored |
//! | `types` | [`DynamicType`] and [`DynamicKeyType`]: a schema made ready to decode and encode |
//! | `tree`, `integer` | what a schema is made into |
//! | `layout` | where encodings of values and of keys differ |
//! | `decode`, `encode`, `bounds` | from bytes and back, within bounds |
//! | `show` | values for people |
//! | `json`, `text` | from and to JSON and the fields of tables |

mod bounds;
mod decode;
mod encode;
mod integer;
#[cfg(feature = "json")]
mod json;
mod layout;
mod misfit;
mod printable;
mod show;
#[cfg(feature = "json")]
mod text;
mod tree;
mod types;
mod value;

pub use types::{DynamicKeyType, DynamicType};
pub use value::DynamicValue;
