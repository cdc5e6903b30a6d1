//! The services on the wire.

use std::fs;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tower::ServiceExt;

use super::payments::{LostAnswer, PaymentStatus};
use super::*;

/// The five services over a folder of their own.
struct World {
    outside: Outside,
    mocks: TempDir,
}

impl World {
    fn new() -> Self {
        let mocks = tempfile::tempdir().unwrap();
        for folder in ["customers", "inventory"] {
            fs::create_dir(mocks.path().join(folder)).unwrap();
        }
        let outside = Outside::open(mocks.path(), Now::system()).unwrap();
        let world = Self { outside, mocks };
        world.write("customers/ada.json", &customer("ada"));
        world.write("inventory/mug.json", &product("mug", 10));
        world
    }

    fn write(&self, path: &str, document: &Value) {
        fs::write(self.mocks.path().join(path), document.to_string()).unwrap();
    }

    async fn call(&self, call: &str, body: Value) -> (StatusCode, Value) {
        let (status, _, body) = self.send(call, &[], body).await.unwrap();
        (status, body)
    }

    /// Sends `"METHOD /path"`; none when the connection would have closed without an answer.
    async fn send(
        &self,
        call: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Option<(StatusCode, HeaderMap, Value)> {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = if body.is_null() {
            request.body(Body::empty())
        } else {
            request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))
        };
        let response = router(&self.outside)
            .oneshot(request.unwrap())
            .await
            .unwrap();
        let (head, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.ok()?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)));
        Some((head.status, head.headers, body))
    }
}

fn customer(id: &str) -> Value {
    json!({"id": id, "name": "Ada", "email": "ada@example.com", "status": "active"})
}

fn product(sku: &str, available: u32) -> Value {
    json!({"sku": sku, "name": "Mug", "unit_price": 1450, "currency": "USD", "available": available})
}

fn payment(reference: &str, token: &str) -> Value {
    json!({"reference": reference, "order_id": "o1", "amount": 4498, "currency": "USD",
           "token": token, "capture": false})
}

#[tokio::test]
async fn customers_are_found_as_their_files_are_now() {
    let world = World::new();
    assert_eq!(
        world.call("GET /customers/ada", Value::Null).await,
        (StatusCode::OK, customer("ada"))
    );
    let (status, body) = world.call("GET /customers/grace", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("unknown_customer"))
    );
    // Also under another name.
    world.write("customers/new-hire.json", &customer("grace"));
    assert_eq!(
        world.call("GET /customers/grace", Value::Null).await,
        (StatusCode::OK, customer("grace"))
    );
    let mut blocked = customer("grace");
    blocked["status"] = json!("blocked");
    world.write("customers/new-hire.json", &blocked);
    assert_eq!(
        world.call("GET /customers/grace", Value::Null).await.1["status"],
        "blocked"
    );
}

