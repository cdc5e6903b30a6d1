//! Injected faults apply to the calls of their service, in the order in which they are set.

use std::time::Duration;

use axum::http::StatusCode;
use order_mocks::InjectedFault;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::fixture::{Mocks, payment};

#[tokio::test(start_paused = true)]
async fn faults_apply_in_order_and_then_stop() {
    let mocks = Mocks::new();
    let faults = mocks.services.payments.faults();
    faults.next(
        1,
        InjectedFault::Unavailable {
            retry_after: Some(7),
        },
    );
    faults.next(1, InjectedFault::DropRequest);
    faults.next(1, InjectedFault::DropAnswer);
    faults.next(1, InjectedFault::DelayAnswer(Duration::from_secs(20)));
    let ask = async |n: u8| {
        mocks
            .send("POST /payments", &[], payment(&format!("a{n}"), "tok_visa"))
            .await
    };
    let (status, headers, body) = ask(0).await.unwrap();
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable"))
    );
    assert_eq!(headers["retry-after"], "7");
    assert!(ask(1).await.is_none());
    assert!(ask(2).await.is_none());
    let start = Instant::now();
    assert_eq!(ask(3).await.unwrap().0, StatusCode::CREATED);
    assert!(start.elapsed() >= Duration::from_secs(20));
    assert_eq!(ask(4).await.unwrap().0, StatusCode::CREATED);
    let charged: Vec<bool> = (0..5)
        .map(|n| {
            mocks
                .services
                .payments
                .find(&format!("a{n}"))
                .unwrap()
                .is_some()
        })
        .collect();
    assert_eq!(charged, [false, false, true, true, true]);
    assert_eq!(faults.calls(), 5);
}

#[tokio::test]
async fn a_fault_applies_to_its_service_until_cleared() {
    let mocks = Mocks::new();
    let faults = mocks.services.inventory.faults();
    faults.next(1, InjectedFault::TooManyRequests { retry_after: None });
    faults.always(InjectedFault::Broken);
    let ask = async || {
        mocks
            .call("GET /products?sku=mug", Value::Null)
            .await
            .0
            .as_u16()
    };
    assert_eq!([ask().await, ask().await, ask().await], [429, 500, 500]);
    assert_eq!(
        mocks.call("GET /customers/ada", Value::Null).await.0,
        StatusCode::OK
    );
    faults.clear();
    assert_eq!(ask().await, 200);
}
