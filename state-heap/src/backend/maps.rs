//! Map state: one flat table of entries, and the user keys of each map in order.

use super::frozen::{EntryWriter, FrozenGroups, Out};
use super::groups::{FrozenGroup, Groups, Place, Stamp};
use super::hashing;
use super::job::FrozenState;
use super::live::LiveBytes;
use super::owner::{Owner, rehash};
use super::registry::StateTable;
use super::shape::Shape;
use super::view::Lookup;
use crate::map::{MapKey, UserKeys};
use crate::table::{FrozenTable, Hold, KeyHold, Table};
use alluvium_state_api::{
    Change, CodecRef, OrderedKey, Result, StateData, StateMeta, decode_exact, decode_key_exact,
};
use scopeguard::{ScopeGuard, guard};
use std::any::{Any, TypeId, type_name};
use std::hint::black_box;
use std::marker::PhantomData;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

/// The types of a map state, bundled: key, namespace, user key, value.
type Types<K, N, UK, UV> = PhantomData<fn() -> (K, N, UK, UV)>;

/// Entries by (key, namespace, user key); `OS`, `US` and `VS` say how owners, user keys and values
/// are held.
pub(super) struct MapTable<K, N, UK, UV: 'static, OS, US, VS> {
    meta: StateMeta,
    shape: Shape,
    codec: CodecRef<UV>,
    entries: Groups<MapKey<OS, US>, VS>,
    /// Which user keys each owner has; only the live side iterates, so it is never frozen.
    owners: Vec<Table<OS, UserKeys<US>>>,
    types: Types<K, N, UK, UV>,
}

/// The hash of an entry.
#[inline]
fn entry_hash<UK: OrderedKey>(owner_hash: u64, user_key: &UK) -> u64 {
    hashing::join(owner_hash, hashing::of(user_key))
}

fn rehash_entry<K, N, UK, OS, US>(held: &MapKey<OS, US>) -> u64
where
    K: OrderedKey,
    N: OrderedKey,
    UK: OrderedKey,
    OS: KeyHold<(K, N)>,
    US: KeyHold<UK>,
{
    entry_hash(rehash::<K, N, OS>(&held.owner), held.user.get())
}

