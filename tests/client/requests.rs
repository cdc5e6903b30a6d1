//! What the clients send: headers, paths and batches; and which base URLs they refuse.

use order_core::value::Sku;
use order_http::client::RequestContext;
use order_testing::ManualClock;
use order_testing::builders::{call_at, customer, sku, storefront, usd};

use super::fixture::{MockServer, call, clients, config, given_stock};
use super::scripted_server::{ScriptedServer, response};

#[tokio::test]
async fn a_call_carries_its_storefront_and_request_context() {
    let server = ScriptedServer::start([response("404 Not Found", &[], "")]).await;
    let customers = clients(config().with_authorization("Bearer s3cret").unwrap())
        .customers(&format!("{}/v2/", server.url))
        .unwrap();
    let call = call_at(&storefront("tokyo"), "k");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let context = RequestContext::new("req-7").with_trace(trace, Some("a=1"));
    context
        .scope(customers.find(&call, &customer("a/b")))
        .await
        .unwrap();
    customers.find(&call, &customer("c")).await.unwrap();
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!(first.line(), "GET /v2/customers/a%2Fb");
    for (name, value) in [
        ("x-storefront", Some("tokyo")),
        ("x-request-id", Some("req-7")),
        ("traceparent", Some(trace)),
        ("tracestate", Some("a=1")),
        ("accept", Some("application/json")),
        ("authorization", Some("Bearer s3cret")),
        ("idempotency-key", None),
    ] {
        assert_eq!(first.header(name), value, "{name}");
    }
    assert_ne!(second.header("x-request-id"), Some("req-7"));
    assert!(second.header("x-request-id").is_some());
    assert_eq!(second.header("traceparent"), None);
}

#[tokio::test]
async fn many_products_are_requested_in_batches() {
    let server = MockServer::start(&ManualClock::default()).await;
    let mocks = server.default_storefront();
    let skus: Vec<Sku> = (0..230).map(|n| sku(&format!("item-{n:03}"))).collect();
    for sku in &skus {
        given_stock(&mocks, sku, usd(100), 5);
    }
    let inventory = clients(config()).inventory(&server.url).unwrap();
    let mut requested = skus.clone();
    requested.extend([sku("unknown"), sku("TEA 1 & 緑茶"), skus[0].clone()]);
    let mut found = inventory.products(&call("k"), &requested).await.unwrap();
    found.sort_by(|a, b| a.sku.cmp(&b.sku));
    let found: Vec<Sku> = found.into_iter().map(|product| product.sku).collect();
    assert_eq!(found, skus);
    assert_eq!(mocks.services.inventory.faults().calls(), 3);
    assert!(
        inventory
            .products(&call("k"), &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        mocks.services.inventory.faults().calls(),
        3,
        "an empty list sends no request"
    );
}

#[test]
fn an_invalid_base_url_is_refused_without_repeating_it() {
    for address in [
        "",
        "localhost:4000",
        "ftp://u:secret@host/",
        "http://host/?key=secret",
        "/secret",
    ] {
        let error = clients(config()).payments(address).err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().contains("payment"), "{error}");
    }
    assert!(config().with_authorization("a\nb").is_err());
}
