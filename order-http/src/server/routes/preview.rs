//! Trying a command without carrying it out.

use crate::server::answer;
use crate::server::call::OrderCall;
use crate::server::dto::order::OrderView;
use crate::server::dto::preview::{PreviewWire, Previewed, previewed};
use crate::server::extract::{Broken, Json};
use crate::server::principal::Right;
use crate::server::problem::Problem;
use axum::http::{StatusCode, header};
use axum::response::Response;
use order_core::command::CommandKind;

/// See what a command would do
///
/// Nothing is stored, and no service is asked. The answer is the order as it would be, or the
/// problem that the action's own endpoint would answer.
#[utoipa::path(
    post, path = "/v1/orders/{id}/preview", tag = super::ORDERS,
    request_body = PreviewWire,
    responses((status = 200, description = "The order as it would be", body = OrderView<'static>))
)]
pub(crate) async fn preview(
    call: OrderCall,
    Json { value, .. }: Json<PreviewWire>,
) -> Result<Response, Problem> {
    let (action, rest) = value;
    let command = match previewed(action, rest)? {
        Previewed::Command(command) => command,
        Previewed::Details(details) => {
            let right = Right::Command(CommandKind::UpdateDetails);
            let order = call.order(&call.principal.require(right)?).await?;
            details
                .over(&order)
                .map_err(|broken| Problem::invalid(vec![broken.field_error("contact".into())]))?
        }
    };
    let order = call.preview(command).await?;
    let mut response = answer::order(StatusCode::OK, &order);
    // It is no version that the order has.
    response.headers_mut().remove(header::ETAG);
    Ok(response)
}
