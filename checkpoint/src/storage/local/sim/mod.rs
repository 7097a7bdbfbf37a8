//! A file system in memory that loses, at a crash, what was not synced.

mod file;

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::file::{SimReader, SimWriter};
use super::{Fs, FsReader, FsWriter};
use crate::storage::random::SplitMix;

/// A simulated [file system](Fs), empty at first. Clones share it.
///
/// Each change is one step (appending to a file is two: half the bytes, the rest). After
/// [`crash_after`](Self::crash_after) so many steps nothing works any more, and
/// [`reboot`](Self::reboot) shows what a disk would hold then.
#[derive(Clone, Debug)]
pub struct SimFs {
    state: Arc<Mutex<State>>,
}

/// What of that which was not synced is on disk after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing.
    Synced,
    /// Everything.
    All,
    /// Each name and each file's contents by itself, as the seed decides; of contents perhaps the
    /// first half only.
    Some(u64),
}

#[derive(Debug)]
struct State {
    nodes: Vec<Node>,
    steps: u64,
    crash_after: Option<u64>,
}

#[derive(Clone, Debug)]
enum Node {
    File(Contents),
    Folder { live: Names, durable: Names },
}

#[derive(Clone, Debug, Default)]
struct Contents {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Whether the one who created it may still write it.
    written: bool,
}

type Names = BTreeMap<String, usize>;

const ROOT: usize = 0;

impl Default for SimFs {
    fn default() -> Self {
        Self::new()
    }
}

impl SimFs {
    /// An empty file system.
    pub fn new() -> Self {
        Self::of(vec![empty_folder()])
    }

