//! Cancelling and deleting.

use crate::server::call::OrderCall;
use crate::server::dto::commands::CancelWire;
use crate::server::dto::order::OrderView;
use crate::server::extract::Json;
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// Cancel an order, or some units of it
///
/// Once accepted, a cancel of the whole order wins over all work under way: 202 means that stock and
/// money are on their way back. Refused once something was shipped.
#[utoipa::path(
    post, path = "/v1/orders/{id}/cancel", tag = super::ORDERS,
    request_body = Option<CancelWire>,
    responses(
        (status = 200, description = "Cancelled", body = OrderView<'static>),
        (status = 202, description = "Being cancelled", body = OrderView<'static>),
    )
)]
pub(crate) async fn cancel_order(
    call: OrderCall,
    Json { value, digest }: Json<CancelWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::cancelled(&done)))
}

/// Delete an order
///
/// A mark: its history stays. An order that is still open is cancelled first, and the mark follows.
#[utoipa::path(
    delete, path = "/v1/orders/{id}", tag = super::ORDERS,
    responses(
        (status = 204, description = "Deleted"),
        (status = 202, description = "Being cancelled, then deleted", body = OrderView<'static>),
    )
)]
pub(crate) async fn delete_order(call: OrderCall) -> Result<Response, Problem> {
    let done = call.run(Command::DeleteOrder, &[0; 32]).await?;
    Ok(answer::done(&done, outcome::deleted(&done)))
}
