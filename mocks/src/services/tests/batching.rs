//! Concurrent changes share an fsync, and reads wait for none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use super::fixture::{StateDir, TTL, free_mugs, mugs};
use crate::store::disk::FaultyDisk;
use crate::store::{NotSaved, ReadTables, Store, Table};

const NUMBERS: Table<&str, u32> = Table::named("numbers");

#[test]
fn concurrent_changes_share_an_fsync() {
    const CALLERS: usize = 16;
    let dir = StateDir::new();
    let disk = FaultyDisk::default();
    let services = dir.open_on(&disk);
    let syncs = disk.syncs();
    disk.block_syncs();
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let services = &services;
            scope.spawn(move || {
                let done = services.inventory.release(&format!("r{caller}"));
                done.unwrap();
            });
        }
        // By now one batch is being synced and the other callers are queued, or join a third batch.
        thread::sleep(Duration::from_millis(200));
        disk.unblock_syncs();
    });
    assert!(disk.syncs() - syncs <= 3, "{}", disk.syncs() - syncs);
}

#[test]
fn a_read_does_not_wait_for_a_writer() {
    let dir = StateDir::new();
    let disk = FaultyDisk::default();
    let services = dir.open_on(&disk);
    services.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    disk.block_syncs();
    thread::scope(|scope| {
        let writing = scope.spawn(|| services.inventory.reserve("r2", &mugs(4), TTL));
        while !disk.is_blocking() {
            thread::yield_now();
        }
        assert_eq!(free_mugs(&services), 6);
        assert!(services.inventory.find("r1").unwrap().is_some());
        assert_eq!(services.inventory.find("r2").unwrap(), None);
        disk.unblock_syncs();
        writing.join().unwrap().unwrap();
    });
    assert_eq!(free_mugs(&services), 2);
}

#[test]
fn a_request_that_changes_nothing_causes_no_fsync() {
    let dir = StateDir::new();
    let disk = FaultyDisk::default();
    let services = dir.open_on(&disk);
    services.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    let syncs = disk.syncs();
    services.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    services.inventory.reserve("r2", &mugs(7), TTL).unwrap_err();
    assert_eq!(disk.syncs(), syncs);
}

#[test]
fn a_change_that_panics_is_not_made_and_the_next_one_is() {
    let store = Store::in_memory();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.change(|transaction| -> Result<(), NotSaved> {
            transaction.put(&NUMBERS, "one", &1)?;
            panic!("on purpose");
        })
    }));
    assert!(panicked.is_err());
    let saved = store.change(|transaction| -> Result<(), NotSaved> {
        transaction.put(&NUMBERS, "two", &2)?;
        Ok(())
    });
    assert_eq!(saved, Ok(()));
    assert_eq!(store.read(|snapshot| snapshot.all(&NUMBERS)), Ok(vec![2]));
}
