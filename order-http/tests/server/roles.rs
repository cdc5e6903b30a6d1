//! Who may do what.

use super::fake::{Asked, Fake, ID, LETTER, order};
use super::http::{Answer, ask, get, post, send};
use async_trait::async_trait;
use axum::Router;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use order_core::event::ActorKind;
use order_core::value::{CustomerId, Label, StorefrontId};
use order_http::server::{Api, Authenticate, Principal, Problem, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Believes the header `x-role`: `customer`, `staff`, ...
struct Believes;

#[async_trait]
impl Authenticate for Believes {
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
        principal.subject = Label::parse("sub_1").ok();
        principal.roles = BTreeSet::from([role]);
        principal.customer = CustomerId::parse("cus_1").ok();
        Ok(principal)
    }
}

fn api(fake: &Arc<Fake>) -> Router {
    Api::new(Arc::clone(fake) as Arc<_>)
        .authenticate(Arc::new(Believes))
        .router()
}

async fn as_role(app: &Router, role: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = ask(method, path)
        .header("x-role", role)
        .header("if-match", "*")
        .header("idempotency-key", "k")
        .json(&body);
    send(app, request).await
}

fn path(tail: &str) -> String {
    format!("/v1/orders/{ID}{tail}")
}

fn of_another() -> Arc<Fake> {
    Fake::with(order(json!({"customer_id": "cus_2"})))
}

#[tokio::test]
async fn nobody_is_served_unknown() {
    let fake = Fake::plain();
    let app = api(&fake);
    for path in ["/v1/orders", &path(""), "/v1/dead_letters"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.problem(401), "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let answer = post(&app, "/v1/orders", json!({})).await;
    assert_eq!(answer.problem(401), "unauthenticated");
    for path in ["/livez", "/readyz", "/openapi.json", "/docs/"] {
        assert_eq!(get(&app, path).await.status, 200, "{path}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn the_port_learns_who_asks_and_where() {
    let fake = Fake::plain();
    let app = api(&fake);
    as_role(&app, "staff", "POST", &path("/cancel"), json!({})).await;
    let execute = fake.executed();
    assert_eq!(execute.storefront.as_str(), "shop");
    assert_eq!(execute.actor.kind, ActorKind::Staff);
    assert_eq!(execute.actor.id.unwrap().as_str(), "sub_1");
}

#[tokio::test]
async fn another_customers_order_is_as_missing() {
    let fake = of_another();
    let app = api(&fake);
    let missing = api(&Arc::new(Fake::default()));
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
        let theirs = as_role(&app, "customer", method, &path(tail), body.clone()).await;
        assert_eq!(theirs.problem(404), "not-found", "{method} {tail}");
        let none = as_role(&missing, "customer", method, &path(tail), body).await;
        assert_eq!(theirs.body, none.body, "{method} {tail}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn own_orders_are_a_customers_to_read_and_cancel() {
    let fake = Fake::plain();
    let app = api(&fake);
    let own = as_role(&app, "customer", "GET", &path(""), json!({})).await;
    assert_eq!(own.status, 200);
    let cancel = as_role(&app, "customer", "POST", &path("/cancel"), json!({})).await;
    assert_eq!(cancel.status, 200);
    assert_eq!(fake.executed().actor.kind, ActorKind::Customer);
}

#[tokio::test]
async fn a_customer_lists_own_orders() {
    let fake = Fake::plain();
    let app = api(&fake);
    as_role(&app, "customer", "GET", "/v1/orders", json!({})).await;
    let asked = fake.asked();
    let [Asked::List(query)] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(query.customer_id.as_ref().unwrap().as_str(), "cus_1");
    let path = "/v1/orders?customer_id=cus_2";
    let theirs = as_role(&app, "customer", "GET", path, json!({})).await;
    assert_eq!(theirs.body, json!({"data": [], "next_cursor": null}));
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_customer_pays_the_storefronts_prices() {
    let fake = Fake::plain();
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
        let answer = as_role(&app, "customer", "POST", "/v1/orders", body).await;
        assert_eq!(answer.problem(403), "forbidden");
        assert_eq!(answer.faults(), [(field, "forbidden")]);
    }
    let lines = json!({"lines": [cheap]});
    let answer = as_role(&app, "customer", "PUT", &path("/lines"), lines.clone()).await;
    assert_eq!(answer.problem(403), "forbidden");
    let mut preview = lines;
    preview["action"] = "revise_lines".into();
    let answer = as_role(&app, "customer", "POST", &path("/preview"), preview).await;
    assert_eq!(answer.problem(403), "forbidden");
    assert!(fake.asked().is_empty());

    let (app, body) = place("cus_1", &line, &shipping);
    let answer = as_role(&app, "customer", "POST", "/v1/orders", body).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn each_endpoint_is_for_its_roles() {
    let everybody = ["customer", "warehouse", "staff", "service", "admin"];
    let ship = json!({"carrier": "dhl"});
    let letters = "/v1/dead_letters".to_owned();
    let retry = format!("/v1/dead_letters/{LETTER}/retry");
    for (method, path, body, forbidden) in [
        ("POST", path("/cancel"), json!({}), vec!["warehouse"]),
        ("POST", path("/shipments"), ship, vec!["customer"]),
        (
            "POST",
            path("/shipments/1/deliver"),
            json!({}),
            vec!["customer"],
        ),
        (
            "POST",
            path("/returns/1/receive"),
            json!({}),
            vec!["customer"],
        ),
        ("POST", path("/returns/1/cancel"), json!({}), vec![]),
        (
            "POST",
            path("/hold"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "POST",
            path("/capture"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        (
            "POST",
            path("/refunds"),
            json!({}),
            vec!["customer", "warehouse"],
        ),
        ("DELETE", path(""), json!({}), vec!["customer", "warehouse"]),
        (
            "POST",
            path("/erase"),
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
        let app = api(&Fake::plain());
        for role in everybody {
            let answer = as_role(&app, role, method, &path, body.clone()).await;
            if forbidden.contains(&role) {
                assert_eq!(answer.problem(403), "forbidden", "{role} {method} {path}");
            } else {
                assert!(
                    answer.status.is_success(),
                    "{role} {method} {path}: {answer:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn actions_are_those_of_the_caller() {
    let app = api(&Fake::plain());
    let actions = as_role(&app, "warehouse", "GET", &path("/actions"), json!({})).await;
    let cancel = &actions.body["data"][0];
    assert_eq!(cancel["allowed"], false);
    assert_eq!(cancel["reason"]["code"], "forbidden");
}
