//! Finding out whether a store keeps its word.

use alluvium_state_api::{Result, StateError};

use super::{Created, Storage};

/// Checks that `storage` creates an object only if there is none: creates one twice, and the second
/// must be refused. Some S3-compatible servers ignore the condition; two owners of a job could then
/// both publish. Also finds out whether the store can be reached, written and read at all.
///
/// The object is called `probe-` and a random number, and is deleted again.
///
/// # Errors
/// `Storage`, naming the store: if it ignores the condition, and for every other trouble.
///
/// ```
/// use alluvium_checkpoint::storage::{MemoryStorage, probe};
/// probe(&MemoryStorage::new())?;
/// # Ok::<_, alluvium_checkpoint::StateError>(())
/// ```
pub fn probe(storage: &(impl Storage + ?Sized)) -> Result<()> {
    probe_as(storage, entropy()?)
}

/// [`probe`] under a name that `number` makes unique.
pub(super) fn probe_as(storage: &(impl Storage + ?Sized), number: u64) -> Result<()> {
    let path = format!("probe-{number:016x}");
    let kept = try_probe(storage, &path);
    let deleted = storage.delete(&path);
    let place = storage.locate(&path);
    match kept {
        Ok(true) => deleted.map_err(|error| error.context(format!("probe of '{place}'"))),
        Ok(false) => Err(StateError::storage(format!(
            "the store of '{place}' ignores the condition that an object be created only if there \
             is none: checkpoints there would not be safe"
        ))),
        Err(error) => Err(error.context(format!("probe of '{place}'"))),
    }
}

fn try_probe(storage: &(impl Storage + ?Sized), path: &str) -> Result<bool> {
    let [first, second]: [&[u8]; 2] = [b"first", b"second"];
    storage.create(path, first)?;
    let created = storage.create(path, second)?;
    let found = storage.read(path, 100)?;
    Ok(created == Created::Exists && found.as_deref() == Some(first))
}

/// A number that no other process has.
pub(super) fn entropy() -> Result<u64> {
    getrandom::u64().map_err(|error| {
        StateError::storage("the operating system gives no random numbers")
            .with_source(error.to_string())
    })
}
