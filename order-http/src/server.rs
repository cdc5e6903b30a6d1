//! The HTTP API: an axum router that serves any [`Orders`], to be nested into any application.
//!
//! [`Api`] makes the router. It says who makes a request by an [`Authenticate`], and answers every
//! failure with a [`Problem`]; all else it leaves to the port. It never decides what may happen to
//! an order, and never reads a clock.
//!
//! ```no_run
//! use order_core::ports::Orders;
//! use order_http::server::Api;
//! use std::sync::Arc;
//!
//! # fn shop() -> axum::Router { axum::Router::new() }
//! fn app(orders: Arc<dyn Orders>) -> axum::Router {
//!     shop().nest("/order-management", Api::new(orders).router())
//! }
//! ```
//!
//! Where things are: an endpoint in `routes`, a body in `dto`, a status in `problem` (refusals and
//! errors) or `outcome` (what became of an accepted request), a role in `principal`.

mod answer;
mod call;
#[cfg(feature = "client")]
mod correlation;
mod cursor;
mod detached;
mod dto;
mod etag;
mod extract;
mod idempotency;
mod openapi;
mod outcome;
mod principal;
mod problem;
mod request_id;
mod routes;
mod trace;

pub use principal::{Authenticate, Open, Principal, Role};
pub use problem::{FieldError, Problem};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::middleware::from_fn;
use detached::Detached;
use order_core::ports::Orders;
use serde_json::Value;
use std::sync::{Arc, LazyLock};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;

/// The most bytes of a body.
const MAX_BODY: usize = 256 * 1024;

/// Headers whose values no log may show.
const SENSITIVE: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
];

/// What every handler works with.
#[derive(Clone)]
pub(crate) struct Shared {
    orders: Arc<Detached>,
    authenticate: Arc<dyn Authenticate>,
}

/// The OpenAPI document, wherever it is served. Made when it is first asked for: most servers are never
/// asked.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (_, document) = routes::all(openapi::base()).split_for_parts();
    openapi::complete(document)
});

/// The HTTP API of an [`Orders`].
pub struct Api {
    orders: Arc<dyn Orders>,
    authenticate: Arc<dyn Authenticate>,
}

impl Api {
    /// The API of these orders, open to everybody: see [`Open`].
    #[must_use]
    pub fn new(orders: Arc<dyn Orders>) -> Self {
        Self {
            orders,
            authenticate: Arc::new(Open),
        }
    }

    /// The same API, for those whom this knows.
    #[must_use]
    pub fn authenticate(self, authenticate: Arc<dyn Authenticate>) -> Self {
        Self {
            authenticate,
            ..self
        }
    }

    /// The router, to be served as it is or nested under a path.
    ///
    /// It has a fallback of its own, so that everything under that path is answered with a
    /// [`Problem`]. It must run on tokio: every call of the port is a task of its own, which a
    /// caller who hangs up does not cancel.
    pub fn router(self) -> Router {
        let (router, _) = routes::all(openapi::base()).split_for_parts();
        let shared = Shared {
            orders: Arc::new(Detached::new(self.orders)),
            authenticate: self.authenticate,
        };
        // The first layer is the innermost.
        let router = router
            .fallback(routes::nothing_here)
            .with_state(shared)
            .layer(DefaultBodyLimit::max(MAX_BODY));
        #[cfg(feature = "client")]
        let router = router.layer(from_fn(correlation::note));
        router
            .layer(CatchPanicLayer::custom(problem::panicked))
            .layer(from_fn(problem::complete))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(trace::span)
                    .on_request(())
                    .on_response(trace::answered)
                    .on_body_chunk(())
                    .on_eos(())
                    .on_failure(()),
            )
            .layer(from_fn(request_id::assign))
            .layer(SetSensitiveRequestHeadersLayer::new(SENSITIVE))
    }
}

/// The OpenAPI document of the API, as `/openapi.json` serves it.
#[must_use]
pub fn openapi() -> Value {
    openapi::served_at(&DOCUMENT, "/")
}
