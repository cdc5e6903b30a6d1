//! The table of endpoints, with a module for each subject. No handler decides what may happen to an
//! order.

mod cancel;
mod dead_letters;
mod delete;
mod docs;
mod edit;
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

use super::problem::Problem;
use super::state::AppState;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Returns all endpoints, added to this document.
pub(crate) fn all(document: utoipa::openapi::OpenApi) -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(document)
        .routes(routes!(place::place_order, list::list_orders))
        .routes(routes!(
            read::get_order,
            edit::update_order,
            delete::delete_order
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
        .routes(routes!(delete::erase))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::retry_dead_letter))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(docs::get_openapi))
        .routes(routes!(docs::get_docs))
        .route("/docs/", axum::routing::get(docs::page))
        .route("/docs/{*file}", axum::routing::get(docs::file))
}

/// Answers 404 where there is no endpoint.
pub(crate) async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}
