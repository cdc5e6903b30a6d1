use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use redb::TableDefinition;
use tempfile::TempDir;

use super::super::payments::tests::request as payment;
use super::super::payments::{Answer, PaymentError, PaymentRequest, PaymentStatus, RefundRequest};
use super::super::shipping::{FulfillmentRequest, FulfillmentStatus};
use super::super::{Folders, Line, Now, OpenError, Outside};
use super::*;
use crate::outside::inventory::{InventoryError, ReservationStatus};

pub(super) use disk::Disk;

mod disk;

const TTL: Duration = Duration::from_secs(900);

/// A folder with a product, and a state file in it.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["customers", "inventory"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let mug = r#"{"sku": "mug", "name": "Mug", "unit_price": 900, "currency": "USD", "available": 10}"#;
        fs::write(folder.path().join("inventory/mug.json"), mug).unwrap();
        Self(folder)
    }

    fn state_file(&self) -> PathBuf {
        self.0.path().join("order.mocks.redb")
    }

    fn try_open(&self) -> Result<Outside, OpenError> {
        Outside::open_persistent(self.0.path(), self.state_file(), Now::system())
    }

    fn open(&self) -> Outside {
        self.try_open().unwrap()
    }

    /// The services on a disk that can fail.
    fn on(&self, disk: &Disk) -> Outside {
        let state = State::at(Place::Disk(disk.clone())).unwrap();
        Outside::over(Folders::of(self.0.path()).unwrap(), Now::system(), state)
    }

    fn refused(&self) -> StateFileError {
        match self.try_open().unwrap_err() {
            OpenError::StateFile(error) => error,
            other => panic!("{other}"),
        }
    }
}

fn mugs(quantity: u32) -> [Line; 1] {
    [Line::new("mug", quantity)]
}

fn free_mugs(outside: &Outside) -> u32 {
    outside.inventory.products(&["mug"]).unwrap()[0].available
}

fn parcel(reference: &str) -> FulfillmentRequest {
    FulfillmentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        address: None,
        lines: mugs(1).to_vec(),
    }
}

#[test]
fn what_was_answered_before_a_restart_can_be_gone_on_with_after_it() {
    let world = World::new();
    let before = world.open();
    for token in ["tok_visa", "tok_timeout"] {
        let _ = before
            .payments
            .authorize(&payment(token, token), Some(token));
    }
    before.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    before.inventory.reserve("r2", &mugs(3), TTL).unwrap();
    before.inventory.commit("r2").unwrap();
    before.inventory.release("never").unwrap();
    before.shipping.request(&parcel("f1")).unwrap();
    before.shipping.recall("f2").unwrap();
    drop(before);

    let after = world.open();
    // Capture and refund; and nothing is charged or taken twice.
    for token in ["tok_visa", "tok_timeout"] {
        let known = after.payments.find(token).unwrap().unwrap();
        let again = after
            .payments
            .authorize(&payment(token, token), Some(token));
        assert_eq!(again, Ok(Answer::Given(known.clone())), "{token}");
        let captured = after
            .payments
            .capture(&known.id, 1000, &format!("{token}-c1"), None);
        assert_eq!(captured.unwrap().status, PaymentStatus::Captured);
        let refund = RefundRequest {
            payment_id: known.id,
            amount: 400,
            reference: format!("{token}-r1"),
        };
        after.payments.refund(&refund, None).unwrap();
    }
    assert_eq!(free_mugs(&after), 3);
    after.inventory.release("r2").unwrap();
    after.inventory.commit("r1").unwrap();
    assert!(after.inventory.reserve("never", &mugs(1), TTL).is_err());
    after.shipping.mark_shipped("f1", "UPS", "1Z1").unwrap();
    assert!(after.shipping.request(&parcel("f2")).is_err());
    drop(after);

    let later = world.open();
    let payment = later.payments.find("tok_visa").unwrap().unwrap();
    assert_eq!((payment.captured, payment.refunded), (1000, 400));
    assert!(later.payments.find_refund("tok_visa-r1").unwrap().is_some());
    // A key and a reference are still good for one request.
    let capture = |reference, amount| later.payments.capture(&payment.id, amount, reference, None);
    assert_eq!(capture("tok_visa-c1", 1000).as_ref(), Ok(&payment));
    assert!(capture("tok_visa-c1", 1).is_err());
    let other = PaymentRequest {
        amount: 1,
        ..self::payment("tok_visa", "tok_visa")
    };
    assert!(later.payments.authorize(&other, Some("tok_visa")).is_err());
    assert_eq!(
        later.inventory.find("r1").unwrap().unwrap().status,
        ReservationStatus::Committed
    );
    assert_eq!(free_mugs(&later), 6);
    assert_eq!(
        later.shipping.find("f1").unwrap().unwrap().status,
        FulfillmentStatus::Shipped
    );
}

