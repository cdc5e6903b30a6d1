//! Placing an order.

use super::fake::{Fake, ID, event, order};
use super::http::{Answer, api, ask, send};
use axum::Router;
use order_core::event::ActorKind;
use order_core::money::{Amount, Currency};
use order_core::ports::{Done, OrderError};
use order_core::value::Sku;
use serde_json::{Value, json};
use std::time::Duration;

fn wish() -> Value {
    json!({
        "customer_id": "cus_1", "currency": "AUD",
        "lines": [{"sku": "tea", "quantity": 2, "unit_price": 1999}],
        "adjustments": [{"kind": "shipping", "amount": 500, "label": "Standard"},
                        {"kind": "tax", "amount": 10, "line_id": "1"}],
        "shipping_address": {"name": "Ada", "line1": "1 Main St", "city": "Sydney",
                             "postal_code": "2000", "country": "AU"},
        "contact": {"email": "ada@example.com"},
        "payment": {"token": "tok_visa"},
        "metadata": {"channel": "web"}
    })
}

async fn place(app: &Router, body: Value) -> Answer {
    let request = ask("POST", "/v1/orders")
        .header("idempotency-key", "k1")
        .json(&body);
    send(app, request).await
}

#[tokio::test]
async fn all_of_the_wish_reaches_the_port() {
    let fake = Fake::plain();
    let answer = place(&api(&fake), wish()).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("location"), format!("/v1/orders/{ID}"));
    assert_eq!(answer.header("etag"), "\"4\"");
    let place = fake.placed();
    assert_eq!(place.storefront.as_str(), "default");
    assert_eq!(place.customer_id.as_str(), "cus_1");
    assert_eq!(place.currency, Some(Currency::AUD));
    assert_eq!(place.lines[0].quantity.get(), 2);
    assert_eq!(place.lines[0].unit_price, Some(Amount::new(1999)));
    assert_eq!(place.adjustments[1].line.unwrap().get(), 1);
    let address = place.personal.shipping_address.unwrap();
    assert_eq!(address.city.as_str(), "Sydney");
    assert_eq!(place.personal.payment_token.unwrap().expose(), "tok_visa");
    assert_eq!(place.metadata.entries()["channel"], "web");
    assert_eq!(place.actor.kind, ActorKind::Admin);
}

