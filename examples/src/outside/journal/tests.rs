use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::super::payments::{Answer, PaymentError, PaymentRequest, PaymentStatus, RefundRequest};
use super::super::shipping::{FulfillmentRequest, FulfillmentStatus};
use super::super::{Inventory, Now, OpenError, Outside, Payments};
use super::*;
use crate::outside::Line;
use crate::outside::inventory::{InventoryError, ReservationStatus};

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
        self.0.path().join("state.jsonl")
    }

    fn try_open(&self) -> Result<Outside, OpenError> {
        Outside::open_persistent(self.0.path(), self.state_file(), Now::system())
    }

    fn open(&self) -> Outside {
        self.try_open().unwrap()
    }

    fn lines(&self) -> usize {
        fs::read_to_string(self.state_file())
            .unwrap()
            .lines()
            .count()
    }
}

fn payment(reference: &str, token: &str) -> PaymentRequest {
    PaymentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        amount: 1000,
        currency: "USD".into(),
        token: token.into(),
        capture: false,
    }
}

fn parcel(reference: &str) -> FulfillmentRequest {
    FulfillmentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        address: None,
        lines: vec![Line::new("mug", 1)],
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
    before
        .inventory
        .reserve("r1", &[Line::new("mug", 4)], TTL)
        .unwrap();
    before
        .inventory
        .reserve("r2", &[Line::new("mug", 3)], TTL)
        .unwrap();
    before.inventory.commit("r2").unwrap();
    before.inventory.release("never").unwrap();
    before.shipping.request(&parcel("f1")).unwrap();
    before.shipping.recall("f2").unwrap();
    drop(before);

    let after = world.open();
    // Capture and refund; and nothing is charged or taken twice.
    for token in ["tok_visa", "tok_timeout"] {
        let known = after.payments.find(token).unwrap();
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
    assert_eq!(after.inventory.products(&["mug"]).unwrap()[0].available, 3);
    after.inventory.release("r2").unwrap();
    after.inventory.commit("r1").unwrap();
    assert!(
        after
            .inventory
            .reserve("never", &[Line::new("mug", 1)], TTL)
            .is_err()
    );
    after.shipping.mark_shipped("f1", "UPS", "1Z1").unwrap();
    assert!(after.shipping.request(&parcel("f2")).is_err());
    drop(after);

    let later = world.open();
    let payment = later.payments.find("tok_visa").unwrap();
    assert_eq!((payment.captured, payment.refunded), (1000, 400));
    assert!(later.payments.find_refund("tok_visa-r1").is_some());
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
        later.inventory.find("r1").unwrap().status,
        ReservationStatus::Committed
    );
    assert_eq!(later.inventory.products(&["mug"]).unwrap()[0].available, 6);
    assert_eq!(
        later.shipping.find("f1").unwrap().status,
        FulfillmentStatus::Shipped
    );
}

#[test]
fn a_line_that_a_crash_cut_off_was_never_answered() {
    let world = World::new();
    let before = world.open();
    before
        .inventory
        .reserve("r1", &[Line::new("mug", 4)], TTL)
        .unwrap();
    before
        .inventory
        .reserve("r2", &[Line::new("mug", 4)], TTL)
        .unwrap();
    drop(before);
    let text = fs::read(world.state_file()).unwrap();
    let first_end = text.iter().position(|b| *b == b'\n').unwrap();
    for end in [first_end + 1, first_end + 20, text.len() - 1] {
        fs::write(world.state_file(), &text[..end]).unwrap();
        let after = world.open();
        assert!(after.inventory.find("r1").is_some());
        assert_eq!(after.inventory.find("r2"), None);
        drop(after);
        assert_eq!(world.lines(), 1, "and it is gone from the file");
    }
}

#[test]
fn a_file_that_holds_something_else_is_left_alone() {
    let world = World::new();
    let something_else = "{\"reservation\": {}}\n{}\n";
    fs::write(world.state_file(), something_else).unwrap();
    let error = world.try_open().unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
    assert_eq!(
        fs::read_to_string(world.state_file()).unwrap(),
        something_else
    );
}

#[test]
fn one_state_file_serves_one_at_a_time() {
    let world = World::new();
    let first = world.open();
    let error = world.try_open().unwrap_err();
    assert!(
        matches!(error, OpenError::StateFile(StateFileError::InUse { .. })),
        "{error}"
    );
    drop(first);
    world.open();
}

#[test]
fn opening_leaves_one_line_for_each_thing() {
    let world = World::new();
    let outside = world.open();
    let _ = outside
        .payments
        .authorize(&payment("p1", "tok_visa"), None)
        .unwrap();
    let id = outside.payments.find("p1").unwrap().id;
    for n in 0..10 {
        outside
            .payments
            .capture(&id, 1, &format!("c{n}"), None)
            .unwrap();
        outside
            .inventory
            .reserve("r1", &[Line::new("mug", 4)], TTL)
            .unwrap();
        outside
            .inventory
            .revise("r1", &[Line::new("mug", n + 1)])
            .unwrap();
    }
    assert!(world.lines() > 20);
    drop(outside);
    world.open();
    assert_eq!(world.lines(), 12, "a payment, its captures, a reservation");
}

#[test]
fn there_is_no_token_in_the_file() {
    let world = World::new();
    let outside = world.open();
    let _ = outside
        .payments
        .authorize(&payment("p1", "tok_secret"), Some("k1"))
        .unwrap();
    assert!(
        !fs::read_to_string(world.state_file())
            .unwrap()
            .contains("tok_secret")
    );
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_saved_has_not_happened() {
    let file = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let journal = Arc::new(Journal(Some(Mutex::new(Open {
        _replaced: file.try_clone().unwrap(),
        file,
        length: 0,
        broken: false,
    }))));
    let world = World::new();
    let mut inventory = Inventory::new(world.0.path().join("inventory"), Now::system());
    inventory.keep_in(Arc::clone(&journal));
    let reserved = inventory.reserve("r1", &[Line::new("mug", 4)], TTL);
    assert_eq!(reserved, Err(InventoryError::NotSaved(NotSaved)));
    assert_eq!(inventory.find("r1"), None);
    assert_eq!(inventory.products(&["mug"]).unwrap()[0].available, 10);
    let mut payments = Payments::new();
    payments.keep_in(journal);
    let paid = payments.authorize(&payment("p1", "tok_visa"), None);
    assert_eq!(paid, Err(PaymentError::NotSaved(NotSaved)));
    assert_eq!(payments.find("p1"), None);
}
