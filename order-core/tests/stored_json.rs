//! Stored events and orders load for ever: golden files of every kind of event, and of orders.
//!
//! A golden file is never changed. When the stored form changes, the old files still load, and the next
//! folder has the new form.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

use order_core::event::EventPayload;
use order_core::order::{OrderLine, PaymentStatus, ReturnStatus};
use order_core::stored_json::{
    DocumentError, SCHEMA, event_from_json, event_to_json, order_from_json, order_to_json,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The versions of the stored form, the oldest first.
const FORMS: [&str; 2] = ["v1", "v2"];

/// Returns the files of one form, by name.
fn of_form(form: &str, kind: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(form)
        .join(kind);
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// Returns the files of this kind by name, each in its newest form.
fn golden(kind: &str) -> BTreeMap<String, String> {
    FORMS.iter().flat_map(|form| of_form(form, kind)).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_kind_of_event_has_a_golden_file() {
    let files: BTreeSet<String> = golden("events").into_keys().collect();
    let kinds: BTreeSet<String> = EventPayload::NAMES
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    assert_eq!(files, kinds);
}

#[test]
fn a_stored_event_loads_and_is_written_as_it_was() {
    for (name, text) in golden("events") {
        let event = event_from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(event.payload.name(), name);
        let written = event_to_json(&event).unwrap();
        assert_eq!(json(&written), json(&text), "{name}");
        assert_eq!(event_from_json(&written).unwrap(), event, "{name}");
    }
}

#[test]
fn a_stored_order_loads_and_is_written_as_it_was() {
    for (name, text) in golden("orders") {
        let order = order_from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(order.lines().iter().all(OrderLine::counts_hold), "{name}");
        let written = order_to_json(&order).unwrap();
        assert_eq!(json(&written), json(&text), "{name}");
        assert_eq!(order_from_json(&written).unwrap(), order, "{name}");
    }
}

#[test]
fn what_was_written_otherwise_is_read_as_the_same() {
    for form in FORMS {
        for (name, text) in of_form(form, "events") {
            let now = event_from_json(&golden("events")[&name]).unwrap();
            assert_eq!(event_from_json(&text).unwrap(), now, "{form} {name}");
        }
        for (name, text) in of_form(form, "orders") {
            let now = order_from_json(&golden("orders")[&name]).unwrap();
            assert_eq!(order_from_json(&text).unwrap(), now, "{form} {name}");
        }
    }
}

#[test]
fn a_stored_order_means_what_it_meant() {
    let order = order_from_json(&golden("orders")["completed"]).unwrap();
    let totals = order.totals();
    assert_eq!(totals.total.minor(), 2 * 1_999 + 500 - 100);
    assert_eq!(totals.captured.minor(), 4_398);
    assert_eq!(totals.refunded.minor(), 1_949);
    assert_eq!(totals.due.minor(), 0);
    assert_eq!(order.payment_status(), PaymentStatus::PartiallyRefunded);
    assert_eq!(order.return_status(), ReturnStatus::PartiallyReturned);
    assert!(order.is_settled());
}

#[test]
fn what_a_newer_version_has_written_is_refused_and_said_so() {
    let mut newer = json(&golden("events")["order_placed"]);
    newer["schema"] = Value::from(SCHEMA + 1);
    let refused = event_from_json(&newer.to_string()).unwrap_err();
    assert!(matches!(refused, DocumentError::TooNew { found } if found == SCHEMA + 1));
    assert!(refused.to_string().contains("newer"), "{refused}");
}

#[test]
fn an_unknown_kind_of_event_is_refused() {
    let mut unknown = json(&golden("events")["order_placed"]);
    unknown["type"] = Value::from("order_enchanted");
    assert!(matches!(
        event_from_json(&unknown.to_string()),
        Err(DocumentError::Malformed(_))
    ));
}
