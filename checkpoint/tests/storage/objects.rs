//! Objects, on every kind of store.

use std::path::Path;

use alluvium_checkpoint::storage::{
    Created, Fault, FaultStorage, Fs, LocalStorage, MemoryStorage, SimFs, Storage, Survival,
};
use alluvium_checkpoint::{ErrorKind, Result};

use crate::each::with_each;

#[test]
fn create_keeps_what_exists() {
    with_each(|store| {
        assert_eq!(store.create("job/log/1", b"one").unwrap(), Created::New);
        assert_eq!(store.create("job/log/1", b"two").unwrap(), Created::Exists);
        assert_eq!(store.read("job/log/1", 9).unwrap().unwrap(), b"one");
        assert_eq!(
            store.list("job/log").unwrap(),
            ["1"],
            "nothing unfinished is left"
        );
    });
}

#[test]
fn replace_puts_what_is_new() {
    with_each(|store| {
        store.replace("job/hint", b"long ago").unwrap();
        store.replace("job/hint", b"now").unwrap();
        assert_eq!(store.read("job/hint", 9).unwrap().unwrap(), b"now");
        assert_eq!(store.list("job").unwrap(), ["hint"]);
    });
}

#[test]
fn reads_are_bounded() {
    with_each(|store| {
        store.create("a", b"12345").unwrap();
        assert_eq!(store.read("a", 2).unwrap().unwrap(), b"12");
        assert_eq!(store.read("a", 5).unwrap().unwrap(), b"12345");
        assert_eq!(store.read("a", u64::MAX).unwrap().unwrap(), b"12345");
        assert_eq!(store.read("b", 2).unwrap(), None);
        assert_eq!(store.read("b/c", 2).unwrap(), None);
    });
}

#[test]
fn delete_and_list() {
    with_each(|store| {
        for path in ["j/chk-2/b", "j/chk-2/a", "j/chk-10/a", "j/log/1"] {
            store.create(path, b"").unwrap();
        }
        assert_eq!(store.list("j").unwrap(), ["chk-10", "chk-2", "log"]);
        assert_eq!(store.list("j/chk-2").unwrap(), ["a", "b"]);
        assert_eq!(store.list("").unwrap(), ["j"]);
        store.delete("j/chk-2/a").unwrap();
        store.delete("j/chk-2/a").unwrap();
        assert!(!store.exists("j/chk-2/a").unwrap());
        assert!(store.exists("j/chk-2/b").unwrap());
        store.delete("j/chk-2/b").unwrap();
        assert_eq!(
            store.list("j").unwrap(),
            ["chk-10", "log"],
            "empty folders go"
        );
        assert_eq!(store.list("none").unwrap(), [""; 0]);
    });
}

#[test]
fn paths_stay_inside() {
    with_each(|store| {
        let bad = [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a\\b", "a\0", "a/.tmp-1",
        ];
        for path in bad {
            let errors = [
                store.create(path, b"").unwrap_err(),
                store.replace(path, b"").unwrap_err(),
                store.read(path, 1).unwrap_err(),
                store.exists(path).unwrap_err(),
                store.delete(path).unwrap_err(),
            ];
            // The empty one is the root.
            let listed = store.list(path).err().filter(|_| !path.is_empty());
            assert_eq!(listed.is_none(), path.is_empty(), "{path:?}");
            let errors = errors.into_iter().chain(listed);
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Misuse, "{path:?}");
            }
        }
    });
}

#[test]
fn a_file_where_a_folder_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"mine").unwrap();
    for root in [file.clone(), file.join("below")] {
        let error = LocalStorage::open(&root).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(
            error.to_string().contains(root.to_str().unwrap()),
            "{error}"
        );
    }
    let store = LocalStorage::open(folder.path()).unwrap();
    let errors = [
        store.create("file/log/1", b"").unwrap_err(),
        store.replace("file/x", b"").unwrap_err(),
        store.exists("file/log/1").unwrap_err(),
        store.list("file").unwrap_err(),
        store.read("file/x", 1).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains("file"), "{error}");
    }
    assert_eq!(std::fs::read(file).unwrap(), b"mine");
}

#[test]
fn nothing_unfinished_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStorage::open(folder.path()).unwrap();
    store.create("j/a", b"1").unwrap();
    store.create("j/a", b"2").unwrap();
    store.replace("j/b", b"3").unwrap();
    store.replace("j/b", b"4").unwrap();
    let names = std::fs::read_dir(folder.path().join("j")).unwrap();
    assert_eq!(names.count(), 2);
}

