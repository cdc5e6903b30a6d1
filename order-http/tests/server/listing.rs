//! The list of orders: filters, pages, errors.

use super::fake_orders::{FakeOrders, ID, PortCall};
use super::requests::{api, get};
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::ListQuery;
use serde_json::Value;
use std::sync::Arc;

fn listed(fake: &Arc<FakeOrders>) -> ListQuery {
    match fake.calls().pop() {
        Some(PortCall::List(query)) => *query,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_parameter_reaches_the_port() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let response = get(
        &app,
        "/v1/orders?status=pending&payment_status=unpaid&fulfillment_status=allocated\
         &customer_id=cus_1&sku=green%20tea&placed_after=2026-01-01T00:00:00Z\
         &placed_before=2026-02-01T00:00:00%2B01:00&include_deleted=true&limit=1000",
    )
    .await;
    assert_eq!(response.status, 200);
    assert_eq!(response.body["data"][0]["id"], ID);
    let query = listed(&fake);
    assert_eq!(query.status, Some(OrderStatus::Pending));
    assert_eq!(query.payment_status, Some(PaymentStatus::Unpaid));
    assert_eq!(query.fulfillment_status, Some(FulfillmentStatus::Allocated));
    assert_eq!(query.customer_id.unwrap().as_str(), "cus_1");
    assert_eq!(query.sku.unwrap().as_str(), "green tea");
    let before = query.placed_before.unwrap().to_rfc3339();
    assert_eq!(before, "2026-01-31T23:00:00+00:00");
    assert!(query.placed_after.is_some() && query.include_deleted);
    assert_eq!((query.limit, query.after), (1000, None));

    get(&app, "/v1/orders").await;
    let query = listed(&fake);
    assert_eq!((query.limit, query.include_deleted), (50, false));
}

#[tokio::test]
async fn a_cursor_continues_after_the_last_order_of_its_page() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let page = get(&app, "/v1/orders?limit=1").await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    fake.calls();
    get(&app, &format!("/v1/orders?limit=1&cursor={cursor}")).await;
    let after = listed(&fake).after.unwrap();
    assert_eq!(after.id.to_string(), ID);
    assert_eq!(after.placed_at.timestamp_subsec_micros(), 123_456);
    fake.stored.lock().unwrap().take();
    let end = get(&app, "/v1/orders").await;
    assert_eq!(end.body["next_cursor"], Value::Null);
    assert_eq!(end.body["data"], Value::Array(vec![]));
}

#[tokio::test]
async fn an_unknown_or_invalid_parameter_is_refused() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    for (query, field, code) in [
        ("colour=red", "colour", "unknown-parameter"),
        ("page=2", "page", "unknown-parameter"),
        ("limit=0", "limit", "out-of-range"),
        ("limit=1001", "limit", "out-of-range"),
        ("limit=x", "limit", "out-of-range"),
        ("cursor=x", "cursor", "not-a-cursor"),
        ("status=shipped", "status", "unknown-name"),
        ("status=", "status", "unknown-name"),
        ("placed_after=today", "placed_after", "not-an-instant"),
        ("include_deleted=1", "include_deleted", "wrong-type"),
        ("sku=a&sku=b", "sku", "repeated"),
    ] {
        let response = get(&app, &format!("/v1/orders?{query}")).await;
        assert_eq!(response.problem(400), "invalid-request", "{query}");
        assert_eq!(response.field_errors(), [(field, code)], "{query}");
    }
    assert!(fake.calls().is_empty());
}
