//! Units that come back.

use crate::server::call::OrderCall;
use crate::server::dto::commands::{NothingWire, ReasonWire, ReceiveReturnWire, RequestReturnWire};
use crate::server::dto::order::OrderView;
use crate::server::extract::{Json, ReturnPart};
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// Ask to send units back
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns", tag = super::RETURNS,
    request_body = RequestReturnWire,
    responses((status = 201, description = "The order with the return",
               body = OrderView<'static>))
)]
pub(crate) async fn request_return(
    call: OrderCall,
    Json { value, digest }: Json<RequestReturnWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::added(&done)))
}

/// Agree to a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/approve", tag = super::RETURNS,
    request_body = Option<NothingWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn approve_return(
    call: OrderCall,
    ReturnPart(return_no): ReturnPart,
    Json { digest, .. }: Json<NothingWire>,
) -> Result<Response, Problem> {
    let done = call
        .run(Command::ApproveReturn { return_no }, &digest)
        .await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// Refuse a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/reject", tag = super::RETURNS,
    request_body = Option<ReasonWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn reject_return(
    call: OrderCall,
    ReturnPart(return_no): ReturnPart,
    Json { value, digest }: Json<ReasonWire>,
) -> Result<Response, Problem> {
    let command = Command::RejectReturn {
        return_no,
        reason: value,
    };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// State that the units of a return are here
///
/// What is due for them is refunded.
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/receive", tag = super::RETURNS,
    request_body = Option<ReceiveReturnWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn receive_return(
    call: OrderCall,
    ReturnPart(return_no): ReturnPart,
    Json { value, digest }: Json<ReceiveReturnWire>,
) -> Result<Response, Problem> {
    let command = Command::ReceiveReturn {
        return_no,
        restock: value,
    };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// Withdraw a return
#[utoipa::path(
    post, path = "/v1/orders/{id}/returns/{return_id}/cancel", tag = super::RETURNS,
    request_body = Option<NothingWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn cancel_return(
    call: OrderCall,
    ReturnPart(return_no): ReturnPart,
    Json { digest, .. }: Json<NothingWire>,
) -> Result<Response, Problem> {
    let done = call
        .run(Command::CancelReturn { return_no }, &digest)
        .await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}