#[test]
fn what_was_answered_outlasts_a_crash() {
    let world = World::new();
    let before = world.open();
    before.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    let _ = before
        .payments
        .authorize(&payment("p1", "tok_visa"), Some("k1"))
        .unwrap();
    // What a process that is killed leaves behind is the file as it is at that moment.
    let left = fs::read(world.state_file()).unwrap();
    drop(before);
    fs::write(world.state_file(), left).unwrap();
    let after = world.open();
    assert!(after.inventory.find("r1").unwrap().is_some());
    assert_eq!(free_mugs(&after), 6);
    let paid = after.payments.find("p1").unwrap().unwrap();
    after.payments.void(&paid.id, None).unwrap();
}

#[test]
fn a_crash_in_the_middle_leaves_each_change_whole_or_not_at_all() {
    let world = World::new();
    let disk = Disk::default();
    drop(world.on(&disk));
    for writes in 0..200 {
        let disk = disk.copy();
        let before = world.on(&disk);
        disk.fail_after(writes);
        let reserved = before.inventory.reserve("r1", &mugs(4), TTL);
        let committed = before.inventory.commit("r1");
        let paid = before
            .payments
            .authorize(&payment("p1", "tok_visa"), Some("k1"));
        // It comes to an end without having closed anything.
        let left = disk.copy();
        drop(before);

        let after = world.on(&left);
        let found = after.inventory.find("r1").unwrap();
        assert!(found.is_some() || reserved.is_err(), "after {writes}");
        let kept = match &found {
            Some(found) if found.status == ReservationStatus::Committed => 4,
            Some(found) => {
                assert!(committed.is_err(), "after {writes}: {found:?}");
                4
            }
            None => 0,
        };
        assert_eq!(free_mugs(&after), 10 - kept, "after {writes}");
        let known = after.payments.find("p1").unwrap();
        assert!(known.is_some() || paid.is_err(), "after {writes}");
        assert_eq!(
            known.map_or(0, |known| known.amount),
            after
                .payments
                .all()
                .unwrap()
                .iter()
                .map(|one| one.amount)
                .sum::<i64>()
        );
        if disk.has_writes_left() {
            assert!(reserved.is_ok() && committed.is_ok() && paid.is_ok());
            return;
        }
    }
    panic!("three changes never take so many writes");
}

#[test]
fn what_cannot_be_saved_has_not_happened_and_can_be_tried_again() {
    let world = World::new();
    let disk = Disk::default();
    let outside = world.on(&disk);
    outside.inventory.reserve("r0", &mugs(1), TTL).unwrap();
    disk.fail_after(0);
    let reserve = || outside.inventory.reserve("r1", &mugs(4), TTL);
    assert_eq!(reserve(), Err(InventoryError::NotSaved(NotSaved)));
    let pay = || {
        outside
            .payments
            .authorize(&payment("p1", "tok_visa"), Some("k1"))
    };
    assert_eq!(pay(), Err(PaymentError::NotSaved(NotSaved)));
    let parcel = outside.shipping.request(&parcel("f1"));
    assert!(parcel.is_err(), "{parcel:?}");
    let error = outside.payments.find("p1").unwrap_err();
    assert!(error.to_string().starts_with("state file"), "{error}");

    // There is room again.
    disk.mend();
    assert_eq!(outside.inventory.find("r1").unwrap(), None);
    assert_eq!(outside.payments.find("p1").unwrap(), None);
    assert_eq!(outside.shipping.find("f1").unwrap(), None);
    assert_eq!(free_mugs(&outside), 9);
    reserve().unwrap();
    assert!(matches!(pay(), Ok(Answer::Given(_))));
    assert_eq!(free_mugs(&outside), 5);
}

