//! Authentication and permissions.

use super::fake_orders::{FakeOrders, LETTER, PortCall, order, order_path};
use super::requests::{TestRequest, TestResponse, get, post, send};
use async_trait::async_trait;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use order_core::event::ActorKind;
use order_core::value::{CustomerId, ShortText, StorefrontId};
use order_http::server::{Api, Authenticator, Principal, Problem, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Trusts the header `x-role`: `customer`, `staff`, ...
struct HeaderAuthenticator;

#[async_trait]
impl Authenticator for HeaderAuthenticator {
    async fn authenticate(&self, head: &Parts) -> Result<Principal, Problem> {
        let role = match head.headers.get("x-role").map(HeaderValue::as_bytes) {
            Some(b"customer") => Role::Customer,
            Some(b"warehouse") => Role::Warehouse,
            Some(b"staff") => Role::Staff,
            Some(b"service") => Role::Service,
            Some(b"admin") => Role::Admin,
            _ => {
                let challenge = HeaderValue::from_static("Bearer");
                return Err(Problem::unauthenticated(challenge, "no role"));
            }
        };
        let mut principal = Principal::admin(StorefrontId::parse("shop").unwrap());
        principal.subject = ShortText::parse("sub_1").ok();
        principal.roles = BTreeSet::from([role]);
        principal.customer = CustomerId::parse("cus_1").ok();
        Ok(principal)
    }
}

fn api(fake: &Arc<FakeOrders>) -> Router {
    Api::new(Arc::clone(fake) as Arc<_>)
        .authenticator(Arc::new(HeaderAuthenticator))
        .router()
}

async fn as_role(app: &Router, role: &str, method: &str, path: &str, body: Value) -> TestResponse {
    let request = TestRequest::new(method, path)
        .header("x-role", role)
        .header("if-match", "*")
        .header("idempotency-key", "k")
        .json(&body);
    send(app, request).await
}

fn given_order_of_another_customer() -> Arc<FakeOrders> {
    FakeOrders::with(order(json!({"customer_id": "cus_2"})))
}

#[tokio::test]
async fn an_unauthenticated_request_is_refused() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    for path in ["/v1/orders", &order_path(""), "/v1/dead_letters"] {
        let response = get(&app, path).await;
        assert_eq!(response.problem(401), "unauthenticated");
        assert_eq!(response.header("www-authenticate"), "Bearer");
    }
    let response = post(&app, "/v1/orders", json!({})).await;
    assert_eq!(response.problem(401), "unauthenticated");
    for path in ["/livez", "/readyz", "/openapi.json", "/docs/"] {
        assert_eq!(get(&app, path).await.status, 200, "{path}");
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn subject_and_storefront_reach_the_port() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    as_role(&app, "staff", "POST", &order_path("/cancel"), json!({})).await;
    let execute = fake.executed();
    assert_eq!(execute.storefront.as_str(), "shop");
    assert_eq!(execute.actor.kind, ActorKind::Staff);
    assert_eq!(execute.actor.id.unwrap().as_str(), "sub_1");
}

#[tokio::test]
async fn an_order_of_another_customer_looks_missing() {
    let fake = given_order_of_another_customer();
    let app = api(&fake);
    let missing = api(&Arc::new(FakeOrders::default()));
    for (method, tail, body) in [
        ("GET", "", json!({})),
        ("GET", "/history", json!({})),
        ("GET", "/actions", json!({})),
        ("POST", "/cancel", json!({})),
        ("POST", "/preview", json!({"action": "cancel"})),
        ("POST", "/pay", json!({})),
        ("PATCH", "", json!({"metadata": {}})),
        ("PUT", "/payment_method", json!({"token": "t"})),
    ] {
        let theirs = as_role(&app, "customer", method, &order_path(tail), body.clone()).await;
        assert_eq!(theirs.problem(404), "not-found", "{method} {tail}");
        let none = as_role(&missing, "customer", method, &order_path(tail), body).await;
        assert_eq!(theirs.body, none.body, "{method} {tail}");
    }
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn a_customer_reads_and_cancels_own_orders() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let own = as_role(&app, "customer", "GET", &order_path(""), json!({})).await;
    assert_eq!(own.status, 200);
    let cancel = as_role(&app, "customer", "POST", &order_path("/cancel"), json!({})).await;
    assert_eq!(cancel.status, 200);
    assert_eq!(fake.executed().actor.kind, ActorKind::Customer);
}

#[tokio::test]
async fn a_customer_lists_own_orders() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    as_role(&app, "customer", "GET", "/v1/orders", json!({})).await;
    let calls = fake.calls();
    let [PortCall::List(query)] = calls.as_slice() else {
        panic!("{calls:?}")
    };
    assert_eq!(query.customer_id.as_ref().unwrap().as_str(), "cus_1");
    let path = "/v1/orders?customer_id=cus_2";
    let theirs = as_role(&app, "customer", "GET", path, json!({})).await;
    assert_eq!(theirs.body, json!({"data": [], "next_cursor": null}));
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn a_customer_sets_no_prices_and_orders_for_themselves() {
    let fake = FakeOrders::plain();
    let app = api(&fake);
    let line = json!({"sku": "tea", "quantity": 1});
    let mut cheap = line.clone();
    cheap["unit_price"] = 1.into();
    let discount = json!({"kind": "discount", "amount": 5});
    let shipping = json!({"kind": "shipping", "amount": 5});
    let place = |customer: &str, line: &Value, adjustment: &Value| {
        let body = json!({"customer_id": customer, "lines": [line], "adjustments": [adjustment]});
        (app.clone(), body)
    };
    for (customer, line, adjustment, field) in [
        ("cus_1", &cheap, &shipping, "lines[0].unit_price"),
        ("cus_1", &line, &discount, "adjustments[0].kind"),
        ("cus_2", &line, &shipping, "customer_id"),
    ] {
        let (app, body) = place(customer, line, adjustment);
        let response = as_role(&app, "customer", "POST", "/v1/orders", body).await;
        assert_eq!(response.problem(403), "forbidden");
        assert_eq!(response.field_errors(), [(field, "forbidden")]);
    }
    let lines = json!({"lines": [cheap]});
    let response = as_role(
        &app,
        "customer",
        "PUT",
        &order_path("/lines"),
        lines.clone(),
    )
    .await;
    assert_eq!(response.problem(403), "forbidden");
    let mut preview = lines;
    preview["action"] = "revise_lines".into();
    let response = as_role(&app, "customer", "POST", &order_path("/preview"), preview).await;
    assert_eq!(response.problem(403), "forbidden");
    assert!(fake.calls().is_empty());

    let (app, body) = place("cus_1", &line, &shipping);
    let response = as_role(&app, "customer", "POST", "/v1/orders", body).await;
    assert_eq!(response.status, 201);
}

#[tokio::test]
async fn each_endpoint_is_limited_to_its_roles() {
    let all_roles = ["customer", "warehouse", "staff", "service", "admin"];
    let ship = json!({"carrier": "dhl"});
    let letters = "/v1/dead_letters".to_owned();
    let retry = format!("/v1/dead_letters/{LETTER}/retry");
    for (method, path, body, forbidden) in [
        ("POST", order_path("/cancel"), json!({}), vec!["warehouse"]),
        ("POST", order_path("/shipments"), ship, vec!["customer"]),
        (
            "POST",
            order_path("/shipments/1/deliver"),
            json!({}),
            vec!["customer"],
        ),
        (
            "POST",
            order_path("/returns/1/receive"),
            json!({}),
            vec!["customer"],
        ),
        ("POST", order_path("/returns/1/cancel"), json!({}), vec![]),
        (
            "POST",
            order_path("/hold"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "POST",
            order_path("/capture"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "POST",
            order_path("/refunds"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "DELETE",
            order_path(""),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "POST",
            order_path("/erase"),
            json!({}),
            vec!["customer", "warehouse", "staff", "service"],
        ),
        (
            "GET",
            letters,
            json!({}),
            vec!["customer", "warehouse", "staff", "service"],
        ),
        (
            "POST",
            retry,
            json!({}),
            vec!["customer", "warehouse", "staff", "service"],
        ),
    ] {
        let app = api(&FakeOrders::plain());
        for role in all_roles {
            let response = as_role(&app, role, method, &path, body.clone()).await;
            if forbidden.contains(&role) {
                assert_eq!(response.problem(403), "forbidden", "{role} {method} {path}");
            } else {
                assert!(
                    response.status.is_success(),
                    "{role} {method} {path}: {response:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn actions_respect_the_roles_of_the_caller() {
    let app = api(&FakeOrders::plain());
    let actions = as_role(&app, "warehouse", "GET", &order_path("/actions"), json!({})).await;
    let cancel = &actions.body["data"][0];
    assert_eq!(cancel["allowed"], false);
    assert_eq!(cancel["reason"]["code"], "forbidden");
}
