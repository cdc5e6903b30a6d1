//! `GET /customers/{id}`.

use std::fs;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::fixture::{Mocks, customer};

#[tokio::test]
async fn customers_are_read_anew_at_each_lookup() {
    let mocks = Mocks::new();
    assert_eq!(
        mocks.call("GET /customers/ada", Value::Null).await,
        (StatusCode::OK, customer("ada"))
    );
    let (status, body) = mocks.call("GET /customers/grace", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("unknown_customer"))
    );
    // The file name may differ from the id.
    mocks.write("customers/new-hire.json", &customer("grace"));
    assert_eq!(
        mocks.call("GET /customers/grace", Value::Null).await,
        (StatusCode::OK, customer("grace"))
    );
    let mut blocked = customer("grace");
    blocked["status"] = json!("blocked");
    mocks.write("customers/new-hire.json", &blocked);
    assert_eq!(
        mocks.call("GET /customers/grace", Value::Null).await.1["status"],
        "blocked"
    );
}

#[tokio::test]
async fn the_id_inside_the_file_decides() {
    let mocks = Mocks::new();
    mocks.write("customers/alan.json", &customer("grace"));
    assert_eq!(
        mocks.call("GET /customers/alan", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        mocks.call("GET /customers/grace", Value::Null).await.1["id"],
        "grace"
    );
}

#[tokio::test]
async fn an_unreadable_customer_file_is_no_missing_customer() {
    let mocks = Mocks::new();
    mocks.write("customers/grace.json", &json!({"id": "grace"}));
    let (status, body) = mocks.call("GET /customers/grace", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("unreadable_file"))
    );
    assert_eq!(
        mocks.call("GET /customers/alan", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        mocks.call("GET /customers/ada", Value::Null).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn no_id_reaches_outside_the_directory() {
    let mocks = Mocks::new();
    mocks.write("secret.json", &customer("../secret"));
    fs::create_dir(mocks.directory.path().join("customers/sub")).unwrap();
    mocks.write("customers/sub/eve.json", &customer("sub/eve"));
    for id in [
        "..%2Fsecret",
        "%2E%2E%2Fsecret",
        "sub%2Feve",
        "%00",
        "..",
        "%2Fetc%2Fpasswd",
    ] {
        let (status, _) = mocks
            .call(&format!("GET /customers/{id}"), Value::Null)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
    }
}