#[tokio::test]
async fn the_answer_shows_the_order_and_no_token() {
    let fake = Fake::plain();
    let answer = place(&api(&fake), wish()).await;
    let shown = &answer.body;
    assert_eq!(shown["status"], "processing");
    assert_eq!(shown["payment_status"], "authorized");
    assert_eq!(shown["lines"][0]["total"], 3998);
    assert_eq!(shown["totals"]["total"], 4498);
    assert_eq!(shown["payments"][0]["id"], "1");
    assert_eq!(shown["placed_at"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(shown["deleted_at"], Value::Null);
    assert!(!answer.text.contains("tok_visa"));
}

#[tokio::test]
async fn every_fault_of_a_body_is_told_at_once() {
    let fake = Fake::plain();
    let answer = place(
        &api(&fake),
        json!({
            "customer_id": "jane doe", "currency": "aud",
            "lines": [{"sku": "", "quantity": 0, "unit_price": -1},
                      {"quantity": 9_999_999_999_i64}, {"sku": "a", "quantity": -1}],
            "adjustments": [{"kind": "bribe", "amount": -5}],
            "shipping_address": {"line1": " ", "country": "ZZ"},
            "contact": {"email": "ada"},
            "payment": {},
        }),
    )
    .await;
    assert_eq!(answer.problem(400), "invalid-request");
    assert_eq!(
        answer.faults(),
        [
            ("customer_id", "forbidden-character"),
            ("currency", "not-a-currency"),
            ("lines[0].sku", "empty"),
            ("lines[0].quantity", "out-of-range"),
            ("lines[0].unit_price", "out-of-range"),
            ("lines[1].sku", "required"),
            ("lines[1].quantity", "out-of-range"),
            ("lines[2].quantity", "out-of-range"),
            ("adjustments[0].kind", "unknown-name"),
            ("adjustments[0].amount", "out-of-range"),
            ("shipping_address.line1", "empty"),
            ("shipping_address.city", "required"),
            ("shipping_address.country", "not-a-country"),
            ("contact.email", "not-an-email"),
            ("payment.token", "required"),
        ]
    );
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn an_empty_body_and_empty_lines_are_refused() {
    let app = api(&Fake::plain());
    let answer = place(&app, json!({})).await;
    let both = [("customer_id", "required"), ("lines", "required")];
    assert_eq!(answer.faults(), both);
    let answer = place(&app, json!({"customer_id": "c", "lines": []})).await;
    assert_eq!(answer.faults(), [("lines", "empty")]);
}

#[tokio::test]
async fn a_key_is_needed() {
    let fake = Fake::plain();
    let app = api(&fake);
    let none = send(&app, ask("POST", "/v1/orders").json(&wish())).await;
    assert_eq!(none.problem(400), "idempotency-key-missing");
    let bad = ask("POST", "/v1/orders")
        .header("idempotency-key", "a b")
        .json(&wish());
    let bad = send(&app, bad).await;
    assert_eq!(bad.problem(400), "idempotency-key-invalid");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn an_order_that_waits_is_202() {
    for (members, status) in [
        (
            json!({"status": "pending", "pending_on": ["inventory"]}),
            202,
        ),
        (json!({"status": "pending"}), 202),
        (
            json!({"status": "confirmed", "pending_on": ["payments"]}),
            202,
        ),
        (json!({"status": "confirmed", "payments": []}), 201),
    ] {
        let fake = Fake::with(order(members.clone()));
        let answer = place(&api(&fake), wish()).await;
        assert_eq!(answer.status, status, "{members}");
        assert_eq!(answer.header("location"), format!("/v1/orders/{ID}"));
    }
}

#[tokio::test]
async fn an_order_that_was_rejected_is_a_problem_that_names_it() {
    let rejected = || order(json!({"status": "rejected", "payments": []}));
    let shortage = json!({"sku": "tea", "requested": 2, "available": 1});
    for (reason, status, code) in [
        (
            json!({"code": "insufficient_stock", "shortages": [shortage]}),
            422,
            "insufficient-stock",
        ),
        (json!({"code": "unknown_customer"}), 422, "unknown-customer"),
        (json!({"code": "customer_blocked"}), 422, "customer-blocked"),
        (
            json!({"code": "unknown_sku", "unknown": ["tea"]}),
            422,
            "unknown-sku",
        ),
        (
            json!({"code": "dependency_unavailable", "dependency": "inventory"}),
            503,
            "dependency-unavailable",
        ),
    ] {
        let fake = Fake::plain();
        let happened = event("order_rejected", json!({ "reason": reason }));
        fake.done(rejected(), vec![happened]);
        let answer = place(&api(&fake), wish()).await;
        assert_eq!(answer.problem(status), code);
        assert_eq!(answer.body["order_id"], ID);
        assert_eq!(answer.body["status_now"], "rejected");
        assert_eq!(answer.header("location"), format!("/v1/orders/{ID}"));
        match code {
            "insufficient-stock" => assert_eq!(answer.body["lines"], json!([shortage])),
            "unknown-sku" => assert_eq!(answer.body["skus"], json!(["tea"])),
            "dependency-unavailable" => assert!(!answer.header("retry-after").is_empty()),
            _ => {}
        }
    }
}

fn declined() -> Done {
    let order = order(json!({
        "status": "confirmed",
        "payments": [{
            "no": 1, "amount": 4498, "capture": false, "state": "declined",
            "decline_code": "expired_card", "started_at": "2026-01-31T12:00:00Z",
        }],
    }));
    let happened = json!({"attempt": 1, "code": "expired_card"});
    Done::new(order, vec![event("payment_declined", happened)], false)
}

#[tokio::test]
async fn a_declined_payment_is_a_problem_and_the_order_is_there() {
    let fake = Fake::plain();
    fake.answer(|| Ok(declined()));
    let answer = place(&api(&fake), wish()).await;
    assert_eq!(answer.problem(422), "payment-declined");
    assert_eq!(answer.body["decline_code"], "expired_card");
    assert_eq!(answer.body["order_id"], ID);
    assert_eq!(answer.body["status_now"], "confirmed");
}

#[tokio::test]
async fn a_replay_is_the_same_answer_and_says_so() {
    let fake = Fake::plain();
    let app = api(&fake);
    let first = place(&app, wish()).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    fake.answer(|| Ok(Done::new(order(json!({})), Vec::new(), true)));
    let again = place(&app, wish()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));

    fake.answer(|| Ok(declined()));
    let first = place(&app, wish()).await;
    fake.answer(|| {
        let Done { order, events, .. } = declined();
        Ok(Done::new(order, events, true))
    });
    let again = place(&app, wish()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
}

#[tokio::test]
async fn what_the_port_refuses_is_a_problem() {
    let fake = Fake::plain();
    let app = api(&fake);
    let skus = || vec![Sku::parse("tea").unwrap()];
    let wait = Duration::from_millis(1500);
    for (error, status, code, retry) in [
        (OrderError::KeyReused, 422, "idempotency-key-reused", ""),
        (
            OrderError::KeyInFlight { retry_after: wait },
            409,
            "idempotency-key-in-flight",
            "2",
        ),
        (
            OrderError::UnknownProducts { skus: skus() },
            422,
            "unknown-sku",
            "",
        ),
        (
            OrderError::CurrencyMismatch {
                currency: Currency::USD,
                skus: skus(),
            },
            422,
            "currency-mismatch",
            "",
        ),
        (
            OrderError::Unavailable {
                dependency: order_core::policy::Dependency::Inventory,
                retry_after: wait,
            },
            503,
            "dependency-unavailable",
            "2",
        ),
    ] {
        fake.fails(error);
        let answer = place(&app, wish()).await;
        assert_eq!(answer.problem(status), code);
        assert_eq!(answer.header("retry-after"), retry, "{code}");
        if code == "unknown-sku" {
            assert_eq!(answer.body["skus"], json!(["tea"]));
        }
    }
}
