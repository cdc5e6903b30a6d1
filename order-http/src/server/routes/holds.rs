//! Holding an order, and releasing holds.

use crate::server::dto::request::{ReasonBody, ReleaseHoldBody};
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::Command;

/// Hold an order
///
/// Nothing is released to the warehouse while a hold is active.
#[utoipa::path(
    post, path = "/v1/orders/{id}/hold", tag = tags::ORDERS,
    request_body = Option<ReasonBody>,
    responses((status = 200, description = "The order, on hold", body = OrderResponse<'static>))
)]
pub(crate) async fn hold_order(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<ReasonBody>,
) -> Result<Response, Problem> {
    let command = Command::PlaceHold { reason: value };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Release a hold, or all of them
#[utoipa::path(
    post, path = "/v1/orders/{id}/release_hold", tag = tags::ORDERS,
    request_body = Option<ReleaseHoldBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn release_hold(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<ReleaseHoldBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}
