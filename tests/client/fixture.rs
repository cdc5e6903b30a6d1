//! The mock services on a socket, clients of them, and the steps the tests share: `given_` sets up
//! what a service knows, `report_` lets something happen at it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use order_core::money::Money;
use order_core::ports::{CallContext, Clock, CustomerStatus};
use order_core::reference::Reference;
use order_core::value::{Sku, StorefrontId};
use order_http::client::{ClientConfig, ClientFactory};
use order_mocks::MockServices;
use order_mocks::http::router;
use order_mocks::payments::LostAnswer;
use order_mocks::shipping::MockFulfillmentStatus;
use order_testing::{ManualClock, builders};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Returns a configuration with short time-outs and no cache.
pub(crate) fn config() -> ClientConfig {
    ClientConfig::default()
        .with_timeouts(Duration::from_millis(500), Duration::from_millis(250))
        .with_backoff(Duration::from_millis(1), Duration::from_millis(2))
        .with_customer_cache(Duration::ZERO, 0)
}

/// Returns clients with this configuration, whose clock stands at noon.
pub(crate) fn clients(config: ClientConfig) -> ClientFactory {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    ClientFactory::new(config, clock).unwrap()
}

/// Returns the context of a call for the default storefront, with a deadline in one hour.
pub(crate) fn call(key: &str) -> CallContext {
    builders::call(key)
}

/// The mock services of one storefront, over a directory of their own.
pub(crate) struct Mocks {
    pub(crate) services: MockServices,
    directory: TempDir,
}

impl Mocks {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["customers", "inventory"] {
            std::fs::create_dir(directory.path().join(part)).unwrap();
        }
        let services = MockServices::open(directory.path(), Arc::new(clock.clone())).unwrap();
        services.payments.set_lost_answer(LostAnswer::Drop);
        Self {
            services,
            directory,
        }
    }

    /// Writes the file of a customer or product.
    fn write(&self, path: impl AsRef<Path>, document: &Value) {
        let path = self.directory.path().join(path);
        std::fs::write(path, document.to_string()).unwrap();
    }
}

/// A server of mock services: separate ones for each storefront, by the header `X-Storefront`.
#[derive(Clone)]
pub(crate) struct MockServer {
    pub(crate) url: String,
    mocks: Arc<Mutex<HashMap<String, Arc<Mocks>>>>,
    clock: ManualClock,
}

impl MockServer {
    /// Starts it. It stops with the runtime of its test.
    pub(crate) async fn start(clock: &ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            mocks: Arc::default(),
            clock: clock.clone(),
        };
        let app = Router::new().fallback(dispatch).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    /// Returns the services of this storefront.
    pub(crate) fn for_storefront(&self, storefront: &StorefrontId) -> Arc<Mocks> {
        self.mocks_of(storefront.as_str())
    }

    /// Returns the services of the default storefront.
    pub(crate) fn default_storefront(&self) -> Arc<Mocks> {
        self.for_storefront(&StorefrontId::default())
    }

    fn mocks_of(&self, storefront: &str) -> Arc<Mocks> {
        let mut mocks = self.mocks.lock().unwrap();
        let new = || Arc::new(Mocks::new(&self.clock));
        Arc::clone(mocks.entry(storefront.to_owned()).or_insert_with(new))
    }
}

async fn dispatch(State(server): State<MockServer>, request: Request) -> Response {
    let storefront = request.headers()["x-storefront"].to_str().unwrap();
    let mocks = server.mocks_of(storefront);
    let Ok(response) = router(&mocks.services).oneshot(request).await;
    response
}

/// Makes the services know this customer.
pub(crate) fn given_customer(mocks: &Mocks, id: &str, status: CustomerStatus) {
    let status = match status {
        CustomerStatus::Blocked => "blocked",
        _ => "active",
    };
    let customer = json!({"id": id, "name": "Ada", "email": "ada@example.com", "status": status});
    mocks.write(format!("customers/{id}.json"), &customer);
}

/// Sets the price and the delivered units of this product.
pub(crate) fn given_stock(mocks: &Mocks, sku: &Sku, unit_price: Money, units: u32) {
    let product = json!({
        "sku": sku, "name": format!("The {sku}"), "available": units,
        "unit_price": unit_price.amount(), "currency": unit_price.currency(),
    });
    mocks.write(format!("inventory/{sku}.json"), &product);
}

/// Reports that the warehouse has shipped what was requested under this reference. Returns the
/// number of shipments, which is 0 if it was not requested, or recalled, or shipped before.
pub(crate) fn report_shipped(mocks: &Mocks, reference: &Reference) -> usize {
    let (shipping, reference) = (&mocks.services.shipping, reference.to_string());
    match shipping.find(&reference).unwrap() {
        Some(fulfillment) if fulfillment.status == MockFulfillmentStatus::Accepted => {
            shipping.mark_shipped(&reference, "UPS", "1Z1").unwrap();
            1
        }
        Some(_) | None => 0,
    }
}

/// Returns how often this message was accepted.
pub(crate) fn accepted_notifications(mocks: &Mocks, id: &str) -> usize {
    let accepted = mocks.services.notifications.accepted();
    accepted.iter().filter(|one| one.id == id).count()
}
