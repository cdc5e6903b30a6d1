//! The HTTP API: an axum router that serves any [`Orders`], to be nested into any application.
//!
//! [`Api`] builds the router. An [`Authenticator`] says who makes a request, every failure is answered
//! with a [`Problem`], and everything else is left to the port. It never decides what may happen to an
//! order, and never reads a clock.
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
//! Where things are: the table of endpoints in `routes`, an endpoint in a module below it; a body in
//! `dto`; who is calling in `authentication`, what they may do in `permissions`; the status of a
//! refusal or an error in `problem`, that of an accepted command in `outcome`; `ETag`, 412 and 428 in
//! `etag`; idempotency keys and their replay in `idempotency`.

mod authentication;
mod cursor;
mod dto;
mod etag;
mod extract;
mod idempotency;
mod openapi;
mod order_request;
mod outcome;
mod permissions;
mod problem;
#[cfg(feature = "client")]
mod propagation;
mod render;
mod request_id;
mod routes;
mod spawned_orders;
mod state;
mod tags;
mod trace;

pub use authentication::{Authenticator, NoAuthentication, Principal, Role};
pub use problem::{FieldError, Problem};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, header};
use axum::middleware::from_fn;
use order_core::ports::Orders;
use serde_json::Value;
use spawned_orders::SpawnedOrders;
use state::AppState;
use std::sync::{Arc, LazyLock};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::sensitive_headers::SetSensitiveRequestHeadersLayer;
use tower_http::trace::TraceLayer;

/// Headers whose values no log may show.
const SENSITIVE: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    HeaderName::from_static("x-api-key"),
];

/// The OpenAPI document. Built on first use, once for the process: most servers never serve it.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let (_, document) = routes::all(openapi::base()).split_for_parts();
    openapi::complete(document)
});

/// The HTTP API of an [`Orders`].
pub struct Api {
    orders: Arc<dyn Orders>,
    authenticator: Arc<dyn Authenticator>,
}

impl Api {
    /// Makes the API of these orders, without authentication: see [`NoAuthentication`].
    #[must_use]
    pub fn new(orders: Arc<dyn Orders>) -> Self {
        Self {
            orders,
            authenticator: Arc::new(NoAuthentication),
        }
    }

    /// Authenticates every request with this.
    #[must_use]
    pub fn authenticator(self, authenticator: Arc<dyn Authenticator>) -> Self {
        Self {
            authenticator,
            ..self
        }
    }

    /// Builds the router, to be served as it is or nested under a path.
    ///
    /// It has a fallback of its own, so that everything under that path is answered with a
    /// [`Problem`]. It must run on tokio: every call of the port that changes something is spawned as
    /// a task of its own, which a caller who disconnects does not cancel.
    pub fn router(self) -> Router {
        let (router, _) = routes::all(openapi::base()).split_for_parts();
        let state = AppState {
            orders: Arc::new(SpawnedOrders::new(self.orders)),
            authenticator: self.authenticator,
            document: &DOCUMENT,
        };
        // The first layer is the innermost.
        let router = router
            .fallback(routes::not_found)
            .with_state(state)
            .layer(DefaultBodyLimit::max(extract::MAX_BODY_BYTES));
        #[cfg(feature = "client")]
        let router = router.layer(from_fn(propagation::capture));
        router
            .layer(CatchPanicLayer::custom(problem::from_panic))
            .layer(from_fn(problem::complete))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(trace::make_span)
                    .on_request(())
                    .on_response(trace::on_response)
                    .on_body_chunk(())
                    .on_eos(())
                    .on_failure(()),
            )
            .layer(from_fn(request_id::assign))
            .layer(SetSensitiveRequestHeadersLayer::new(SENSITIVE))
    }
}

/// Returns the OpenAPI document of the API, as `/openapi.json` serves it.
#[must_use]
pub fn openapi() -> Value {
    openapi::served_at(&DOCUMENT, "/")
}
