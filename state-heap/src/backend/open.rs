//! Opening a backend, registering states, and reading what was restored for them.

use super::epochs::Epochs;
use super::keyed::HeapKeyedBackend;
use super::lists::ListTable;
use super::live::LiveBytes;
use super::maps::MapTable;
use super::options::HeapOptions;
use super::owner::{Decoded, Owner};
use super::registry::{Registry, StateTable};
use super::restore::Restored;
use super::shape::Shape;
use super::unclaimed::Shown;
use super::values::ValueTable;
use crate::label::Label;
use crate::table::{Hold, KeyHold};
use alluvium_state_api::{
    Content, Entry, ListSpec, MapSpec, OpenRequest, OrderedKey, Result, SchemaBuilder, Section,
    StateData, StateId, StateMeta, ValueSpec,
};
use std::marker::PhantomData;

impl<K: OrderedKey> HeapKeyedBackend<K> {
    /// Opens the keyed state of one subtask, fresh or from snapshots.
    ///
    /// # Errors
    /// `Incompatible` if a snapshot has other keys or another max parallelism than the request, or
    /// two snapshots disagree on a state; `Misuse` if the subtask does not exist or an option lies
    /// outside its range. What the snapshots are at fault for is told with the operator of the
    /// request.
    pub fn open(request: OpenRequest, options: HeapOptions) -> Result<Self> {
        options.validate()?;
        let label = Label(request.label());
        Self::restored(request, options).map_err(|error| label.named(error))
    }

    fn restored(request: OpenRequest, options: HeapOptions) -> Result<Self> {
        let label = Label(request.label());
        let (max_parallelism, range) = request.resolve()?;
        let key = K::key_schema(&mut SchemaBuilder::default());
        let restored = Restored::new(request.restore, &key, max_parallelism, range)?;
        let shape = Shape {
            range,
            max_parallelism,
            share: options.full_rewrite_share,
        };
        Ok(Self {
            shape,
            key,
            registry: Registry::new(label),
            restored,
            epochs: Epochs::new(options.max_unfinished_snapshots),
            live: LiveBytes::new(options.live_limit),
            options,
            keys: PhantomData,
        })
    }

    pub(super) fn open_values<N, V, KS, VS>(
        &mut self,
        spec: &ValueSpec<'_, V, N>,
    ) -> Result<StateId>
    where
        N: OrderedKey,
        V: StateData,
        KS: KeyHold<(K, N)>,
        VS: Hold<V>,
    {
        let (shape, codec) = (self.shape, spec.codec.clone());
        self.open_table(
            spec.meta(),
            |meta| ValueTable::<K, N, V, KS, VS>::new(meta, shape, codec),
            |table, owner, entry| table.restore(owner, entry.change),
            ValueTable::reset_group,
        )
    }

    pub(super) fn open_lists<N, T, KS>(&mut self, spec: &ListSpec<'_, T, N>) -> Result<StateId>
    where
        N: OrderedKey,
        T: StateData,
        KS: KeyHold<(K, N)>,
    {
        let (shape, codec) = (self.shape, spec.codec.clone());
        self.open_table(
            spec.meta(),
            |meta| ListTable::<K, N, T, KS>::new(meta, shape, codec),
            |table, owner, entry| table.restore(owner, entry.change),
            ListTable::reset_group,
        )
    }

    pub(super) fn open_maps<N, UK, UV, OS, US, VS>(
        &mut self,
        spec: &MapSpec<'_, UK, UV, N>,
    ) -> Result<StateId>
    where
        N: OrderedKey,
        UK: OrderedKey,
        UV: StateData,
        OS: KeyHold<(K, N)>,
        US: KeyHold<UK>,
        VS: Hold<UV>,
    {
        let (shape, codec) = (self.shape, spec.codec.clone());
        self.open_table(
            spec.meta(),
            |meta| MapTable::<K, N, UK, UV, OS, US, VS>::new(meta, shape, codec),
            |table, owner, entry| table.restore(owner, entry.user_key, entry.change),
            MapTable::reset_group,
        )
    }

    /// Finds the state, or makes its table and reads what was restored under its name. The table
    /// is registered only once everything has been read.
    fn open_table<N: OrderedKey, T: StateTable<K>>(
        &mut self,
        meta: StateMeta,
        make: impl FnOnce(StateMeta) -> T,
        mut apply: impl FnMut(&mut T, Owner<'_, K, N>, &Entry<'_>) -> Result<()>,
        mut reset_group: impl FnMut(&mut T, usize, usize),
    ) -> Result<StateId> {
        if let Some(id) = self.registry.find::<T>(&meta)? {
            return Ok(id);
        }
        let name = meta.name.clone();
        let Some(written) = self.restored.meta(&name) else {
            return Ok(self.registry.add(Box::new(make(meta))));
        };
        written
            .check_readable_as(&meta)
            .map_err(|error| self.registry.label().named(error))?;
        let mut table = make(meta);
        let (range, max) = (self.shape.range, self.shape.max_parallelism);
        self.restored
            .read(&name, &mut |section: Section, shown| {
                let entry = match shown {
                    Shown::Entry(entry) => entry,
                    Shown::Start(expected) => {
                        if let (Content::Full, Some(index)) =
                            (section.content, range.index_of(section.group))
                        {
                            reset_group(&mut table, index, expected as usize);
                        }
                        return Ok(());
                    }
                };
                let owner = Decoded::<K, N>::new(&entry, section.group, range, max)?;
                apply(&mut table, owner.as_owner(), &entry)
            })
            .and_then(|()| self.live.count(&table))
            .map_err(|error| {
                let error = error.context(format!("state '{name}' cannot be restored"));
                self.registry.label().named(error)
            })?;
        self.restored.claim(&name);
        Ok(self.registry.add(Box::new(table)))
    }
}