    fn of(nodes: Vec<Node>) -> Self {
        let state = State {
            nodes,
            steps: 0,
            crash_after: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Nothing works any more once `steps` steps have been made in all.
    pub fn crash_after(&self, steps: u64) {
        self.lock().crash_after = Some(steps);
    }

    /// How many steps have been made.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// What is found after a crash now; this file system stays as it is.
    pub fn reboot(&self, survival: Survival) -> Self {
        let state = self.lock();
        let mut disk = Disk {
            old: &state.nodes,
            new: vec![empty_folder()],
            moved: BTreeMap::from([(ROOT, ROOT)]),
            survival,
        };
        disk.recover_folder(ROOT);
        Self::of(disk.new)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tree after a crash while it is being put together.
struct Disk<'a> {
    old: &'a [Node],
    new: Vec<Node>,
    moved: BTreeMap<usize, usize>,
    survival: Survival,
}

impl Disk<'_> {
    /// Whether the next thing that was not synced survives.
    fn survives(&mut self) -> bool {
        match &mut self.survival {
            Survival::Synced => false,
            Survival::All => true,
            Survival::Some(seed) => {
                let mut random = SplitMix(*seed);
                let survives = random.next() >> 63 == 1;
                *seed = random.0;
                survives
            }
        }
    }

    fn recover_folder(&mut self, old: usize) {
        let Some(Node::Folder { live, durable }) = self.old.get(old) else {
            return;
        };
        let mut names = durable.clone();
        for name in live.keys().chain(durable.keys()) {
            if live.get(name) != durable.get(name) && self.survives() {
                match live.get(name) {
                    Some(&node) => names.insert(name.clone(), node),
                    None => names.remove(name),
                };
            }
        }
        let names: Names = names
            .into_iter()
            .map(|(name, node)| (name, self.recover(node)))
            .collect();
        let new = self.moved.get(&old).copied().unwrap_or(ROOT);
        if let Some(node) = self.new.get_mut(new) {
            *node = Node::Folder {
                live: names.clone(),
                durable: names,
            };
        }
    }

    fn recover_bytes(&mut self, Contents { live, durable, .. }: &Contents) -> Vec<u8> {
        if live == durable || !self.survives() {
            return durable.clone();
        }
        let all = self.survives();
        let (half, _) = live.split_at(live.len() / 2);
        if all || !live.starts_with(durable) || half.len() < durable.len() {
            return live.clone();
        }
        half.to_vec()
    }

    /// The new number of a node; brought over at its first name.
    fn recover(&mut self, old: usize) -> usize {
        if let Some(&new) = self.moved.get(&old) {
            return new;
        }
        let new = self.new.len();
        self.moved.insert(old, new);
        match self.old.get(old) {
            Some(Node::File(contents)) => {
                let bytes = self.recover_bytes(contents);
                self.new.push(Node::File(Contents {
                    live: bytes.clone(),
                    durable: bytes,
                    written: false,
                }));
            }
            _ => {
                self.new.push(empty_folder());
                self.recover_folder(old);
            }
        }
        new
    }
}

fn empty_folder() -> Node {
    Node::Folder {
        live: Names::new(),
        durable: Names::new(),
    }
}

fn error(kind: io::ErrorKind, path: &Path) -> io::Error {
    io::Error::new(kind, format!("simulated: '{}'", path.display()))
}

impl State {
    /// Goes on to the next change, unless the machine has crashed.
    fn step(&mut self) -> io::Result<()> {
        self.alive()?;
        self.steps += 1;
        Ok(())
    }

    fn alive(&self) -> io::Result<()> {
        match self.crash_after {
            Some(limit) if self.steps >= limit => Err(io::Error::other("simulated crash")),
            _ => Ok(()),
        }
    }

    fn find(&self, path: &Path) -> io::Result<usize> {
        self.alive()?;
        path.components()
            .filter(|component| !matches!(component, Component::RootDir))
            .try_fold(ROOT, |node, component| {
                let name = component.as_os_str().to_string_lossy();
                match self.nodes.get(node) {
                    Some(Node::Folder { live, .. }) => live
                        .get(name.as_ref())
                        .copied()
                        .ok_or_else(|| error(io::ErrorKind::NotFound, path)),
                    _ => Err(error(io::ErrorKind::NotADirectory, path)),
                }
            })
    }

    /// The names in the folder above `path`, and its own name.
    fn above(&mut self, path: &Path) -> io::Result<(&mut Names, String)> {
        let invalid = || error(io::ErrorKind::InvalidInput, path);
        let parent = path.parent().ok_or_else(invalid)?;
        let name = path.file_name().ok_or_else(invalid)?;
        let name = name.to_string_lossy().into_owned();
        Ok((self.names(parent)?, name))
    }

    fn names(&mut self, folder: &Path) -> io::Result<&mut Names> {
        let node = self.find(folder)?;
        match self.nodes.get_mut(node) {
            Some(Node::Folder { live, .. }) => Ok(live),
            _ => Err(error(io::ErrorKind::NotADirectory, folder)),
        }
    }

    /// Puts a new name, which must be free.
    fn add(&mut self, path: &Path, node: usize) -> io::Result<()> {
        let (names, name) = self.above(path)?;
        if names.contains_key(&name) {
            return Err(error(io::ErrorKind::AlreadyExists, path));
        }
        names.insert(name, node);
        Ok(())
    }

    fn add_node(&mut self, path: &Path, node: Node) -> io::Result<usize> {
        let number = self.nodes.len();
        self.add(path, number)?;
        self.nodes.push(node);
        Ok(number)
    }

    fn remove(&mut self, path: &Path) -> io::Result<usize> {
        let (names, name) = self.above(path)?;
        names
            .remove(&name)
            .ok_or_else(|| error(io::ErrorKind::NotFound, path))
    }
}

impl Fs for SimFs {
    fn create_new(&self, file: &Path) -> io::Result<Box<dyn FsWriter>> {
        let mut state = self.lock();
        state.step()?;
        let contents = Contents {
            written: true,
            ..Contents::default()
        };
        let node = state.add_node(file, Node::File(contents))?;
        let fs = self.clone();
        Ok(Box::new(SimWriter { fs, node }))
    }

    fn open(&self, file: &Path) -> io::Result<Box<dyn FsReader>> {
        let mut state = self.lock();
        let node = state.find(file)?;
        let length = match state.contents(node) {
            Ok(contents) => contents.live.len() as u64,
            Err(_) => return Err(error(io::ErrorKind::IsADirectory, file)),
        };
        let fs = self.clone();
        Ok(Box::new(SimReader { fs, node, length }))
    }

    fn link(&self, file: &Path, second: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        let node = state.find(file)?;
        state.add(second, node)
    }

    fn rename(&self, file: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        state.above(to)?;
        let node = state.remove(file)?;
        let (names, name) = state.above(to)?;
        names.insert(name, node);
        Ok(())
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        state.remove(file).map(drop)
    }

    fn remove_abandoned(&self, file: &Path) -> io::Result<bool> {
        let mut state = self.lock();
        state.step()?;
        let node = state.find(file)?;
        if state.contents(node)?.written {
            return Ok(false);
        }
        state.remove(file)?;
        Ok(true)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        if folder.parent().is_none() {
            return Err(error(io::ErrorKind::AlreadyExists, folder));
        }
        state.step()?;
        state.add_node(folder, empty_folder()).map(drop)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        if !state.names(folder)?.is_empty() {
            return Err(error(io::ErrorKind::DirectoryNotEmpty, folder));
        }
        state.remove(folder).map(drop)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.step()?;
        let node = state.find(folder)?;
        match state.nodes.get_mut(node) {
            Some(Node::Folder { live, durable }) => {
                durable.clone_from(live);
                Ok(())
            }
            _ => Err(error(io::ErrorKind::NotADirectory, folder)),
        }
    }

    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let state = self.lock();
        let node = state.find(file)?;
        match state.nodes.get(node) {
            Some(Node::File(Contents { live, .. })) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                Ok(live.iter().take(limit).copied().collect())
            }
            _ => Err(error(io::ErrorKind::IsADirectory, file)),
        }
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        match self.lock().find(path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.lock();
        Ok(state.names(folder)?.keys().cloned().collect())
    }

    fn path_outside(&self, _file: &Path) -> Option<PathBuf> {
        None
    }
}