#[test]
fn unfinished_files_of_a_dead_process_do_not_stand_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("j/chk-1");
    std::fs::create_dir_all(&inside).unwrap();
    for number in 0..5 {
        let name = format!(".tmp-{}-{number}", std::process::id());
        std::fs::write(inside.join(name), b"torn").unwrap();
    }
    let store = LocalStorage::open(folder.path()).unwrap();
    assert_eq!(store.create("j/chk-1/a", b"whole").unwrap(), Created::New);
    assert_eq!(store.list("j/chk-1").unwrap(), ["a"]);
    store.delete("j/chk-1/a").unwrap();
    assert!(!inside.exists(), "they go with their folder");
}

const SURVIVALS: [Survival; 6] = [
    Survival::Synced,
    Survival::All,
    Survival::Some(1),
    Survival::Some(2),
    Survival::Some(3),
    Survival::Some(4),
];

/// Crashes `work` after every single step, and shows `check` what a disk may hold then, and
/// whether `work` was told that all went well.
pub(crate) fn crash_everywhere(
    prepare: impl Fn(&LocalStorage<SimFs>),
    work: impl Fn(&LocalStorage<SimFs>) -> Result<()>,
    check: impl Fn(&LocalStorage<SimFs>, bool),
) {
    for crash_after in 0.. {
        assert!(crash_after < 500, "the work never ends");
        let fs = SimFs::new();
        let store = LocalStorage::open_on(fs.clone(), "/root").unwrap();
        prepare(&store);
        fs.crash_after(fs.steps() + crash_after);
        let done = work(&store).is_ok();
        for survival in SURVIVALS {
            let disk = fs.reboot(survival);
            check(&LocalStorage::open_on(disk, "/root").unwrap(), done);
        }
        if done {
            assert!(crash_after > 5, "{crash_after} steps");
            return;
        }
    }
}

#[test]
fn a_crash_leaves_a_created_object_whole_or_absent() {
    crash_everywhere(
        |_| {},
        |store| store.create("job/log/1", b"contents").map(drop),
        |store, done| match store.read("job/log/1", 99).unwrap() {
            Some(bytes) => assert_eq!(bytes, b"contents"),
            None => assert!(!done, "create had returned"),
        },
    );
}

#[test]
fn a_crash_leaves_the_old_object_or_the_new() {
    crash_everywhere(
        |store| store.replace("job/hint", b"old").unwrap(),
        |store| store.replace("job/hint", b"new"),
        |store, done| {
            let found = store.read("job/hint", 99).unwrap().unwrap();
            assert!(found == b"new" || (found == b"old" && !done), "{found:?}");
        },
    );
}

#[test]
fn what_a_dead_process_left_unsynced_is_synced_by_the_next() {
    for crash_after in 0..40 {
        let fs = SimFs::new();
        let open = || LocalStorage::open_on(fs.clone(), "/a/root");
        fs.crash_after(crash_after);
        drop(open().and_then(|store| store.create("job/log/1", b"contents")));
        fs.crash_after(u64::MAX);
        open().unwrap().create("job/log/1", b"contents").unwrap();
        let after = LocalStorage::open_on(fs.reboot(Survival::Synced), "/a/root").unwrap();
        let found = after.read("job/log/1", 99).unwrap();
        assert_eq!(
            found.as_deref(),
            Some(&b"contents"[..]),
            "crash after {crash_after}"
        );
    }
}

#[test]
fn the_simulated_file_system_forgets_what_is_not_synced() {
    let fs = SimFs::new();
    let file = Path::new("/a");
    let write = |fs: &SimFs| {
        let mut writer = fs.create_new(file)?;
        writer.append(b"bytes")?;
        writer.sync()
    };
    write(&fs).unwrap();
    assert!(fs.exists(file).unwrap());
    assert!(!fs.reboot(Survival::Synced).exists(file).unwrap());
    assert_eq!(fs.reboot(Survival::All).read(file, 9).unwrap(), b"bytes");
    fs.sync_folder(Path::new("/")).unwrap();
    assert_eq!(fs.reboot(Survival::Synced).read(file, 9).unwrap(), b"bytes");
    fs.remove_file(file).unwrap();
    assert!(fs.reboot(Survival::Synced).exists(file).unwrap());

    let torn = SimFs::new();
    torn.crash_after(3);
    write(&torn).unwrap_err();
    assert_eq!(torn.reboot(Survival::All).read(file, 9).unwrap(), b"bytes");
    torn.sync_folder(Path::new("/")).unwrap_err();
}

#[test]
fn faults_come_as_planned() {
    let store = FaultStorage::new(MemoryStorage::new(), |operation| match operation.index {
        0 => Fault::Before,
        1 => Fault::After,
        _ => Fault::None,
    });
    let error = store.create("a", b"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(
        error.to_string(),
        "injected fault in call 0: create 'memory:a'"
    );
    assert!(!store.inner().exists("a").unwrap());
    store.create("a", b"").unwrap_err();
    assert!(store.inner().exists("a").unwrap());
    assert_eq!(store.create("a", b"").unwrap(), Created::Exists);
    assert_eq!(store.calls(), 3);
}
