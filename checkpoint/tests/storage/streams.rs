//! Streamed objects, on every kind of store.

use std::path::Path;
use std::sync::Arc;

use alluvium_checkpoint::storage::{
    Created, Fault, FaultStorage, Fs, LocalStorage, MemoryStorage, SimFs, Storage, Survival,
};
use alluvium_checkpoint::{ErrorKind, Result};

use crate::each::with_each;
use crate::objects::crash_everywhere;

pub(crate) fn put(store: &(impl Storage + ?Sized), path: &str, parts: &[&[u8]]) -> Result<()> {
    let mut writer = store.write(path)?;
    for part in parts {
        writer.append(part)?;
    }
    writer.finish()
}

#[test]
fn an_object_stands_there_once_it_is_finished() {
    with_each(|store| {
        let mut writer = store.write("j/shared/1-1").unwrap();
        writer.append(b"one, ").unwrap();
        writer.append(b"").unwrap();
        writer.append(b"two").unwrap();
        assert!(!store.exists("j/shared/1-1").unwrap());
        assert_eq!(store.read("j/shared/1-1", 9).unwrap(), None);
        assert!(store.open("j/shared/1-1").unwrap().is_none());
        assert_eq!(store.list("j/shared").unwrap(), [""; 0]);
        writer.finish().unwrap();
        assert_eq!(
            store.read("j/shared/1-1", 99).unwrap().unwrap(),
            b"one, two"
        );
        assert_eq!(store.list("j/shared").unwrap(), ["1-1"]);
        put(store, "j/empty", &[]).unwrap();
        assert_eq!(store.read("j/empty", 1).unwrap().unwrap(), b"");
        assert_eq!(store.open("j/empty").unwrap().unwrap().length(), 0);
    });
}

