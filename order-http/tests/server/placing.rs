//! Placing an order.

use super::fake_orders::{FakeOrders, ID, event, order};
use super::requests::{TestRequest, TestResponse, api, send};
use axum::Router;
use order_core::event::ActorKind;
use order_core::money::{Amount, Currency};
use order_core::ports::{CommandOutcome, OrderError};
use order_core::value::Sku;
use serde_json::{Value, json};
use std::time::Duration;

fn place_order_body() -> Value {
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

async fn place(app: &Router, body: Value) -> TestResponse {
    let request = TestRequest::new("POST", "/v1/orders")
        .header("idempotency-key", "k1")
        .json(&body);
    send(app, request).await
}

#[tokio::test]
async fn every_member_of_the_body_reaches_the_port() {
    let fake = FakeOrders::plain();
    let response = place(&api(&fake), place_order_body()).await;
    assert_eq!(response.status, 201);
    assert_eq!(response.header("location"), format!("/v1/orders/{ID}"));
    assert_eq!(response.header("etag"), "\"4\"");
    let request = fake.placed();
    assert_eq!(request.storefront.as_str(), "default");
    assert_eq!(request.order.customer_id.as_str(), "cus_1");
    assert_eq!(request.order.currency, Some(Currency::AUD));
    assert_eq!(request.order.lines[0].quantity.get(), 2);
    assert_eq!(request.order.lines[0].unit_price, Some(Amount::new(1999)));
    assert_eq!(request.order.adjustments[1].line.unwrap().get(), 1);
    let address = request.order.personal.shipping_address.unwrap();
    assert_eq!(address.city.as_str(), "Sydney");
    assert_eq!(
        request.order.personal.payment_token.unwrap().expose(),
        "tok_visa"
    );
    assert_eq!(request.order.metadata.entries()["channel"], "web");
    assert_eq!(request.actor.kind, ActorKind::Admin);
}

#[tokio::test]
async fn the_response_shows_the_order_and_no_token() {
    let fake = FakeOrders::plain();
    let response = place(&api(&fake), place_order_body()).await;
    let shown = &response.body;
    assert_eq!(shown["status"], "processing");
    assert_eq!(shown["payment_status"], "authorized");
    assert_eq!(shown["lines"][0]["total"], 3998);
    assert_eq!(shown["totals"]["total"], 4498);
    assert_eq!(shown["payments"][0]["id"], "1");
    assert_eq!(shown["placed_at"], "2026-01-31T12:00:00.123456Z");
    assert_eq!(shown["deleted_at"], Value::Null);
    assert!(!response.text.contains("tok_visa"));
}

#[tokio::test]
async fn every_error_of_a_body_is_reported_at_once() {
    let fake = FakeOrders::plain();
    let response = place(
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
    assert_eq!(response.problem(400), "invalid-request");
    assert_eq!(
        response.field_errors(),
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
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn an_empty_body_and_empty_lines_are_refused() {
    let app = api(&FakeOrders::plain());
    let response = place(&app, json!({})).await;
    let both = [("customer_id", "required"), ("lines", "required")];
    assert_eq!(response.field_errors(), both);
    let response = place(&app, json!({"customer_id": "c", "lines": []})).await;
    assert_eq!(response.field_errors(), [("lines", "empty")]);
}

#[tokio::test]
async fn an_idempotency_key_is_required() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let none = send(
        &app,
        TestRequest::new("POST", "/v1/orders").json(&place_order_body()),
    )
    .await;
    assert_eq!(none.problem(400), "idempotency-key-missing");
    let bad = TestRequest::new("POST", "/v1/orders")
        .header("idempotency-key", "a b")
        .json(&place_order_body());
    let bad = send(&app, bad).await;
    assert_eq!(bad.problem(400), "idempotency-key-invalid");
    assert!(fake.calls().is_empty());
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
        let fake = FakeOrders::with(order(members.clone()));
        let response = place(&api(&fake), place_order_body()).await;
        assert_eq!(response.status, status, "{members}");
        assert_eq!(response.header("location"), format!("/v1/orders/{ID}"));
    }
}

#[tokio::test]
async fn a_rejected_order_is_a_problem_that_names_it() {
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
        let fake = FakeOrders::plain();
        let happened = event("order_rejected", json!({ "reason": reason }));
        fake.given_outcome(rejected(), vec![happened]);
        let response = place(&api(&fake), place_order_body()).await;
        assert_eq!(response.problem(status), code);
        assert_eq!(response.body["order_id"], ID);
        assert_eq!(response.body["status_now"], "rejected");
        assert_eq!(response.header("location"), format!("/v1/orders/{ID}"));
        match code {
            "insufficient-stock" => assert_eq!(response.body["lines"], json!([shortage])),
            "unknown-sku" => assert_eq!(response.body["skus"], json!(["tea"])),
            "dependency-unavailable" => assert!(!response.header("retry-after").is_empty()),
            _ => {}
        }
    }
}

fn declined() -> CommandOutcome {
    let order = order(json!({
        "status": "confirmed",
        "payments": [{
            "no": 1, "amount": 4498, "capture": false, "state": "declined",
            "decline_code": "expired_card", "started_at": "2026-01-31T12:00:00Z",
        }],
    }));
    let happened = json!({"attempt": 1, "code": "expired_card"});
    CommandOutcome::new(order, vec![event("payment_declined", happened)], false)
}

#[tokio::test]
async fn a_declined_payment_is_a_problem_that_names_the_order() {
    let fake = FakeOrders::plain();
    fake.given_result(|| Ok(declined()));
    let response = place(&api(&fake), place_order_body()).await;
    assert_eq!(response.problem(422), "payment-declined");
    assert_eq!(response.body["decline_code"], "expired_card");
    assert_eq!(response.body["order_id"], ID);
    assert_eq!(response.body["status_now"], "confirmed");
}

#[tokio::test]
async fn a_replay_is_the_same_response_marked_as_a_replay() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let first = place(&app, place_order_body()).await;
    assert_eq!(first.header("idempotency-replayed"), "");
    fake.given_result(|| Ok(CommandOutcome::new(order(json!({})), Vec::new(), true)));
    let again = place(&app, place_order_body()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));

    fake.given_result(|| Ok(declined()));
    let first = place(&app, place_order_body()).await;
    fake.given_result(|| {
        let CommandOutcome { order, events, .. } = declined();
        Ok(CommandOutcome::new(order, events, true))
    });
    let again = place(&app, place_order_body()).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((again.status, &again.body), (first.status, &first.body));
}

#[tokio::test]
async fn an_error_of_the_port_is_a_problem() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let skus = || vec![Sku::parse("tea").unwrap()];
    let wait = Duration::from_millis(1500);
    for (error, status, code, retry) in [
        (
            OrderError::IdempotencyKeyReused,
            422,
            "idempotency-key-reused",
            "",
        ),
        (
            OrderError::IdempotencyKeyInFlight { retry_after: wait },
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
                dependency: order_core::dependency::Dependency::Inventory,
                retry_after: wait,
            },
            503,
            "dependency-unavailable",
            "2",
        ),
    ] {
        fake.given_error(error);
        let response = place(&app, place_order_body()).await;
        assert_eq!(response.problem(status), code);
        assert_eq!(response.header("retry-after"), retry, "{code}");
        if code == "unknown-sku" {
            assert_eq!(response.body["skus"], json!(["tea"]));
        }
    }
}
