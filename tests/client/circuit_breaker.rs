//! A client behind a circuit breaker stops calling a service that keeps failing.

use std::sync::Arc;

use order_core::breaker::{BreakerPolicy, BreakerRegistry};
use order_core::ports::ServiceErrorKind;
use order_http::client::ClientFactory;
use order_testing::ManualClock;
use order_testing::builders::customer;

use super::fixture::{call, config};
use super::scripted_server::{ScriptedServer, status};

#[tokio::test]
async fn a_client_behind_a_breaker_stops_calling_a_failing_service() {
    let server = ScriptedServer::start([status(500, None)]).await;
    let clock = ManualClock::default();
    let breakers = Arc::new(BreakerRegistry::new(
        BreakerPolicy::default().with_consecutive(3),
    ));
    let customers = ClientFactory::new(config(), Arc::new(clock.clone()))
        .unwrap()
        .with_breakers(breakers)
        .customers(&server.url)
        .unwrap();
    for _ in 0..10 {
        customers
            .find(&call("k"), &customer("ada"))
            .await
            .unwrap_err();
    }
    assert_eq!(server.attempts(), 3);
    let error = customers
        .find(&call("k"), &customer("ada"))
        .await
        .unwrap_err();
    let ServiceErrorKind::Unavailable {
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
    assert_eq!(server.attempts(), 4);
}
