//! Active customers are cached, per storefront and for a limited time; others never are.

use std::sync::Arc;
use std::time::Duration;

use order_core::ports::{Clock, CustomerStatus};
use order_http::client::{ClientConfig, HttpCustomers};
use order_testing::ManualClock;
use order_testing::builders::{call_at, customer, storefront};

use super::fixture::{MockServer, call, clients, config, given_customer};

#[tokio::test]
async fn active_customers_are_cached_and_no_others() {
    let server = MockServer::start(&ManualClock::default()).await;
    let mocks = server.default_storefront();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let customers = HttpCustomers::new(&server.url, &ClientConfig::default(), clock).unwrap();
    let calls = || mocks.services.customers.faults().calls();
    let find = async |id: &str| {
        use order_core::ports::Customers;
        customers.find(&call("k"), &customer(id)).await.unwrap()
    };

    given_customer(&mocks, "ada", CustomerStatus::Active);
    for _ in 0..3 {
        assert!(find("ada").await.is_some());
    }
    assert_eq!(calls(), 1);
    // A customer who has just registered, or is active again, can order at once.
    assert!(find("bob").await.is_none());
    given_customer(&mocks, "bob", CustomerStatus::Blocked);
    assert_eq!(find("bob").await.unwrap().status, CustomerStatus::Blocked);
    given_customer(&mocks, "bob", CustomerStatus::Active);
    assert_eq!(find("bob").await.unwrap().status, CustomerStatus::Active);
    assert_eq!(calls(), 4);
    // The cache is per storefront.
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
async fn cached_customers_expire() {
    let server = MockServer::start(&ManualClock::default()).await;
    let mocks = server.default_storefront();
    given_customer(&mocks, "ada", CustomerStatus::Active);
    let short = config().with_customer_cache(Duration::from_millis(1), 10);
    let customers = clients(short).customers(&server.url).unwrap();
    for calls in 1..=3 {
        customers.find(&call("k"), &customer("ada")).await.unwrap();
        assert_eq!(mocks.services.customers.faults().calls(), calls);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