impl<K, N, UK, UV, OS, US, VS> MapTable<K, N, UK, UV, OS, US, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    UK: OrderedKey,
    UV: StateData,
    OS: KeyHold<(K, N)>,
    US: KeyHold<UK>,
    VS: Hold<UV>,
{
    pub(super) fn new(meta: StateMeta, shape: Shape, codec: CodecRef<UV>) -> Self {
        let count = shape.range.len();
        let owners = (0..count).map(|_| Table::new()).collect();
        Self {
            meta,
            shape,
            codec,
            entries: Groups::new(count),
            owners,
            types: PhantomData,
        }
    }

    pub(super) fn codec(&self) -> CodecRef<UV> {
        self.codec.clone()
    }

    #[inline]
    fn is(owner: Owner<'_, K, N>, user_key: &UK, held: &MapKey<OS, US>) -> bool {
        held.user.get() == user_key && owner.is(&held.owner)
    }

    #[inline(always)]
    pub(super) fn get(&self, owner: Owner<'_, K, N>, user_key: &UK) -> Option<&UV> {
        let group = self.entries.get(owner.group)?;
        let hash = entry_hash(owner.hash, user_key);
        group
            .table
            .get(hash, |held| Self::is(owner, user_key, held))?
            .get()
    }

    #[inline(always)]
    pub(super) fn put(&mut self, owner: Owner<'_, K, N>, user_key: UK, value: UV, stamp: Stamp) {
        let hash = entry_hash(owner.hash, &user_key);
        match self.value_mut(owner, hash, &user_key, stamp) {
            Some(held) => held.set(value),
            None => self.insert(owner.apart(), hash, user_key, value, stamp.epoch),
        }
    }

    /// Adds an entry that is not there yet.
    #[inline(never)]
    fn insert(&mut self, owner: Owner<'_, K, N>, hash: u64, user_key: UK, value: UV, epoch: u32) {
        let user = US::new(user_key);
        let Some(held) = self.add_user_key(owner, user.clone()) else {
            return;
        };
        if let Some(group) = self.entries.get_mut(owner.group) {
            let (key, value) = (MapKey { owner: held, user }, VS::new(value));
            group.table.insert_new(hash, key, value, epoch);
        }
    }

    /// Notes a user key that comes; returns the owner as all its entries hold it.
    fn add_user_key(&mut self, owner: Owner<'_, K, N>, user: US) -> Option<OS> {
        let owners = self.owners.get_mut(owner.group)?;
        let found = owners.get_key_value(owner.hash, |held| owner.is(held));
        if let Some(held) = found.map(|(held, _)| held.clone()) {
            if let Some(users) = owners.get_mut(owner.hash, |held| owner.is(held), 0) {
                users.insert(user);
            }
            return Some(held);
        }
        let held: OS = owner.hold();
        owners.insert_new(owner.hash, held.clone(), UserKeys::one(user), 0);
        Some(held)
    }

    #[inline(always)]
    pub(super) fn update<R>(
        &mut self,
        owner: Owner<'_, K, N>,
        user_key: &UK,
        stamp: Stamp,
        f: impl FnOnce(&mut Option<UV>) -> R,
    ) -> R {
        let hash = entry_hash(owner.hash, user_key);
        // Should the closure panic, having emptied the value, no empty entry must stay.
        let mut table = guard(self, |table| {
            table.remove_if_vacant(owner.apart(), user_key, stamp);
        });
        if let Some(held) = table.value_mut(owner, hash, user_key, stamp) {
            let (result, present) = held.update(f);
            let table = ScopeGuard::into_inner(table);
            if !present {
                table.remove(owner.apart(), user_key, stamp);
            }
            return result;
        }
        let table = ScopeGuard::into_inner(table);
        let mut value = None;
        let result = f(&mut value);
        if let Some(value) = value {
            table.insert(owner.apart(), hash, user_key.clone(), value, stamp.epoch);
        }
        result
    }

    #[inline(always)]
    fn value_mut(
        &mut self,
        owner: Owner<'_, K, N>,
        hash: u64,
        user_key: &UK,
        stamp: Stamp,
    ) -> Option<&mut VS> {
        let group = self.entries.get_mut(owner.group)?;
        let same = |held: &MapKey<OS, US>| Self::is(owner, user_key, held);
        group.table.get_mut(hash, same, stamp.epoch)
    }

    #[cold]
    #[inline(never)]
    fn remove_if_vacant(&mut self, owner: Owner<'_, K, N>, user_key: &UK, stamp: Stamp) {
        let hash = entry_hash(owner.hash, user_key);
        let held = self.value_mut(owner, hash, user_key, stamp);
        if held.is_some_and(|held| held.get().is_none()) {
            self.remove(owner, user_key, stamp);
        }
    }

    pub(super) fn remove(&mut self, owner: Owner<'_, K, N>, user_key: &UK, stamp: Stamp) {
        if !self.remove_entry(owner, user_key, stamp) {
            return;
        }
        let Some(owners) = self.owners.get_mut(owner.group) else {
            return;
        };
        let same = |held: &OS| owner.is(held);
        let Some(users) = owners.get_mut(owner.hash, same, 0) else {
            return;
        };
        users.remove(user_key);
        if users.is_empty() {
            owners.remove(owner.hash, same);
        }
    }

    /// Removes an entry, but not the note of its user key; says whether it was there.
    fn remove_entry(&mut self, owner: Owner<'_, K, N>, user_key: &UK, stamp: Stamp) -> bool {
        let Some(group) = self.entries.get_mut(owner.group) else {
            return false;
        };
        let hash = entry_hash(owner.hash, user_key);
        let same = |held: &MapKey<OS, US>| Self::is(owner, user_key, held);
        group.remove(hash, same, stamp).is_some()
    }

    fn user_keys(&self, owner: Owner<'_, K, N>) -> Option<&UserKeys<US>> {
        self.owners
            .get(owner.group)?
            .get(owner.hash, |held| owner.is(held))
    }

    pub(super) fn scan(
        &self,
        owner: Owner<'_, K, N>,
        bounds: (Bound<&UK>, Bound<&UK>),
        mut f: impl FnMut(&UK, &UV) -> ControlFlow<()>,
    ) {
        let Some(users) = self.user_keys(owner) else {
            return;
        };
        for user in users.range::<UK>(bounds) {
            let user_key = user.get();
            if let Some(value) = self.get(owner, user_key)
                && f(user_key, value).is_break()
            {
                return;
            }
        }
    }

    pub(super) fn is_empty(&self, owner: Owner<'_, K, N>) -> bool {
        self.user_keys(owner).is_none()
    }

    pub(super) fn clear(&mut self, owner: Owner<'_, K, N>, stamp: Stamp) {
        let Some(owners) = self.owners.get_mut(owner.group) else {
            return;
        };
        let Some((_, users)) = owners.remove(owner.hash, |held| owner.is(held)) else {
            return;
        };
        for user in users.iter() {
            self.remove_entry(owner, user.get(), stamp);
        }
    }

    /// Applies one entry of a snapshot.
    pub(super) fn restore(
        &mut self,
        owner: Owner<'_, K, N>,
        user_key: &[u8],
        change: Change<'_>,
    ) -> Result<()> {
        let user_key: UK = decode_key_exact(user_key)?;
        match change {
            Change::Put(bytes) => {
                let value = decode_exact(&*self.codec, bytes)?;
                self.put(owner, user_key, value, Stamp::RESTORED);
                Ok(())
            }
            Change::Delete => {
                self.remove(owner, &user_key, Stamp::RESTORED);
                Ok(())
            }
            Change::Append(_) => Err(super::shape::not_a_list(&self.meta)),
        }
    }

    pub(super) fn view(&mut self) -> Arc<dyn Lookup<K, N, UK, UV>> {
        Arc::new(FrozenEntries(self.entries.freeze_tables()))
    }

    /// Empties a group, and makes room for about so many entries.
    pub(super) fn reset_group(&mut self, group: usize, room: usize) {
        self.entries.reset(group, room);
        if let Some(owners) = self.owners.get_mut(group) {
            *owners = Table::new();
        }
    }
}

