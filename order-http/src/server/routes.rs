//! The endpoints, a module for each kind. Webhooks and metrics will be modules beside these.

mod cancel;
mod dead_letters;
mod docs;
mod edit;
mod erase;
mod fulfillments;
mod health;
mod holds;
mod list;
mod payments;
mod place;
mod preview;
mod read;
mod returns;
mod shipments;

pub(crate) use docs::TAG as SERVICE;

use super::Shared;
use super::problem::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Orders themselves.
pub(crate) const ORDERS: &str = "orders";
/// What is paid and given back.
pub(crate) const PAYMENTS: &str = "payments";
/// What is sent.
pub(crate) const SHIPMENTS: &str = "shipments";
/// What comes back.
pub(crate) const RETURNS: &str = "returns";
/// What an administrator looks after.
pub(crate) const OPERATIONS: &str = "operations";

/// All endpoints, with their documentation.
pub(crate) fn all(document: utoipa::openapi::OpenApi) -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(document)
        .routes(routes!(place::place_order, list::list_orders))
        .routes(routes!(
            read::get_order,
            edit::update_order,
            cancel::delete_order
        ))
        .routes(routes!(read::get_history))
        .routes(routes!(read::get_actions))
        .routes(routes!(preview::preview))
        .routes(routes!(edit::revise_lines))
        .routes(routes!(edit::change_address))
        .routes(routes!(payments::change_payment_method))
        .routes(routes!(cancel::cancel_order))
        .routes(routes!(holds::hold_order))
        .routes(routes!(holds::release_hold))
        .routes(routes!(fulfillments::request_fulfillment))
        .routes(routes!(fulfillments::recall_fulfillment))
        .routes(routes!(shipments::ship))
        .routes(routes!(shipments::update_tracking))
        .routes(routes!(shipments::deliver))
        .routes(routes!(payments::pay))
        .routes(routes!(payments::capture))
        .routes(routes!(payments::refund))
        .routes(routes!(returns::request_return))
        .routes(routes!(returns::approve_return))
        .routes(routes!(returns::reject_return))
        .routes(routes!(returns::receive_return))
        .routes(routes!(returns::cancel_return))
        .routes(routes!(erase::erase))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::retry_dead_letter))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(docs::get_openapi))
        .routes(routes!(docs::get_docs))
        .route("/docs/", axum::routing::get(docs::page))
        .route("/docs/{*file}", axum::routing::get(docs::file))
}

/// The answer where there is no endpoint.
pub(crate) async fn nothing_here() -> Problem {
    Problem::not_found("there is nothing at this path")
}