#[test]
fn reads_at_any_place_and_not_beyond() {
    with_each(|store| {
        let bytes: Vec<u8> = (0..200).collect();
        put(store, "a", &[&bytes]).unwrap();
        let reader = store.open("a").unwrap().unwrap();
        assert_eq!(reader.length(), 200);
        for (offset, wanted) in [(0, 200), (0, 0), (200, 0), (17, 3), (199, 1)] {
            let mut found = vec![0xee; wanted];
            reader.read_at(offset as u64, &mut found).unwrap();
            assert_eq!(
                found,
                bytes[offset..offset + wanted],
                "{wanted} at {offset}"
            );
        }
        let beyond = [(200, 1), (0, 201), (199, 2), (u64::MAX, 1), (u64::MAX, 0)];
        for (offset, wanted) in beyond {
            let error = reader.read_at(offset, &mut vec![0; wanted]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{wanted} at {offset}");
            assert!(error.to_string().contains(&store.locate("a")), "{error}");
        }
        std::thread::scope(|scope| {
            for at in 0..4 {
                let (reader, bytes) = (&reader, &bytes);
                scope.spawn(move || {
                    for offset in (at..190).step_by(4) {
                        let mut found = [0; 9];
                        reader.read_at(offset as u64, &mut found).unwrap();
                        assert_eq!(found, bytes[offset..offset + 9]);
                    }
                });
            }
        });
        assert!(store.open("b").unwrap().is_none());
        assert!(store.open("none/b").unwrap().is_none());
    });
}

#[test]
fn what_stands_there_is_left_as_it_is() {
    with_each(|store| {
        store.create("a/b", b"first").unwrap();
        let error = put(store, "a/b", &[b"second"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains("already"), "{error}");
        assert!(error.to_string().contains(&store.locate("a/b")), "{error}");
        assert_eq!(store.read("a/b", 9).unwrap().unwrap(), b"first");
        put(store, "a/c", &[b"streamed"]).unwrap();
        assert_eq!(store.create("a/c", b"").unwrap(), Created::Exists);
        store.replace("a/c", b"replaced").unwrap();
        assert_eq!(store.read("a/c", 9).unwrap().unwrap(), b"replaced");
        store.delete("a/c").unwrap();
        assert!(store.open("a/c").unwrap().is_none());
    });
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    with_each(|store| {
        let mut writer = store.write("j/chk-1/a").unwrap();
        writer.append(&[7; 1000]).unwrap();
        drop(writer);
        assert!(!store.exists("j/chk-1/a").unwrap());
        assert_eq!(store.list("j").unwrap(), [""; 0], "not even its folder");
        put(store, "j/chk-1/a", &[b"again"]).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStorage::open(folder.path()).unwrap();
    store.create("j/b", b"").unwrap();
    store.write("j/a").unwrap().append(b"some").unwrap();
    store.create("j/a", b"").unwrap();
    put(&store, "j/a", &[b"some"]).unwrap_err();
    let names = std::fs::read_dir(folder.path().join("j")).unwrap();
    assert_eq!(names.count(), 2, "no unfinished file");
}

#[test]
fn streamed_paths_stay_inside() {
    with_each(|store| {
        for path in ["", "/a", "a/", "..", "a/../b", "a\\b", "a/.tmp-1"] {
            let errors = [store.write(path).err(), store.open(path).err()];
            for error in errors {
                assert_eq!(error.unwrap().kind(), ErrorKind::Misuse, "{path:?}");
            }
            assert_eq!(store.local_path(path), None);
        }
    });
}

#[test]
fn only_objects_that_are_files_have_a_local_path() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(LocalStorage::open(folder.path()).unwrap());
    put(&store, "j/a", &[b"bytes"]).unwrap();
    let path = FaultStorage::new(store, |_| Fault::None)
        .local_path("j/a")
        .unwrap();
    assert_eq!(std::fs::read(path).unwrap(), b"bytes");
    assert_eq!(MemoryStorage::new().local_path("j/a"), None);
    let simulated = LocalStorage::open_on(SimFs::new(), "/a").unwrap();
    assert_eq!(simulated.local_path("j/a"), None);
}

#[test]
fn a_file_cut_off_while_it_is_read_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStorage::open(folder.path()).unwrap();
    put(&store, "a", &[&[1; 100]]).unwrap();
    let reader = store.open("a").unwrap().unwrap();
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(folder.path().join("a"))
        .unwrap();
    file.set_len(10).unwrap();
    let error = reader.read_at(5, &mut [0; 20]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("100 bytes"), "{error}");
    let error = store.open(".").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    std::fs::create_dir(folder.path().join("b")).unwrap();
    let error = store.open("b").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
}

#[test]
fn a_folder_is_not_tidied_away_under_a_writer() {
    for store in [
        &LocalStorage::open_on(SimFs::new(), "/a").unwrap() as &dyn Storage,
        &LocalStorage::open(tempfile::tempdir().unwrap()).unwrap(),
    ] {
        let mut writer = store.write("j/shared/new").unwrap();
        store.create("j/shared/old", b"").unwrap();
        store.delete("j/shared/old").unwrap();
        drop(store.write("j/shared/other").unwrap());
        writer.append(b"bytes").unwrap();
        writer.finish().unwrap();
        assert_eq!(store.read("j/shared/new", 9).unwrap().unwrap(), b"bytes");
    }
}

#[test]
fn writers_and_deleters_of_one_folder_get_on() {
    let folder = tempfile::tempdir().unwrap();
    // Two stores, as two processes have them.
    let stores = [(); 2].map(|()| LocalStorage::open(folder.path()).unwrap());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &stores[thread % 2];
            scope.spawn(move || {
                for round in 0..500 {
                    let path = format!("j/shared/{thread}-{round}");
                    put(store, &path, &[b"some", b"thing"]).unwrap();
                    store.delete(&path).unwrap();
                }
            });
        }
    });
    assert_eq!(stores[0].list("j").unwrap(), [""; 0]);
}

