//! Disks that refuse.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alluvium_checkpoint::ErrorKind;
use alluvium_checkpoint::storage::{Created, Fs, FsReader, FsWriter, LocalStorage, SimFs, Storage};

use crate::streams::put;

type Plan = dyn Fn(&'static str, &Path) -> io::Result<()> + Send + Sync;

/// A file system that asks before every call whether to refuse it.
#[derive(Clone)]
struct Refusing {
    fs: SimFs,
    plan: Arc<Plan>,
}

impl Refusing {
    fn new(
        fs: &SimFs,
        plan: impl Fn(&'static str, &Path) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fs: fs.clone(),
            plan: Arc::new(plan),
        }
    }
}

struct RefusingWriter {
    inner: Box<dyn FsWriter>,
    plan: Arc<Plan>,
    file: PathBuf,
}

impl FsWriter for RefusingWriter {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        (self.plan)("append", &self.file)?;
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        (self.plan)("sync", &self.file)?;
        self.inner.sync()
    }
}

impl Fs for Refusing {
    fn create_new(&self, file: &Path) -> io::Result<Box<dyn FsWriter>> {
        (self.plan)("create_new", file)?;
        Ok(Box::new(RefusingWriter {
            inner: self.fs.create_new(file)?,
            plan: Arc::clone(&self.plan),
            file: file.to_owned(),
        }))
    }

    fn open(&self, file: &Path) -> io::Result<Box<dyn FsReader>> {
        (self.plan)("open", file)?;
        self.fs.open(file)
    }

    fn link(&self, file: &Path, second: &Path) -> io::Result<()> {
        (self.plan)("link", file)?;
        self.fs.link(file, second)
    }

    fn rename(&self, file: &Path, to: &Path) -> io::Result<()> {
        (self.plan)("rename", file)?;
        self.fs.rename(file, to)
    }

    fn remove_file(&self, file: &Path) -> io::Result<()> {
        (self.plan)("remove_file", file)?;
        self.fs.remove_file(file)
    }

    fn remove_abandoned(&self, file: &Path) -> io::Result<bool> {
        (self.plan)("remove_abandoned", file)?;
        self.fs.remove_abandoned(file)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        (self.plan)("make_folder", folder)?;
        self.fs.make_folder(folder)
    }

    fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        (self.plan)("remove_folder", folder)?;
        self.fs.remove_folder(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        (self.plan)("sync_folder", folder)?;
        self.fs.sync_folder(folder)
    }

    fn read(&self, file: &Path, limit: u64) -> io::Result<Vec<u8>> {
        (self.plan)("read", file)?;
        self.fs.read(file, limit)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        (self.plan)("exists", path)?;
        self.fs.exists(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        (self.plan)("list", folder)?;
        self.fs.list(folder)
    }

    fn path_outside(&self, file: &Path) -> Option<PathBuf> {
        self.fs.path_outside(file)
    }
}

/// A store with an object `job/old`, whose disk refuses calls of these names with `kind` while the
/// switch is on.
fn refusing(
    kind: io::ErrorKind,
    names: &'static [&'static str],
) -> (LocalStorage<Refusing>, SimFs, Arc<AtomicBool>) {
    let (fs, on) = (SimFs::new(), Arc::new(AtomicBool::new(false)));
    let switch = Arc::clone(&on);
    let refusing = Refusing::new(&fs, move |name, _| {
        if switch.load(Ordering::SeqCst) && names.contains(&name) {
            return Err(kind.into());
        }
        Ok(())
    });
    let store = LocalStorage::open_on(refusing, "/store").unwrap();
    store.create("job/old", b"old").unwrap();
    (store, fs, on)
}

#[test]
fn a_full_disk_loses_nothing_and_keeps_nothing() {
    for names in [
        &["append"][..],
        &["sync"],
        &["create_new"],
        &["link", "rename"],
    ] {
        let (store, fs, full) = refusing(io::ErrorKind::StorageFull, names);
        full.store(true, Ordering::SeqCst);
        let errors = [
            store.create("job/new", b"new").unwrap_err(),
            store.replace("job/old", b"new").unwrap_err(),
            put(&store, "job/new", &[b"ne", b"w"]).unwrap_err(),
        ];
        for (error, path) in errors.into_iter().zip(["new", "old", "new"]) {
            assert_eq!(error.kind(), ErrorKind::Storage);
            let message = error.to_string();
            assert!(message.contains(&format!("/store/job/{path}")), "{message}");
            assert!(message.contains("no storage space"), "{message}");
        }
        assert_eq!(
            fs.list(Path::new("/store/job")).unwrap(),
            ["old"],
            "{names:?}"
        );
        assert_eq!(store.read("job/old", 9).unwrap().unwrap(), b"old");
        full.store(false, Ordering::SeqCst);
        put(&store, "job/new", &[b"ne", b"w"]).unwrap();
        assert_eq!(store.create("job/new", b"").unwrap(), Created::Exists);
    }
}

#[test]
fn what_is_not_permitted_is_said_with_its_place() {
    let all = &[
        "create_new",
        "open",
        "remove_file",
        "make_folder",
        "read",
        "exists",
        "list",
    ];
    let (store, _, closed) = refusing(io::ErrorKind::PermissionDenied, all);
    closed.store(true, Ordering::SeqCst);
    let errors = [
        store.create("job/old", b"").unwrap_err(),
        store.replace("job/old", b"").unwrap_err(),
        store.read("job/old", 9).unwrap_err(),
        store.exists("job/old").unwrap_err(),
        store.delete("job/old").unwrap_err(),
        store.open("job/old").err().unwrap(),
        store.write("job/old").err().unwrap(),
        store.list("job/old").unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Storage);
        let message = error.to_string();
        assert!(message.contains("/store/job/old"), "{message}");
        assert!(message.contains("permission denied"), "{message}");
    }
    let closed = Refusing::new(&SimFs::new(), |_, _| {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    });
    let error = LocalStorage::open_on(closed, "/store").err().unwrap();
    assert!(error.to_string().contains("'/store'"), "{error}");
    assert!(error.to_string().contains("read-only"), "{error}");
}

#[test]
fn a_sync_that_fails_is_an_error_and_not_tried_again() {
    for name in ["sync", "sync_folder"] {
        let (store, _, failing) = refusing(
            io::ErrorKind::Other,
            if name == "sync" {
                &["sync"]
            } else {
                &["sync_folder"]
            },
        );
        failing.store(true, Ordering::SeqCst);
        store.create("job/new", b"").unwrap_err();
        put(&store, "job/newer", &[b""]).unwrap_err();
        store.replace("job/old", b"").unwrap_err();
    }
}

#[test]
fn a_folder_tidied_away_just_now_is_made_again() {
    let fs = SimFs::new();
    let (behind, first) = (fs.clone(), AtomicBool::new(true));
    let refusing = Refusing::new(&fs, move |name, file| {
        if name == "create_new" && first.swap(false, Ordering::SeqCst) {
            behind.remove_folder(file.parent().unwrap())?;
        }
        Ok(())
    });
    let store = LocalStorage::open_on(refusing, "/store").unwrap();
    store.create("job/a", b"bytes").unwrap();
    assert_eq!(store.read("job/a", 9).unwrap().unwrap(), b"bytes");
}
