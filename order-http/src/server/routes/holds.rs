//! Keeping an order from going on, and letting it.

use crate::server::call::OrderCall;
use crate::server::dto::commands::{ReasonWire, ReleaseHoldWire};
use crate::server::dto::order::OrderView;
use crate::server::extract::Json;
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// Hold an order
#[utoipa::path(
    post, path = "/v1/orders/{id}/hold", tag = super::ORDERS,
    request_body = Option<ReasonWire>,
    responses((status = 200, description = "The order, held", body = OrderView<'static>))
)]
pub(crate) async fn hold_order(
    call: OrderCall,
    Json { value, digest }: Json<ReasonWire>,
) -> Result<Response, Problem> {
    let command = Command::PlaceHold { reason: value };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// Release a hold, or all of them
#[utoipa::path(
    post, path = "/v1/orders/{id}/release_hold", tag = super::ORDERS,
    request_body = Option<ReleaseHoldWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn release_hold(
    call: OrderCall,
    Json { value, digest }: Json<ReleaseHoldWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}
