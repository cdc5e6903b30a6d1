//! Deleting an order, and erasing its personal data.

use crate::server::dto::request::EmptyBody;
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{idempotency, outcome, render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::Command;

/// Delete an order
///
/// The order is marked as deleted, and its history stays. An open order is cancelled first.
#[utoipa::path(
    delete, path = "/v1/orders/{id}", tag = tags::ORDERS,
    responses(
        (status = 204, description = "Deleted"),
        (status = 202, description = "Being cancelled, then deleted", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn delete_order(request: OrderRequest) -> Result<Response, Problem> {
    let done = request
        .run(Command::DeleteOrder, &idempotency::NO_BODY)
        .await?;
    Ok(render::outcome(&done, Ok(outcome::deleted(&done))))
}

/// Erase personal data
///
/// Erases address, contact and payment token for good. For administrators only, and only once the order
/// has ended. Lines, payments and history stay.
#[utoipa::path(
    post, path = "/v1/orders/{id}/erase", tag = tags::OPERATIONS,
    request_body = Option<EmptyBody>,
    responses((status = 200, description = "The order without personal data", body = OrderResponse<'static>))
)]
pub(crate) async fn erase(
    request: OrderRequest,
    ValidatedJson { digest, .. }: ValidatedJson<EmptyBody>,
) -> Result<Response, Problem> {
    let done = request.run(Command::ErasePersonalData, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}
