//! Cancelling an order, or units of it.

use crate::server::dto::request::CancelBody;
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{outcome, render, tags};
use axum::response::Response;

/// Cancel an order, or some units of it
///
/// Once accepted, the cancellation of a whole order wins over all work in progress: 202 means that stock
/// is being released and money returned. Refused once something was shipped.
#[utoipa::path(
    post, path = "/v1/orders/{id}/cancel", tag = tags::ORDERS,
    request_body = Option<CancelBody>,
    responses(
        (status = 200, description = "Cancelled", body = OrderResponse<'static>),
        (status = 202, description = "Being cancelled", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn cancel_order(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<CancelBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, Ok(outcome::cancelled(&done))))
}
