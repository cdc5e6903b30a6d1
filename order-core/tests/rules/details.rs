//! Details, metadata, contact and address of an order.

use crate::given::{FIRST, Given, plan, two};
use order_core::command::{Command, DetailsPatch};
use order_core::order::{Contact, Metadata};
use order_core::refusal::RefusalCode;
use order_core::value::{Email, Phone};
use order_testing::builders::{address, contact, email, label, short_text, units};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

pub(crate) fn patch(change: impl FnOnce(&mut DetailsPatch)) -> Command {
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

pub(crate) fn labels(of: &[&str]) -> BTreeSet<order_core::value::Label> {
    of.iter().map(|text| label(text)).collect()
}

#[test]
fn what_is_the_same_already_is_no_event() {
    let given = Given::placed(two()).execute(patch(|_| {}));
    assert!(given.last_events.is_empty());
    let given = given.execute(patch(|patch| patch.labels = Some(labels(&["vip"]))));
    assert_eq!(given.last_events.len(), 1);
    assert_eq!(given.order.labels(), &labels(&["vip"]));
    let given = given.execute(patch(|patch| patch.labels = Some(labels(&["vip"]))));
    assert!(given.last_events.is_empty());
    let given = given.execute(patch(|patch| patch.contact = Some(contact())));
    assert!(given.last_events.is_empty());
    let other = Contact::new(Some(email("bob@example.com")), None);
    let given = given.execute(patch(|patch| patch.contact = Some(other.clone())));
    assert_eq!(given.order.personal().contact, Some(other));
    assert_eq!(given.order.labels(), &labels(&["vip"]), "the rest stays");
    let gift = || object(json!({"gift": true}));
    let given = given.execute(patch(|patch| patch.metadata = gift()));
    assert_eq!(given.order.metadata().entries(), &gift());
    let given = given.execute(patch(|patch| patch.metadata = gift()));
    assert!(given.last_events.is_empty());
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
    // The size counts the braces, the key and the quotes.
    let of = |bytes: usize| {
        let text = "x".repeat(bytes - r#"{"a":""}"#.len());
        Metadata::new(object(json!({ "a": text })))
    };
    assert!(of(16 * 1024).is_ok());
    assert!(of(16 * 1024 + 1).is_err());
}

#[test]
fn a_contact_needs_a_plausible_address() {
    assert!(Email::parse("a@b").is_ok());
    for wrong in ["a", "@b", "a@", "a b@c", "@"] {
        assert!(Email::parse(wrong).is_err(), "{wrong}");
    }
    assert!(Phone::parse("+61").is_ok());
}

#[test]
fn an_address_changes_until_the_warehouse_is_asked() {
    let mut elsewhere = address();
    elsewhere.city = short_text("Perth");
    let change = || Command::ChangeAddress {
        address: Box::new(elsewhere.clone()),
    };
    let given = Given::placed(two()).execute(change());
    let personal = given.order.personal();
    assert_eq!(personal.shipping_address, Some(elsewhere.clone()));
    assert_eq!(personal.contact, Some(contact()), "the rest stays");
    let given = given.confirmed();
    assert_eq!(
        given.expect_refusal(change()),
        RefusalCode::PaymentInProgress
    );
    let given = given
        .payment_authorized(order_core::value::PaymentAttemptNo::FIRST, 2_000)
        .execute(plan(vec![units("abc", 1)]))
        .execute(change())
        .execute(Command::ReleaseFulfillment { fulfillment: FIRST });
    assert_eq!(given.expect_refusal(change()), RefusalCode::AlreadyReleased);
    let hold = Command::PlaceHold { reason: None };
    assert_eq!(given.expect_refusal(hold), RefusalCode::AlreadyReleased);
}

/// The examples of RFC 7396 that are about objects.
#[test]
fn metadata_is_merged_as_a_json_merge_patch() {
    let object = |value: Value| -> Map<String, Value> { value.as_object().unwrap().clone() };
    for (before, patch, after) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (
            json!({"a": "b"}),
            json!({"b": "c"}),
            json!({"a": "b", "b": "c"}),
        ),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (
            json!({"a": "b", "b": "c"}),
            json!({"a": null}),
            json!({"b": "c"}),
        ),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (
            json!({"a": {"b": "c"}}),
            json!({"a": {"b": "d", "c": null}}),
            json!({"a": {"b": "d"}}),
        ),
        (
            json!({"a": "foo"}),
            json!({"a": {"b": 1}}),
            json!({"a": {"b": 1}}),
        ),
        (
            json!({}),
            json!({"a": {"bb": {"ccc": null}}}),
            json!({"a": {"bb": {}}}),
        ),
    ] {
        let merged = Metadata::new(object(before))
            .unwrap()
            .merged(&object(patch));
        assert_eq!(merged.unwrap().entries(), &object(after));
    }
}

#[test]
fn a_contact_is_read_only_with_an_address_that_can_be_one() {
    for (email, is_one) in [("ada@example.com", true), ("ada", false), ("@", false)] {
        assert_eq!(Email::parse(email).is_ok(), is_one, "{email}");
        let read = serde_json::from_value::<Contact>(json!({"email": email}));
        assert_eq!(read.is_ok(), is_one, "{email}");
    }
}
