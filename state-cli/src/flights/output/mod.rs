//! The output directory: whose it is, and what may be replaced in it.
//!
//! | module | what it holds |
//! |---|---|
//! | `claim` | taking a directory, or refusing it |
//! | `decision` | which of both |
//! | `marker` | the file that says whose a directory is |
//! | `survey` | what stands in it |
//! | `files` | names, and what is done with files |

mod claim;
mod decision;
pub(super) mod files;
mod marker;
mod survey;

pub(super) use claim::Claim;
