//! A disk that fails leaves each change whole or not made at all.

use super::fixture::{StateDir, TTL, free_mugs, fulfillment, mugs, payment_request};
use crate::inventory::{InventoryError, MockReservationStatus};
use crate::payments::{AuthorizeOutcome, PaymentError};
use crate::store::NotSaved;
use crate::store::disk::FaultyDisk;

#[test]
fn a_crash_in_the_middle_leaves_each_change_whole_or_not_at_all() {
    let dir = StateDir::new();
    let disk = FaultyDisk::default();
    drop(dir.open_on(&disk));
    for writes in 0..200 {
        let disk = disk.copy();
        let before = dir.open_on(&disk);
        disk.fail_after(writes);
        let reserved = before.inventory.reserve("r1", &mugs(4), TTL);
        let committed = before.inventory.commit("r1");
        let paid = before
            .payments
            .authorize(&payment_request("p1", "tok_visa"), Some("k1"));
        // The process ends without closing the store.
        let left = disk.copy();
        drop(before);

        let after = dir.open_on(&left);
        let found = after.inventory.find("r1").unwrap();
        assert!(found.is_some() || reserved.is_err(), "after {writes}");
        let used_units = match &found {
            Some(found) if found.status == MockReservationStatus::Committed => 4,
            Some(found) => {
                assert!(committed.is_err(), "after {writes}: {found:?}");
                4
            }
            None => 0,
        };
        assert_eq!(free_mugs(&after), 10 - used_units, "after {writes}");
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
fn a_change_that_cannot_be_saved_is_not_made_and_can_be_retried() {
    let dir = StateDir::new();
    let disk = FaultyDisk::default();
    let services = dir.open_on(&disk);
    services.inventory.reserve("r0", &mugs(1), TTL).unwrap();
    disk.fail_after(0);
    let reserve = || services.inventory.reserve("r1", &mugs(4), TTL);
    assert_eq!(reserve(), Err(InventoryError::NotSaved(NotSaved)));
    let pay = || {
        services
            .payments
            .authorize(&payment_request("p1", "tok_visa"), Some("k1"))
    };
    assert_eq!(pay(), Err(PaymentError::NotSaved(NotSaved)));
    let fulfillment = services.shipping.request(&fulfillment("f1"));
    assert!(fulfillment.is_err(), "{fulfillment:?}");
    let error = services.payments.find("p1").unwrap_err();
    assert!(error.to_string().starts_with("state file"), "{error}");

    // The disk works again.
    disk.repair();
    assert_eq!(services.inventory.find("r1").unwrap(), None);
    assert_eq!(services.payments.find("p1").unwrap(), None);
    assert_eq!(services.shipping.find("f1").unwrap(), None);
    assert_eq!(free_mugs(&services), 9);
    reserve().unwrap();
    assert!(matches!(pay(), Ok(AuthorizeOutcome::Answered(_))));
    assert_eq!(free_mugs(&services), 5);
}
