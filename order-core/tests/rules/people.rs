//! Customers, holds, details, and what is deleted or erased.

use crate::case::{Case, DAY, FIRST, cancel, plan, ship_all, two, wish};
use order_core::Context;
use order_core::command::{Command, CommandKind, DetailsPatch};
use order_core::decide::begin;
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::order::{Contact, CustomerCheck, HoldOrigin, Metadata, Order, OrderStatus};
use order_core::policy::{Guard, Policies};
use order_core::refusal::{Refusal, RefusalCode};
use order_core::testing::builders::{
    address, at, code, contact, label, priced, reason, token, units,
};
use order_core::value::{HoldNo, ReturnNo};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

fn patch(change: impl FnOnce(&mut DetailsPatch)) -> Command {
    let mut patch = DetailsPatch::default();
    change(&mut patch);
    Command::UpdateDetails(Box::new(patch))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("no object: {other}"),
    }
}

fn labels(of: &[&str]) -> BTreeSet<order_core::value::Label> {
    of.iter().map(|text| label(text)).collect()
}

#[test]
fn what_is_the_same_already_is_no_event() {
    let case = Case::placed(two()).asked(patch(|_| {}));
    assert!(case.last.is_empty());
    let case = case.asked(patch(|patch| patch.labels = Some(labels(&["vip"]))));
    assert_eq!(case.last.len(), 1);
    assert_eq!(case.order.labels(), &labels(&["vip"]));
    let case = case.asked(patch(|patch| patch.labels = Some(labels(&["vip"]))));
    assert!(case.last.is_empty());
    let case = case.asked(patch(|patch| patch.contact = Some(contact())));
    assert!(case.last.is_empty());
    let other = Contact::new(Some(label("bob@example.com")), None).unwrap();
    let case = case.asked(patch(|patch| patch.contact = Some(other.clone())));
    assert_eq!(case.order.personal().contact, Some(other));
    assert_eq!(case.order.labels(), &labels(&["vip"]), "the rest stays");
    let gift = || object(json!({"gift": true}));
    let case = case.asked(patch(|patch| patch.metadata = gift()));
    assert_eq!(case.order.metadata().entries(), &gift());
    let case = case.asked(patch(|patch| patch.metadata = gift()));
    assert!(case.last.is_empty());
}

#[test]
fn metadata_is_merged_value_by_value() {
    let start = Metadata::new(object(json!({"a": 1, "in": {"x": 1, "y": 2}, "b": 2}))).unwrap();
    let merged = start
        .merged(&object(
            json!({"a": null, "in": {"x": null, "z": 3}, "b": {"c": 1}, "new": {"d": null}}),
        ))
        .unwrap();
    let expected = object(json!({"in": {"y": 2, "z": 3}, "b": {"c": 1}, "new": {}}));
    assert_eq!(merged.entries(), &expected);
}

