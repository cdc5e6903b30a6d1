//! Requesting, approving, rejecting, receiving and cancelling returns.

use crate::server::dto::request::{EmptyBody, ReasonBody, ReceiveReturnBody, RequestReturnBody};
use crate::server::dto::response::OrderResponse;
use crate::server::extract::{ReturnPath, ValidatedJson};
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::Command;

/// Request a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns", tag = tags::RETURNS,
    request_body = RequestReturnBody,
    responses((status = 201, description = "The order with the return",
               body = OrderResponse<'static>))
)]
pub(crate) async fn request_return(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<RequestReturnBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::CREATED)))
}

/// Approve a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/approve", tag = tags::RETURNS,
    request_body = Option<EmptyBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn approve_return(
    request: OrderRequest,
    ReturnPath(return_no): ReturnPath,
    ValidatedJson { digest, .. }: ValidatedJson<EmptyBody>,
) -> Result<Response, Problem> {
    let done = request
        .run(Command::ApproveReturn { return_no }, &digest)
        .await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Reject a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/reject", tag = tags::RETURNS,
    request_body = Option<ReasonBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn reject_return(
    request: OrderRequest,
    ReturnPath(return_no): ReturnPath,
    ValidatedJson { value, digest }: ValidatedJson<ReasonBody>,
) -> Result<Response, Problem> {
    let command = Command::RejectReturn {
        return_no,
        reason: value,
    };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Confirm that a return was received
///
/// Its credit is refunded.
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/receive", tag = tags::RETURNS,
    request_body = Option<ReceiveReturnBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn receive_return(
    request: OrderRequest,
    ReturnPath(return_no): ReturnPath,
    ValidatedJson { value, digest }: ValidatedJson<ReceiveReturnBody>,
) -> Result<Response, Problem> {
    let command = Command::ReceiveReturn {
        return_no,
        restock: value,
    };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Cancel a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/cancel", tag = tags::RETURNS,
    request_body = Option<EmptyBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn cancel_return(
    request: OrderRequest,
    ReturnPath(return_no): ReturnPath,
    ValidatedJson { digest, .. }: ValidatedJson<EmptyBody>,
) -> Result<Response, Problem> {
    let done = request
        .run(Command::CancelReturn { return_no }, &digest)
        .await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}