#[tokio::test]
async fn what_a_file_says_its_id_is_decides() {
    let world = World::new();
    world.write("customers/alan.json", &customer("grace"));
    assert_eq!(
        world.call("GET /customers/alan", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.call("GET /customers/grace", Value::Null).await.1["id"],
        "grace"
    );
}

#[tokio::test]
async fn a_bad_customer_file_is_no_missing_customer() {
    let world = World::new();
    world.write("customers/grace.json", &json!({"id": "grace"}));
    let (status, body) = world.call("GET /customers/grace", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &json!("unreadable_file"))
    );
    assert_eq!(
        world.call("GET /customers/alan", Value::Null).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        world.call("GET /customers/ada", Value::Null).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn no_id_reaches_outside_the_folder() {
    let world = World::new();
    world.write("secret.json", &customer("../secret"));
    fs::create_dir(world.mocks.path().join("customers/sub")).unwrap();
    world.write("customers/sub/eve.json", &customer("sub/eve"));
    for id in [
        "..%2Fsecret",
        "%2E%2E%2Fsecret",
        "sub%2Feve",
        "%00",
        "..",
        "%2Fetc%2Fpasswd",
    ] {
        let (status, _) = world
            .call(&format!("GET /customers/{id}"), Value::Null)
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{id}");
    }
}

#[tokio::test]
async fn a_reservation_goes_its_way_on_the_wire() {
    let world = World::new();
    let (status, body) = world
        .call("GET /products?sku=mug&sku=hat&sku=mug", Value::Null)
        .await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({"data": [product("mug", 10)]}))
    );

    let reserve = json!({"id": "r1", "lines": [{"sku": "mug", "quantity": 4}], "ttl_seconds": 900});
    let (status, made) = world.call("POST /reservations", reserve.clone()).await;
    assert_eq!((status, &made["id"]), (StatusCode::CREATED, &json!("r1")));
    assert!(made["expires_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(made.as_object().unwrap().len(), 2);
    assert_eq!(
        world.call("POST /reservations", reserve).await,
        (StatusCode::CREATED, made)
    );

    let (status, held) = world.call("GET /reservations/r1", Value::Null).await;
    assert_eq!((status, &held["status"]), (StatusCode::OK, &json!("held")));
    assert_eq!(held["lines"], json!([{"sku": "mug", "quantity": 4}]));

    let more = json!({"lines": [{"sku": "mug", "quantity": 11}]});
    let (status, body) = world.call("PUT /reservations/r1", more).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("insufficient_stock"))
    );
    assert_eq!(
        body["lines"],
        json!([{"sku": "mug", "requested": 11, "available": 10}])
    );
    let fewer = json!({"lines": [{"sku": "mug", "quantity": 1}]});
    assert_eq!(
        world.call("PUT /reservations/r1", fewer).await.0,
        StatusCode::OK
    );

    let longer = json!({"ttl_seconds": 1800});
    assert_eq!(
        world.call("POST /reservations/r1/extend", longer).await.0,
        StatusCode::OK
    );
    for body in [Value::Null, json!({})] {
        let (status, committed) = world.call("POST /reservations/r1/commit", body).await;
        assert_eq!(
            (status, &committed["status"]),
            (StatusCode::OK, &json!("committed"))
        );
    }
    let (_, body) = world.call("GET /products?sku=mug", Value::Null).await;
    assert_eq!(body["data"][0]["available"], 9);
    let (status, released) = world
        .call("POST /reservations/r1/release", Value::Null)
        .await;
    assert_eq!(
        (status, &released["status"]),
        (StatusCode::OK, &json!("released"))
    );
    let (status, body) = world
        .call("POST /reservations/r1/commit", Value::Null)
        .await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("reservation_released"))
    );
    let (status, _) = world.call("GET /reservations/r2", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_new_product_file_can_be_ordered_at_once() {
    let world = World::new();
    let reserve = json!({"id": "r1", "lines": [{"sku": "hat", "quantity": 1}], "ttl_seconds": 900});
    let (status, body) = world.call("POST /reservations", reserve.clone()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        (&body["code"], &body["skus"]),
        (&json!("unknown_sku"), &json!(["hat"]))
    );
    world.write("inventory/hat.json", &product("hat", 1));
    assert_eq!(
        world.call("POST /reservations", reserve).await.0,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_payment_goes_its_way_on_the_wire() {
    let world = World::new();
    let (status, made) = world
        .call("POST /payments", payment("a1", "tok_visa"))
        .await;
    assert_eq!(
        (status, &made["status"]),
        (StatusCode::CREATED, &json!("authorized"))
    );
    assert_eq!(
        (&made["amount"], &made["reference"]),
        (&json!(4498), &json!("a1"))
    );
    assert!(made.get("decline_code").is_none());
    let (status, found) = world.call("GET /payments?reference=a1", Value::Null).await;
    assert_eq!((status, found), (StatusCode::OK, json!({"data": [made]})));
    let (_, none) = world.call("GET /payments?reference=a2", Value::Null).await;
    assert_eq!(none, json!({"data": []}));

    let id = made["id"].as_str().unwrap();
    let part = json!({"amount": 1000, "reference": "c1"});
    let (status, captured) = world
        .call(&format!("POST /payments/{id}/capture"), part)
        .await;
    assert_eq!(
        (status, &captured["status"]),
        (StatusCode::OK, &json!("captured"))
    );
    assert_eq!(
        (&captured["captured"], &captured["amount"]),
        (&json!(1000), &json!(4498))
    );
    let (status, _) = world
        .call(&format!("POST /payments/{id}/void"), Value::Null)
        .await;
    assert_eq!(status, StatusCode::OK);

    let refund = json!({"payment_id": id, "amount": 1000, "reference": "r1"});
    let (status, refunded) = world.call("POST /refunds", refund.clone()).await;
    assert_eq!(
        (status, &refunded["status"]),
        (StatusCode::CREATED, &json!("succeeded"))
    );
    assert_eq!(world.call("POST /refunds", refund).await.1, refunded);
    let (_, found) = world.call("GET /refunds?reference=r1", Value::Null).await;
    assert_eq!(found, json!({"data": [refunded]}));
    let more = json!({"payment_id": id, "amount": 1, "reference": "r2"});
    let (status, body) = world.call("POST /refunds", more).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("amount_too_large"))
    );

    let (status, declined) = world
        .call("POST /payments", payment("a3", "tok_declined"))
        .await;
    assert_eq!(
        (status, &declined["status"]),
        (StatusCode::CREATED, &json!("declined"))
    );
    assert_eq!(declined["decline_code"], "card_declined");
}

#[tokio::test]
async fn an_idempotency_key_serves_one_request() {
    let world = World::new();
    let key = [("idempotency-key", "k1")];
    let first = world
        .send("POST /payments", &key, payment("a1", "tok_visa"))
        .await
        .unwrap();
    let again = world
        .send("POST /payments", &key, payment("a1", "tok_visa"))
        .await
        .unwrap();
    assert_eq!((first.0, &first.2), (again.0, &again.2));
    let (status, _, body) = world
        .send("POST /payments", &key, payment("a2", "tok_visa"))
        .await
        .unwrap();
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(body["code"], "idempotency_key_reused");
    assert_eq!(world.outside.payments.all().unwrap().len(), 1);
}

/// What a client reads from the socket until the service closes it.
async fn over_a_socket(world: &World, body: &Value) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(&world.outside);
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
async fn tok_timeout_is_charged_and_not_a_byte_comes_back() {
    let world = World::new();
    world.outside.payments.set_lost_answer(LostAnswer::Drop);
    let answer = over_a_socket(&world, &payment("a1", "tok_timeout")).await;
    assert_eq!(String::from_utf8_lossy(&answer), "");
    let charged = world.outside.payments.find("a1").unwrap().unwrap();
    assert_eq!(charged.status, PaymentStatus::Authorized);
    // Sent again, it is the same payment, and this time it is told.
    let (status, body) = world
        .call("POST /payments", payment("a1", "tok_timeout"))
        .await;
    assert_eq!(
        (status, &body["id"]),
        (StatusCode::CREATED, &json!(charged.id))
    );
}

#[tokio::test(start_paused = true)]
async fn tok_timeout_keeps_silent_for_as_long_as_set() {
    let world = World::new();
    let start = Instant::now();
    assert!(
        world
            .send("POST /payments", &[], payment("a1", "tok_timeout"))
            .await
            .is_none()
    );
    assert!(
        start.elapsed() >= Duration::from_secs(30),
        "{:?}",
        start.elapsed()
    );
    assert!(world.outside.payments.find("a1").unwrap().is_some());
}

#[tokio::test]
async fn a_parcel_goes_its_way_on_the_wire() {
    let world = World::new();
    let address = json!({"name": "Ada", "line1": "1 Main St", "city": "Sydney",
                         "postal_code": "2000", "country": "AU"});
    let lines = json!([{"sku": "mug", "quantity": 2}]);
    let (status, rates) = world
        .call("POST /rates", json!({"address": address, "lines": lines}))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        rates["data"][0],
        json!({"service": "standard", "amount": 2295, "currency": "USD", "days": 12})
    );

    let parcel = |reference: &str| json!({"reference": reference, "order_id": "o1", "address": address, "lines": lines});
    assert_eq!(
        world.call("POST /fulfillments", parcel("f1")).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        world.call("DELETE /fulfillments/f1", Value::Null).await.0,
        StatusCode::OK
    );
    assert_eq!(
        world.call("POST /fulfillments", parcel("f2")).await.0,
        StatusCode::ACCEPTED
    );
    let shipped = json!({"carrier": "UPS", "tracking_number": "1Z1"});
    assert_eq!(
        world.call("POST /fulfillments/f2/ship", shipped).await.0,
        StatusCode::OK
    );
    let (status, body) = world.call("DELETE /fulfillments/f2", Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::CONFLICT, &json!("already_shipped"))
    );
    let (_, found) = world.call("GET /fulfillments/f2", Value::Null).await;
    assert_eq!(
        (&found["status"], &found["carrier"]),
        (&json!("shipped"), &json!("UPS"))
    );

    let nowhere = json!({"address": {"country": "Australia"}, "lines": lines});
    assert_eq!(
        world.call("POST /rates", nowhere).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_notification_is_accepted() {
    let world = World::new();
    let body = json!({"id": "n1", "kind": "order_shipped", "order_id": "o1",
                      "to": "ada@example.com", "data": {"carrier": "UPS"}});
    assert_eq!(
        world.call("POST /notifications", body).await.0,
        StatusCode::ACCEPTED
    );
    assert_eq!(
        world.outside.notifications.accepted()[0].kind,
        "order_shipped"
    );
}

#[tokio::test]
async fn whatever_is_refused_is_refused_in_json() {
    let world = World::new();
    let reserve = json!({"id": "r1", "lines": [{"sku": "mug", "quantity": 1}], "ttl_seconds": 9});
    let with = |key: &str, value: Value| {
        let mut body = reserve.clone();
        body[key] = value;
        body
    };
    for (call, body, status, code) in [
        (
            "POST /reservations",
            with("colour", json!("red")),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("ttl_seconds", json!(-1)),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([{"sku": "mug", "quantity": 0}])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            with("lines", json!([{"sku": "mug", "quantity": 1, "price": 2}])),
            400,
            "invalid_request",
        ),
        (
            "POST /reservations",
            Value::Null,
            415,
            "unsupported_media_type",
        ),
        (
            "POST /reservations",
            json!("x".repeat(300 * 1024)),
            413,
            "unreadable_body",
        ),
        (
            "POST /reservations/r1/commit",
            json!({"force": true}),
            400,
            "invalid_request",
        ),
        (
            "GET /products?sku=mug&color=red",
            Value::Null,
            400,
            "invalid_request",
        ),
        ("GET /payments", Value::Null, 400, "invalid_request"),
        (
            "GET /payments?reference=a&reference=b",
            Value::Null,
            400,
            "invalid_request",
        ),
        (
            "POST /payments/pay_nobody/void",
            Value::Null,
            404,
            "unknown_payment",
        ),
        (
            "POST /customers/ada",
            Value::Null,
            405,
            "method_not_allowed",
        ),
        ("GET /nothing", Value::Null, 404, "not_found"),
        ("GET /customers/%FF", Value::Null, 400, "invalid_request"),
    ] {
        let (got, problem) = world.call(call, body).await;
        assert_eq!(
            (got.as_u16(), &problem["code"]),
            (status, &json!(code)),
            "{call}: {problem}"
        );
        assert!(!problem["message"].as_str().unwrap().is_empty(), "{call}");
    }
    let request = Request::post("/payments")
        .header("content-type", "application/json")
        .body(Body::from("{"))
        .unwrap();
    let response = router(&world.outside).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn faults_happen_in_order_and_then_stop() {
    let world = World::new();
    let faults = world.outside.payments.faults();
    faults.next(
        1,
        Fault::Unavailable {
            retry_after: Some(7),
        },
    );
    faults.next(1, Fault::DropRequest);
    faults.next(1, Fault::DropAnswer);
    faults.next(1, Fault::DelayAnswer(Duration::from_secs(20)));
    let ask = async |n: u8| {
        world
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
            world
                .outside
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
async fn a_fault_stays_with_its_service_until_cleared() {
    let world = World::new();
    let faults = world.outside.inventory.faults();
    faults.next(1, Fault::TooManyRequests { retry_after: None });
    faults.always(Fault::Broken);
    let ask = async || {
        world
            .call("GET /products?sku=mug", Value::Null)
            .await
            .0
            .as_u16()
    };
    assert_eq!([ask().await, ask().await, ask().await], [429, 500, 500]);
    assert_eq!(
        world.call("GET /customers/ada", Value::Null).await.0,
        StatusCode::OK
    );
    faults.clear();
    assert_eq!(ask().await, 200);
}

#[test]
fn a_missing_folder_is_named() {
    let mocks = tempfile::tempdir().unwrap();
    let error = Outside::open(mocks.path(), Now::system()).unwrap_err();
    assert!(error.to_string().contains("customers"), "{error}");
}

#[test]
fn every_file_that_comes_with_the_examples_is_good() {
    let mocks = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks");
    let outside = Outside::open(&mocks, Now::system()).unwrap();
    let names = |folder: &str| -> Vec<String> {
        let entries = fs::read_dir(mocks.join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    for id in names("customers") {
        assert_eq!(outside.customers.find(&id).unwrap().unwrap().id, id);
    }
    let skus = names("inventory");
    assert_eq!(outside.inventory.products(&skus).unwrap().len(), skus.len());
    assert_eq!(outside.inventory.all_products().unwrap().len(), skus.len());
    let tote = outside.inventory.products(&["abc123"]).unwrap().remove(0);
    assert_eq!((tote.unit_price, tote.available), (1999, 1000));
}
