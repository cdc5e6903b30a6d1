//! The server example end to end: the real binary on a real socket, killed and restarted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

mod money;
mod process;

use process::{Database, Server, binary, send};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::process::Command;

fn order_of_totes(token: &str, units: u32) -> Value {
    json!({
        "customer_id": "cus_123",
        "lines": [{"sku": "abc123", "quantity": units}],
        "shipping_address": {"name": "Ada", "line1": "1 Main St", "city": "Sydney", "country": "AU"},
        "contact": {"email": "ada@example.com"},
        "payment": {"token": token}
    })
}

#[tokio::test]
async fn an_order_goes_from_placing_to_refund_across_a_kill_and_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    let (status, placed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    server.kill();

    let server = Server::start(directory.path());
    let (status, found) = server.get(&path).await;
    assert_eq!(
        (status, &found["status"]),
        (StatusCode::OK, &json!("processing"))
    );
    let (status, replayed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!((status, &replayed), (StatusCode::CREATED, &placed));

    let shipment = json!({"carrier": "Post", "tracking_number": "T1"});
    let (status, shipped) = send(server.post(&format!("{path}/shipments"), &shipment)).await;
    assert_eq!(
        (status, &shipped["payment_status"]),
        (StatusCode::CREATED, &json!("paid"))
    );
    let deliver = format!("{path}/shipments/1/deliver");
    let (status, delivered) = send(server.post(&deliver, &json!({}))).await;
    assert_eq!(
        (status, &delivered["status"]),
        (StatusCode::OK, &json!("completed"))
    );
    let refund = json!({"amount": 500, "reason": "late"});
    let (status, refunded) = send(server.post(&format!("{path}/refunds"), &refund)).await;
    assert_eq!(status, StatusCode::OK, "{refunded}");
    assert_eq!(refunded["totals"]["refunded"], 500);

    assert!(
        server.terminate().success(),
        "a server that is told to stop stops cleanly"
    );
}

#[tokio::test]
async fn an_order_is_cancelled_and_deleted_after_a_restart_and_its_stock_is_free_again() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path());
    // The whole stock, so that nothing remains for another order.
    let all = json!({
        "customer_id": "cus_123",
        "lines": [{"sku": "abc123", "quantity": 1000}],
        "payment": {"token": "tok_visa"}
    });
    let (status, placed) = server.place("all", &all).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    let (status, refused) = server
        .place("one-more", &order_of_totes("tok_visa", 1))
        .await;
    assert_eq!(
        (status, &refused["code"]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("insufficient-stock")
        )
    );
    assert!(server.terminate().success());

    let server = Server::start(directory.path());
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    assert_eq!(cancelled["totals"]["authorized"], 0);
    let deleted = server
        .http
        .delete(format!("{}{path}", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert_eq!(server.get(&path).await.0, StatusCode::GONE);

    let (status, placed) = server.place("again", &all).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
}

#[tokio::test]
async fn on_postgres_another_server_continues_an_order_after_a_kill() {
    let (directory, database) = (tempfile::tempdir().unwrap(), Database::new().await);
    let start = || Server::start_on(directory.path(), &database.url(), Some("sql"));
    let server = start();
    let (status, placed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    server.kill();

    let server = start();
    let (status, replayed) = server.place("first", &order_of_totes("tok_visa", 2)).await;
    assert_eq!((status, &replayed), (StatusCode::CREATED, &placed));
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    let (status, page) = server.get("/v1/orders?sku=abc123").await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(server.terminate().success());
}

#[tokio::test]
async fn stock_in_the_database_of_the_orders_outlives_a_kill_and_is_never_sold_twice() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Server::start_on(directory.path(), "sqlite:order.db", Some("sql"));
    let totes = |units| order_of_totes("tok_visa", units);
    let server = start();
    let (status, placed) = server.place("most", &totes(999)).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    assert_eq!(placed["status"], "processing");
    server.kill();

    // The products are loaded again, and what was sold stays sold.
    let server = start();
    let (status, refused) = server.place("too-many", &totes(2)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    assert_eq!(refused["code"], "insufficient-stock");
    let (status, again) = server.place("too-many", &totes(2)).await;
    assert_eq!(
        (status, &again),
        (StatusCode::UNPROCESSABLE_ENTITY, &refused)
    );
    // Stock is reserved by the commit of an order: for one that is not accepted, it never was.
    let mut unwanted = totes(1);
    unwanted["customer_id"] = json!("cus_blocked");
    let (status, rejected) = server.place("blocked", &unwanted).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{rejected}");
    let path = format!(
        "/v1/orders/{}/history",
        rejected["order_id"].as_str().unwrap()
    );
    let history = server.get(&path).await.1.to_string();
    assert!(history.contains("order_rejected"), "{history}");
    assert!(!history.contains("stock_reserved"), "{history}");
    let (status, last) = server.place("last", &totes(1)).await;
    assert_eq!(status, StatusCode::CREATED, "{last}");
    let path = format!("/v1/orders/{}", placed["id"].as_str().unwrap());
    let (status, cancelled) = send(server.post(&format!("{path}/cancel"), &json!({}))).await;
    assert_eq!(
        (status, &cancelled["status"]),
        (StatusCode::OK, &json!("cancelled"))
    );
    let (status, sold) = server.place("again", &totes(999)).await;
    assert_eq!(status, StatusCode::CREATED, "{sold}");
    assert!(server.terminate().success());
}

#[test]
fn an_unsupported_setting_is_a_clear_error() {
    for (name, value, says) in [
        (
            "HOST",
            "0.0.0.0",
            "without authentication only a loopback address",
        ),
        ("AUTH_JWT_KEY", "secret", "AUTH_JWT_KEY is set"),
        (
            "DATABASE_URL",
            "mysql://user:hunter2@host/db",
            "must begin with `sqlite:`",
        ),
        ("MOCKS_DIR", "/nowhere", "/nowhere"),
        ("PAYMENT_POLICY", "later", "capture_on_ship"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let output = Command::new(binary())
            .current_dir(directory.path())
            .env("PORT", "0")
            .env(name, value)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}={value}");
        assert!(stderr.contains(says), "{name}={value}: {stderr}");
        assert!(!stderr.contains("hunter2"), "a secret is never repeated");
    }
}
