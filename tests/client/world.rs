//! The mock services on a socket, and clients of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use order_core::ports::{Call, Clock};
use order_core::testing::{ManualClock, builders};
use order_core::value::StorefrontId;
use order_examples::outside::payments::LostAnswer;
use order_examples::outside::{Now, Outside, router};
use order_http::client::{ClientSettings, OutsideServices};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

/// Short waits, and a cache for nobody: what a test asks is what the service says now.
pub(crate) fn settings() -> ClientSettings {
    ClientSettings::default()
        .with_timeouts(Duration::from_millis(500), Duration::from_millis(250))
        .with_backoff(Duration::from_millis(1), Duration::from_millis(2))
        .with_customer_cache(Duration::ZERO, 0)
}

/// Clients with these settings, by a clock that stands at noon.
pub(crate) fn clients(settings: ClientSettings) -> OutsideServices {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    OutsideServices::new(settings, clock).unwrap()
}

/// A call that has an hour, for the default storefront.
pub(crate) fn call(key: &str) -> Call {
    builders::call(key)
}

/// The mock services of one storefront, over a folder of their own.
pub(crate) struct Mocks {
    pub(crate) outside: Outside,
    folder: TempDir,
}

impl Mocks {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["customers", "inventory"] {
            std::fs::create_dir(folder.path().join(part)).unwrap();
        }
        let clock = clock.clone();
        let now = Now::from_fn(move || clock.now());
        let outside = Outside::open(folder.path(), now).unwrap();
        outside.payments.set_lost_answer(LostAnswer::Drop);
        Self { outside, folder }
    }

    /// Writes a customer's or a product's file.
    pub(crate) fn write(&self, path: impl AsRef<Path>, document: &Value) {
        let path = self.folder.path().join(path);
        std::fs::write(path, document.to_string()).unwrap();
    }
}

/// The mock services on a socket: other ones for each storefront, told apart by `X-Storefront`.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) url: String,
    mocks: Arc<Mutex<HashMap<String, Arc<Mocks>>>>,
    clock: ManualClock,
}

impl Served {
    /// Serves them, for as long as the runtime of the test lives.
    pub(crate) async fn by(clock: &ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            mocks: Arc::default(),
            clock: clock.clone(),
        };
        let app = Router::new().fallback(dispatch).with_state(served.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        served
    }

    /// The services of this storefront.
    pub(crate) fn of(&self, storefront: &StorefrontId) -> Arc<Mocks> {
        self.of_text(storefront.as_str())
    }

    /// The services of the default storefront.
    pub(crate) fn here(&self) -> Arc<Mocks> {
        self.of(&StorefrontId::default())
    }

    fn of_text(&self, storefront: &str) -> Arc<Mocks> {
        let mut mocks = self.mocks.lock().unwrap();
        let new = || Arc::new(Mocks::new(&self.clock));
        Arc::clone(mocks.entry(storefront.to_owned()).or_insert_with(new))
    }
}

async fn dispatch(State(served): State<Served>, request: Request) -> Response {
    let storefront = request.headers()["x-storefront"].to_str().unwrap();
    let mocks = served.of_text(storefront);
    let Ok(response) = router(&mocks.outside).oneshot(request).await;
    response
}
