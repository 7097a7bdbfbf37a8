//! What map state needs beside its flat table: keys of three parts, and the user keys in order.

mod key;
mod user_keys;

pub use key::MapKey;
pub use user_keys::UserKeys;