impl<K, N, UK, UV, OS, US, VS> StateTable<K> for MapTable<K, N, UK, UV, OS, US, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    UK: OrderedKey,
    UV: StateData,
    OS: KeyHold<(K, N)>,
    US: KeyHold<UK>,
    VS: Hold<UV>,
{
    fn types() -> String {
        let (user_key, value) = (type_name::<UK>(), type_name::<UV>());
        format!(
            "map of {user_key} to {value} in namespaces {}",
            type_name::<N>()
        )
    }

    fn meta(&self) -> &StateMeta {
        &self.meta
    }

    fn namespace_type(&self) -> TypeId {
        TypeId::of::<N>()
    }

    fn live_bytes(&self, live: &mut LiveBytes) -> Result<u64> {
        let mut bytes = 0;
        for (held, value) in self.entries.iter() {
            bytes += live.size_of_owner(held.owner.get()) + live.size_of_key(held.user.get());
            if let Some(value) = value.get() {
                bytes += live.size_of(&*self.codec, value)?;
            }
        }
        Ok(bytes)
    }

    fn entry_count(&self) -> u64 {
        self.entries.len()
    }

    fn scan_keys(&self, f: &mut dyn FnMut(&K, &dyn Any) -> ControlFlow<()>) {
        let mut owners = self.owners.iter().flat_map(Table::iter);
        let _ = owners.try_for_each(|(held, _, _)| {
            let (key, namespace) = held.get();
            f(key, namespace)
        });
    }

    /// Which user keys will be asked for is not known, but that those of an owner are.
    fn touch(&self, places: &[Place]) {
        if size_of::<N>() == 0 {
            let owners = places.iter().filter(|place| {
                let owners = self.owners.get(place.group);
                owners.is_some_and(|owners| owners.touch(place.hash))
            });
            black_box(owners.count());
        }
    }

    fn freeze(&mut self) -> Box<dyn FrozenState> {
        Box::new(FrozenGroups {
            range: self.shape.range,
            groups: self.entries.freeze(),
            writer: MapWriter {
                codec: self.codec.clone(),
                types: self.types,
            },
            share: self.shape.share,
        })
    }

    fn confirm(&mut self, base: u32) {
        self.entries.confirm(base);
    }
}

/// The entries of each group, for lookups.
struct FrozenEntries<OS, US, VS>(Vec<FrozenTable<MapKey<OS, US>, VS>>);

impl<K, N, UK, UV, OS, US, VS> Lookup<K, N, UK, UV> for FrozenEntries<OS, US, VS>
where
    K: OrderedKey,
    N: OrderedKey,
    UK: OrderedKey,
    OS: KeyHold<(K, N)>,
    US: KeyHold<UK>,
    VS: Hold<UV>,
{
    fn find(&self, owner: Owner<'_, K, N>, user_key: &UK) -> Option<&UV> {
        let same = |held: &MapKey<OS, US>| held.user.get() == user_key && owner.is(&held.owner);
        self.0
            .get(owner.group)?
            .get(entry_hash(owner.hash, user_key), same)?
            .get()
    }
}

struct MapWriter<K, N, UK, UV: 'static> {
    codec: CodecRef<UV>,
    types: Types<K, N, UK, UV>,
}

impl<K, N, UK, UV, OS, US, VS> EntryWriter<MapKey<OS, US>, VS> for MapWriter<K, N, UK, UV>
where
    K: OrderedKey,
    N: OrderedKey,
    UK: OrderedKey,
    UV: StateData,
    OS: KeyHold<(K, N)>,
    US: KeyHold<UK>,
    VS: Hold<UV>,
{
    fn write(
        &self,
        key: &MapKey<OS, US>,
        value: &VS,
        _since: Option<u32>,
        out: &mut Out<'_>,
    ) -> Result<()> {
        let Some(value) = value.get() else {
            return Ok(());
        };
        out.owner(key.owner.get());
        out.user_key(key.user.get());
        out.scratch.value.clear();
        self.codec.encode(value, &mut out.scratch.value)?;
        out.put_value()
    }

    fn delete(&self, key: &MapKey<OS, US>, out: &mut Out<'_>) -> Result<()> {
        out.owner(key.owner.get());
        out.user_key(key.user.get());
        out.put_delete()
    }

    fn is_present(&self, group: &FrozenGroup<MapKey<OS, US>, VS>, key: &MapKey<OS, US>) -> bool {
        let hash = rehash_entry::<K, N, UK, OS, US>(key);
        let same = |held: &MapKey<OS, US>| held.user == key.user && held.owner == key.owner;
        group.table.get(hash, same).is_some()
    }
}
