//! The services over HTTP, in the wire format that `order-http`'s clients speak.

mod blocking;
mod customers;
mod extract;
mod fault_layer;
mod inventory;
mod notifications;
mod payments;
mod problem;
mod shipping;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;

use self::problem::Problem;
use crate::services::MockServices;

/// Largest request body that is read, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// Where each service is found, for a person to read.
pub const ENDPOINTS: [(&str, &str); 5] = [
    (
        "customers",
        "GET /customers/{id}  (a new file in customers/ is a new customer)",
    ),
    (
        "inventory",
        "GET /products, /reservations ...  (a new file in inventory/ is a new product)",
    ),
    (
        "payments",
        "/payments, /refunds  (tok_visa, tok_declined, tok_action, tok_timeout)",
    ),
    ("shipping", "POST /rates, /fulfillments"),
    ("notifications", "POST /notifications"),
];

/// Returns a router that serves all services, so that they can share one base URL.
pub fn router(services: &MockServices) -> Router {
    Router::new()
        .merge(customers::routes(Arc::clone(&services.customers)))
        .merge(inventory::routes(Arc::clone(&services.inventory)))
        .merge(payments::routes(Arc::clone(&services.payments)))
        .merge(shipping::routes(Arc::clone(&services.shipping)))
        .merge(notifications::routes(Arc::clone(&services.notifications)))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not_found", "no such path"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "not with this path",
            )
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}
