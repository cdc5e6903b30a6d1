//! What the clients send, how little they ask, and what they remember.

use std::sync::Arc;
use std::time::Duration;

use order_core::breaker::{BreakerPolicy, Breakers};
use order_core::ports::{Clock, CustomerStatus, OutsideErrorKind};
use order_core::testing::ManualClock;
use order_core::testing::builders::{call_at, customer, sku, storefront, usd};
use order_core::value::Sku;
use order_http::client::{CallContext, ClientSettings, HttpCustomers, OutsideServices};

use super::broken::{Broken, answer, status};
use super::contracts::{know, stock};
use super::world::{Served, call, clients, settings};

#[tokio::test]
async fn a_call_says_for_whom_and_for_which_request_it_is_made() {
    let broken = Broken::that([answer("404 Not Found", &[], "")]).await;
    let customers = clients(settings().with_authorization("Bearer s3cret").unwrap())
        .customers(&format!("{}/v2/", broken.url))
        .unwrap();
    let call = call_at(&storefront("tokyo"), "k");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let context = CallContext::new("req-7").with_trace(trace, Some("a=1"));
    context
        .scope(customers.find(&call, &customer("a/b")))
        .await
        .unwrap();
    customers.find(&call, &customer("c")).await.unwrap();
    let [first, second] = broken.sent().try_into().unwrap();
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
async fn many_products_are_asked_for_together() {
    let served = Served::by(&ManualClock::default()).await;
    let mocks = served.here();
    let skus: Vec<Sku> = (0..230).map(|n| sku(&format!("item-{n:03}"))).collect();
    for sku in &skus {
        stock(&mocks, sku, usd(100), 5);
    }
    let inventory = clients(settings()).inventory(&served.url).unwrap();
    let mut asked = skus.clone();
    asked.extend([sku("unknown"), sku("TEA 1 & 緑茶"), skus[0].clone()]);
    let mut found = inventory.products(&call("k"), &asked).await.unwrap();
    found.sort_by(|a, b| a.sku.cmp(&b.sku));
    let found: Vec<Sku> = found.into_iter().map(|product| product.sku).collect();
    assert_eq!(found, skus);
    assert_eq!(mocks.outside.inventory.faults().calls(), 3);
    assert!(
        inventory
            .products(&call("k"), &[])
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        mocks.outside.inventory.faults().calls(),
        3,
        "nothing to ask"
    );
}

#[tokio::test]
async fn active_customers_are_remembered_and_no_others() {
    let served = Served::by(&ManualClock::default()).await;
    let mocks = served.here();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let customers = HttpCustomers::new(&served.url, &ClientSettings::default(), clock).unwrap();
    let calls = || mocks.outside.customers.faults().calls();
    let find = async |id: &str| {
        use order_core::ports::Customers;
        customers.find(&call("k"), &customer(id)).await.unwrap()
    };

    know(&mocks, "ada", CustomerStatus::Active);
    for _ in 0..3 {
        assert!(find("ada").await.is_some());
    }
    assert_eq!(calls(), 1);
    // Somebody who has just registered, or is active again, can order at once.
    assert!(find("bob").await.is_none());
    know(&mocks, "bob", CustomerStatus::Blocked);
    assert_eq!(find("bob").await.unwrap().status, CustomerStatus::Blocked);
    know(&mocks, "bob", CustomerStatus::Active);
    assert_eq!(find("bob").await.unwrap().status, CustomerStatus::Active);
    assert_eq!(calls(), 4);
    // A customer of one storefront is not one of another.
    use order_core::ports::Customers;
    let elsewhere = call_at(&storefront("tokyo"), "k");
    assert!(
        customers
            .find(&elsewhere, &customer("ada"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn customers_are_forgotten_after_their_time() {
    let served = Served::by(&ManualClock::default()).await;
    let mocks = served.here();
    know(&mocks, "ada", CustomerStatus::Active);
    let short = settings().with_customer_cache(Duration::from_millis(1), 10);
    let customers = clients(short).customers(&served.url).unwrap();
    for calls in 1..=3 {
        customers.find(&call("k"), &customer("ada")).await.unwrap();
        assert_eq!(mocks.outside.customers.faults().calls(), calls);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn guarded_clients_leave_a_service_that_fails_alone() {
    let broken = Broken::that([status(500, None)]).await;
    let clock = ManualClock::default();
    let breakers = Arc::new(Breakers::new(BreakerPolicy::default().with_consecutive(3)));
    let customers = OutsideServices::new(settings(), Arc::new(clock.clone()))
        .unwrap()
        .guarded(breakers)
        .customers(&broken.url)
        .unwrap();
    for _ in 0..10 {
        customers
            .find(&call("k"), &customer("ada"))
            .await
            .unwrap_err();
    }
    assert_eq!(broken.tries(), 3);
    let error = customers
        .find(&call("k"), &customer("ada"))
        .await
        .unwrap_err();
    let OutsideErrorKind::Unavailable {
        retry_after: Some(wait),
    } = error.kind
    else {
        panic!("{error}");
    };
    clock.advance(wait);
    customers
        .find(&call("k"), &customer("ada"))
        .await
        .unwrap_err();
    assert_eq!(broken.tries(), 4);
}

#[test]
fn an_address_that_is_none_is_refused_without_repeating_it() {
    for address in [
        "",
        "localhost:4000",
        "ftp://u:secret@host/",
        "http://host/?key=secret",
        "/secret",
    ] {
        let error = clients(settings()).payments(address).err().unwrap();
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().contains("payment"), "{error}");
    }
    assert!(settings().with_authorization("a\nb").is_err());
}
