//! `tok_timeout`: the payment is made, and its answer is lost.

use std::time::Duration;

use axum::http::StatusCode;
use order_mocks::http::router;
use order_mocks::payments::{LostAnswer, MockPaymentStatus};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::fixture::{Mocks, payment};

/// Sends a payment over a socket, and returns what is read until the service closes it.
async fn bytes_over_a_socket(mocks: &Mocks, body: &Value) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(&mocks.services);
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let mut socket = TcpStream::connect(address).await.unwrap();
    let body = body.to_string();
    let request = format!(
        "POST /payments HTTP/1.1\r\nhost: mocks\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    server.abort();
    answer
}

#[tokio::test]
async fn tok_timeout_charges_and_sends_not_a_byte() {
    let mocks = Mocks::new();
    mocks.services.payments.set_lost_answer(LostAnswer::Drop);
    let answer = bytes_over_a_socket(&mocks, &payment("a1", "tok_timeout")).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");
    let charged = mocks.services.payments.find("a1").unwrap().unwrap();
    assert_eq!(charged.status, MockPaymentStatus::Authorized);
    // A retry gets the same payment, and this time its answer.
    let (status, body) = mocks
        .call("POST /payments", payment("a1", "tok_timeout"))
        .await;
    assert_eq!(
        (status, &body["id"]),
        (StatusCode::CREATED, &json!(charged.id))
    );
}

#[tokio::test(start_paused = true)]
async fn tok_timeout_is_silent_for_as_long_as_set() {
    let mocks = Mocks::new();
    let start = Instant::now();
    assert!(
        mocks
            .send("POST /payments", &[], payment("a1", "tok_timeout"))
            .await
            .is_none()
    );
    assert!(
        start.elapsed() >= Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    assert!(mocks.services.payments.find("a1").unwrap().is_some());
}
