//! Previewing a command without executing it.

use crate::server::dto::request::{PreviewBody, PreviewedCommand, parse_previewed};
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::permissions::Permission;
use crate::server::problem::Problem;
use crate::server::{etag, render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::CommandKind;

/// Preview a command
///
/// Nothing is stored, and no external service is called except for prices. The response is the order as
/// it would be, or the problem that the action's own endpoint would answer.
#[utoipa::path(
    post, path = "/v1/orders/{id}/preview", tag = tags::ORDERS,
    request_body = PreviewBody,
    responses((status = 200, description = "The order as it would be", body = OrderResponse<'static>))
)]
pub(crate) async fn preview(
    request: OrderRequest,
    ValidatedJson { value, .. }: ValidatedJson<PreviewBody>,
) -> Result<Response, Problem> {
    let (action, rest) = value;
    let command = match parse_previewed(action, rest)? {
        PreviewedCommand::Command(command) => command,
        PreviewedCommand::Update(patch) => {
            let permission = Permission::Command(CommandKind::UpdateDetails);
            let order = request
                .order(&request.principal.require(permission)?)
                .await?;
            patch.apply(&order)
        }
    };
    let order = request.preview(command).await?;
    let mut response = render::order(StatusCode::OK, &order);
    // No version of the order is stored like this.
    etag::remove(&mut response);
    Ok(response)
}