#[test]
fn a_crash_leaves_a_streamed_object_whole_or_absent() {
    let contents = [1_u8; 20];
    crash_everywhere(
        |_| {},
        |store| put(store, "job/shared/1", &[&contents[..10], &contents[10..]]),
        |store, done| {
            match store.read("job/shared/1", 99).unwrap() {
                Some(bytes) => assert_eq!(bytes, contents),
                None => assert!(!done, "finish had returned"),
            }
            put(store, "job/shared/2", &[b"next"]).unwrap();
            store.delete("job/shared/2").unwrap();
            store.delete("job/shared/1").unwrap();
            let left = store.list("job").unwrap();
            assert_eq!(left, [""; 0], "unfinished files go with their folder");
        },
    );
}

#[test]
fn a_crash_after_a_dropped_writer_leaves_no_object() {
    crash_everywhere(
        |_| {},
        |store| {
            let mut writer = store.write("job/shared/1")?;
            writer.append(b"contents")?;
            drop(writer);
            store.create("job/done", b"").map(drop)
        },
        |store, _| assert!(!store.exists("job/shared/1").unwrap()),
    );
}

#[test]
fn what_is_not_synced_may_survive_in_part() {
    let fs = SimFs::new();
    let file = Path::new("/a");
    let mut writer = fs.create_new(file).unwrap();
    fs.sync_folder(Path::new("/")).unwrap();
    writer.append(b"12345678").unwrap();
    let mut found: Vec<Vec<u8>> = (0..40)
        .map(|seed| fs.reboot(Survival::Some(seed)).read(file, 9).unwrap())
        .collect();
    found.sort();
    found.dedup();
    assert_eq!(found, [&b""[..], b"1234", b"12345678"]);
    assert!(!fs.remove_abandoned(file).unwrap(), "it is still written");
    assert!(fs.reboot(Survival::All).remove_abandoned(file).unwrap());
}

#[test]
fn every_call_on_a_streamed_object_can_fail() {
    let names = ["write", "append", "append", "finish", "open", "read_at"];
    for fault in [Fault::Before, Fault::After] {
        for (at, name) in names.into_iter().enumerate() {
            let store = FaultStorage::new(MemoryStorage::new(), move |operation| {
                let hit = operation.index == at as u64;
                assert!(!hit || (operation.name, operation.path) == (name, "a"));
                if hit { fault } else { Fault::None }
            });
            let run = || {
                put(&store, "a", &[b"one", b"two"])?;
                let reader = store.open("a")?.unwrap();
                assert_eq!(reader.length(), 6);
                reader.read_at(0, &mut [0; 6])
            };
            let error = run().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("injected fault in call {at}: {name} 'memory:a'")
            );
            let finished = at > 3 || (at == 3 && fault == Fault::After);
            assert_eq!(store.inner().exists("a").unwrap(), finished, "{at}");
        }
    }
}

#[test]
fn a_writer_does_not_go_on_after_an_error() {
    for fault in [Fault::Before, Fault::After] {
        let store = FaultStorage::new(MemoryStorage::new(), move |operation| {
            if operation.index == 1 {
                fault
            } else {
                Fault::None
            }
        });
        let mut writer = store.write("a").unwrap();
        writer.append(b"lost").unwrap_err();
        let error = writer.append(b"next").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        writer.finish().unwrap_err();
        assert!(!store.inner().exists("a").unwrap());
    }
}

#[test]
fn a_writer_may_die_without_cleaning_up() {
    let fs = SimFs::new();
    let local = LocalStorage::open_on(fs.clone(), "/store").unwrap();
    let store = FaultStorage::dying_after(local, 2, false);
    let mut writer = store.write("job/a").unwrap();
    writer.append(b"some").unwrap();
    drop(writer);
    assert_eq!(store.calls(), 3, "it was asked");
    let names = fs.list(Path::new("/store/job")).unwrap();
    assert_eq!(names.len(), 1, "and left its file: {names:?}");
    let next = LocalStorage::open_on(fs.reboot(Survival::All), "/store").unwrap();
    next.create("job/b", b"").unwrap();
    next.delete("job/b").unwrap();
    assert_eq!(next.list("job").unwrap(), [""; 0]);
}
