//! Commands that look into snapshots without the program that wrote them.
//!
//! | module | what it holds |
//! |---|---|
//! | `inspect`, `verify`, `diff`, `export`, `copy`, `gc` | a command each |
//! | `place` | finding the snapshot that a path means |
//! | `pick` | the states that an option means |
//! | `schema` | types as people read them |
//! | `progress` | bars on long work |

pub(crate) mod copy;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod gc;
pub(crate) mod inspect;
mod pick;
mod place;
mod progress;
mod schema;
pub(crate) mod verify;