#[test]
fn metadata_has_at_most_fifty_entries_of_sixteen_kilobytes_in_all() {
    let entries = |count: usize| -> Map<String, Value> {
        (0..count).map(|no| (no.to_string(), Value::Null)).collect()
    };
    assert!(Metadata::new(entries(50)).is_ok());
    assert!(Metadata::new(entries(51)).is_err());
    // With the braces, the key and the quotes.
    let of = |bytes: usize| {
        let text = "x".repeat(bytes - r#"{"a":""}"#.len());
        Metadata::new(object(json!({ "a": text })))
    };
    assert!(of(16 * 1024).is_ok());
    assert!(of(16 * 1024 + 1).is_err());
}

#[test]
fn a_contact_needs_a_plausible_address() {
    let email = |text: &str| Contact::new(Some(label(text)), None);
    assert!(email("a@b").is_ok());
    for wrong in ["a", "@b", "a@", "a b@c", "@"] {
        assert!(email(wrong).is_err(), "{wrong}");
    }
    assert!(Contact::new(None, Some(label("+61"))).is_ok());
}

#[test]
fn a_hold_keeps_the_order_until_it_is_released() {
    let hold = |why| Command::PlaceHold {
        reason: Some(reason(why)),
    };
    let case = Case::placed(two())
        .asked(hold("check"))
        .asked(hold("fraud"));
    assert_eq!(case.order.holds()[0].origin, HoldOrigin::Requested);
    assert_eq!(case.order.holds()[1].reason, Some(reason("fraud")));
    let case = case.confirmed();
    assert!(case.order.payments().is_empty(), "nothing is charged");
    let start = Command::StartPayment { amount: None };
    assert_eq!(case.refuses(start), RefusalCode::OnHold);
    let release = |hold| Command::ReleaseHold { hold };
    let second = HoldNo::new(2);
    let case = case.later(5).asked(release(Some(second)));
    assert!(case.order.is_held(), "the other one still stands");
    assert_eq!(case.order.holds()[1].released_at, Some(at(5)));
    assert_eq!(case.order.holds()[0].released_at, None);
    let twice = release(Some(second));
    assert_eq!(case.refuses(twice), RefusalCode::NotOnHold);
    let case = case.asked(release(None));
    assert!(!case.order.is_held());
    assert_eq!(case.order.payments().len(), 1, "it goes on");
    assert_eq!(case.refuses(release(None)), RefusalCode::NotOnHold);
}

#[test]
fn an_address_changes_until_the_warehouse_is_asked() {
    let mut elsewhere = address();
    elsewhere.city = label("Perth");
    let change = || Command::ChangeAddress {
        address: Box::new(elsewhere.clone()),
    };
    let case = Case::placed(two()).asked(change());
    let personal = case.order.personal();
    assert_eq!(personal.shipping_address, Some(elsewhere.clone()));
    assert_eq!(personal.contact, Some(contact()), "the rest stays");
    let case = case.confirmed();
    assert_eq!(case.refuses(change()), RefusalCode::PaymentInProgress);
    let case = case
        .authorized(order_core::value::AttemptNo::FIRST, 2_000)
        .asked(plan(vec![units("abc", 1)]))
        .asked(change())
        .asked(Command::ReleaseFulfillment { fulfillment: FIRST });
    assert_eq!(case.refuses(change()), RefusalCode::AlreadyReleased);
    let hold = Command::PlaceHold { reason: None };
    assert_eq!(case.refuses(hold), RefusalCode::AlreadyReleased);
}

#[test]
fn a_customer_is_checked_once_and_a_yes_stands() {
    let case = Case::placed(two()).told(Fact::CustomerUnverified);
    assert_eq!(case.order.customer(), CustomerCheck::Unverified);
    assert!(case.clone().told(Fact::CustomerUnverified).last.is_empty());
    let case = case.told(Fact::CustomerVerified);
    assert_eq!(case.order.customer(), CustomerCheck::Verified);
    for again in [Fact::CustomerVerified, Fact::CustomerUnverified] {
        assert!(case.clone().told(again).last.is_empty());
    }
    let closed = Case::placed(two())
        .asked(cancel())
        .told(Fact::CustomerVerified);
    assert_eq!(closed.order.customer(), CustomerCheck::Pending);
    assert_eq!(closed.last.len(), 1, "it is recorded as late");
}

#[test]
fn a_no_about_the_customer_rejects_a_pending_order_only() {
    let no = || Fact::CustomerRejected {
        code: code("blocked"),
    };
    let case = Case::placed(two()).told(no());
    assert_eq!(case.order.status(), OrderStatus::Rejected);
    assert_eq!(case.order.deadline(), None);
    assert!(case.told(no()).last.is_empty());
    let case = Case::placed(two()).confirmed().told(no());
    assert_eq!(case.order.status(), OrderStatus::Confirmed);
    assert_eq!(case.last.len(), 1, "it is recorded as late");
}

#[test]
fn a_deadline_decides_when_it_is_there_and_not_before() {
    let case = Case::placed(two()).later(DAY - 1);
    let early = case.clone().told(Fact::DeadlinePassed);
    assert!(early.last.is_empty());
    assert!(case.clone().woken().last.is_empty());
    let case = case.later(1);
    for case in [case.clone().told(Fact::DeadlinePassed), case.woken()] {
        assert_eq!(case.order.status(), OrderStatus::Expired);
    }
    let released = Case::placed(two()).processing().later(9 * DAY);
    assert_eq!(released.order.deadline(), None);
    assert!(released.told(Fact::DeadlinePassed).last.is_empty());
}

#[test]
fn a_delete_cancels_first_and_waits_for_what_is_to_be_undone() {
    let case = Case::placed(two()).asked(Command::DeleteOrder);
    assert_eq!(case.order.status(), OrderStatus::Cancelling);
    assert!(case.order.deletion().is_some());
    assert_eq!(case.order.deleted_at(), None, "the stock is in doubt");
    let again = case.clone().asked(Command::DeleteOrder);
    assert!(again.last.is_empty());
    let reservation = case.order.reservation().unwrap().no;
    let case = case.later(7).told(Fact::StockRejected {
        reservation,
        lines: Vec::new(),
        shortages: Vec::new(),
        unknown: Vec::new(),
    });
    assert_eq!(case.order.status(), OrderStatus::Cancelled);
    assert_eq!(case.order.deleted_at(), Some(at(7)));
    let deletion = case.order.deletion().unwrap();
    assert_eq!(deletion.requested_at, at(0));
    assert_eq!(
        case.refuses(Command::DeleteOrder),
        RefusalCode::AlreadyDeleted
    );
    assert_eq!(case.refuses(cancel()), RefusalCode::Deleted);
    let case = case.asked(Command::ErasePersonalData);
    assert!(case.order.personal().is_empty());
}

#[test]
fn a_completed_order_is_deleted_when_no_return_is_open() {
    let case = Case::placed(two()).completed();
    let open = case.clone().asked(Command::RequestReturn {
        lines: vec![units("abc", 1)],
        reason: None,
    });
    assert_eq!(open.refuses(Command::DeleteOrder), RefusalCode::ReturnOpen);
    let dropped = open.asked(Command::CancelReturn {
        return_no: ReturnNo::FIRST,
    });
    for case in [case, dropped] {
        let case = case.later(3).asked(Command::DeleteOrder);
        assert_eq!(case.order.deleted_at(), Some(at(3)));
        assert_eq!(case.order.deletion().unwrap().requested_at, at(3));
    }
    let shipped = Case::placed(two()).processing().asked(ship_all());
    assert_eq!(
        shipped.refuses(Command::DeleteOrder),
        RefusalCode::AlreadyShipped
    );
}

#[test]
fn erasure_leaves_no_personal_data_and_takes_none_again() {
    let case = Case::placed(two()).completed();
    let case = case.later(9).asked(Command::ErasePersonalData);
    assert!(case.order.personal().is_empty());
    assert!(!case.order.payment_method_ready());
    assert_eq!(case.order.erased_at(), Some(at(9)));
    let case = case.later(1).asked(Command::ErasePersonalData);
    assert!(case.last.is_empty());
    let put = patch(|patch| patch.contact = Some(contact()));
    assert_eq!(case.refuses(put), RefusalCode::PersonalDataErased);
    let unpaid = Command::ChangePaymentMethod {
        token: token("tok_other"),
    };
    assert_eq!(case.refuses(unpaid), RefusalCode::WrongStatus);
    let case = case.asked(patch(|patch| patch.labels = Some(labels(&["done"]))));
    assert_eq!(case.order.labels(), &labels(&["done"]));
}

/// Nobody orders more than one unit, and nobody cancels.
struct Strict;

impl Guard for Strict {
    fn check(&self, order: &Order, command: &Command) -> Result<(), Refusal> {
        let kind = command.kind();
        let many = order.lines().iter().any(|line| line.quantity.get() > 1);
        if kind == CommandKind::RequestCancel || (kind == CommandKind::PlaceOrder && many) {
            return Err(Refusal::new(RefusalCode::Vetoed, kind, None, "not here"));
        }
        Ok(())
    }
}

#[test]
fn a_guard_has_its_say_about_new_orders_and_about_commands() {
    let mut policies = Policies::default();
    policies.guards = vec![Arc::new(Strict)];
    let actor = Actor::system();
    let ctx = Context::new(&policies, at(0), &actor);
    let refused = begin(&Command::PlaceOrder(Box::new(two())), &ctx);
    assert_eq!(refused.unwrap_err().code, RefusalCode::Vetoed);
    let one = wish(vec![priced("abc", 1, 1_000)]);
    let case = Case::placed_under(policies.clone(), one);
    assert_eq!(case.refuses(cancel()), RefusalCode::Vetoed);
    let held = case.asked(Command::PlaceHold { reason: None });
    assert!(held.order.is_held());
}