#[test]
fn a_file_that_holds_something_else_is_left_alone_and_named() {
    let world = World::new();
    let something_else = "{\"reservation\": {}}\n{}\n".repeat(300);
    fs::write(world.state_file(), &something_else).unwrap();
    let error = world.refused();
    assert!(
        matches!(error, StateFileError::Unreadable { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("order.mocks.redb"), "{error}");
    assert_eq!(
        fs::read_to_string(world.state_file()).unwrap(),
        something_else
    );
}

#[test]
fn a_database_of_another_program_or_format_is_left_alone() {
    let world = World::new();
    let write = |name: &str, key: &str, document: &[u8]| {
        let table: TableDefinition<'_, &str, &[u8]> = TableDefinition::new(name);
        let database = Database::create(world.state_file()).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction
            .open_table(table)
            .unwrap()
            .insert(key, document)
            .unwrap();
        transaction.commit().unwrap();
    };
    write("songs", "a", b"b");
    let error = world.refused();
    assert!(error.to_string().contains("another program"), "{error}");
    write("about", "format", b"2");
    let error = world.refused();
    assert!(error.to_string().contains("format 2"), "{error}");
}

#[test]
fn a_place_where_no_file_can_be_is_named() {
    let world = World::new();
    fs::create_dir(world.state_file()).unwrap();
    let error = world.refused();
    assert!(matches!(error, StateFileError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("order.mocks.redb"), "{error}");
}

#[test]
fn one_state_file_serves_one_at_a_time() {
    let world = World::new();
    let first = world.open();
    let error = world.refused();
    assert!(matches!(error, StateFileError::InUse { .. }), "{error}");
    drop(first);
    world.open();
}

#[test]
fn there_is_no_token_in_the_file() {
    let world = World::new();
    let outside = world.open();
    let _ = outside
        .payments
        .authorize(&payment("p1", "tok_secret"), Some("k1"))
        .unwrap();
    let has = |text: &[u8]| {
        let file = fs::read(world.state_file()).unwrap();
        file.windows(text.len()).any(|part| part == text)
    };
    assert!(has(b"order-1"), "and it is not hidden from this test");
    assert!(!has(b"tok_secret"));
}

#[test]
fn those_who_change_at_once_are_written_together() {
    const CALLERS: usize = 16;
    let world = World::new();
    let disk = Disk::default();
    let outside = world.on(&disk);
    let synced = disk.synced();
    disk.hold();
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let outside = &outside;
            scope.spawn(move || {
                let done = outside.inventory.release(&format!("r{caller}"));
                done.unwrap();
            });
        }
        // One of them is being written, and the others wait by then, or come too late for the second
        // group.
        thread::sleep(Duration::from_millis(200));
        disk.let_go();
    });
    assert!(disk.synced() - synced <= 3, "{}", disk.synced() - synced);
}

#[test]
fn who_reads_does_not_wait_for_who_writes() {
    let world = World::new();
    let disk = Disk::default();
    let outside = world.on(&disk);
    outside.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    disk.hold();
    thread::scope(|scope| {
        let writing = scope.spawn(|| outside.inventory.reserve("r2", &mugs(4), TTL));
        while !disk.is_held() {
            thread::yield_now();
        }
        assert_eq!(free_mugs(&outside), 6);
        assert!(outside.inventory.find("r1").unwrap().is_some());
        assert_eq!(outside.inventory.find("r2").unwrap(), None);
        disk.let_go();
        writing.join().unwrap().unwrap();
    });
    assert_eq!(free_mugs(&outside), 2);
}

#[test]
fn what_changes_nothing_writes_nothing() {
    let world = World::new();
    let disk = Disk::default();
    let outside = world.on(&disk);
    outside.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    let synced = disk.synced();
    outside.inventory.reserve("r1", &mugs(4), TTL).unwrap();
    outside.inventory.reserve("r2", &mugs(7), TTL).unwrap_err();
    assert_eq!(disk.synced(), synced);
}
