//! Changing the lines, the shipping address, and metadata, contact and labels.

use crate::server::dto::address::AddressDto;
use crate::server::dto::request::ReviseLinesBody;
use crate::server::dto::request::UpdateOrderBody;
use crate::server::dto::response::OrderResponse;
use crate::server::extract::ValidatedJson;
use crate::server::order_request::OrderRequest;
use crate::server::permissions::Permission;
use crate::server::problem::Problem;
use crate::server::{outcome, render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::{Command, CommandKind};
use order_core::ports::OrderError;

/// Replace the lines
///
/// Allowed until something is released to the warehouse. If there is not enough stock, the lines stay as
/// they were (422 `insufficient-stock`).
#[utoipa::path(
    put, path = "/v1/orders/{id}/lines", tag = tags::ORDERS,
    request_body = ReviseLinesBody,
    responses((status = 200, description = "The order with its new lines",
               body = OrderResponse<'static>))
)]
pub(crate) async fn revise_lines(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<ReviseLinesBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, outcome::revised(&done)))
}

/// Change the shipping address
#[utoipa::path(
    put, path = "/v1/orders/{id}/shipping_address", tag = tags::ORDERS,
    request_body = AddressDto,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn change_address(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<AddressDto>,
) -> Result<Response, Problem> {
    let address = Box::new(value);
    let done = request
        .run(Command::ChangeAddress { address }, &digest)
        .await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Change metadata, contact or labels
///
/// A JSON merge patch (RFC 7396): an absent member stays as it is, `null` removes it.
#[utoipa::path(
    patch, path = "/v1/orders/{id}", tag = tags::ORDERS,
    request_body(content(
        (UpdateOrderBody = "application/json"),
        (UpdateOrderBody = "application/merge-patch+json"),
    )),
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn update_order(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<UpdateOrderBody>,
) -> Result<Response, Problem> {
    const MAX_ATTEMPTS: usize = 3;
    let scope = request
        .principal
        .require(Permission::Command(CommandKind::UpdateDetails))?;
    for _ in 0..MAX_ATTEMPTS {
        let order = request.order(&scope).await?;
        let command = value.clone().apply(&order);
        request.principal.require_command(&command)?;
        let required = request.required_version(&scope).await?;
        // A patch that was applied to one version must not be stored over another.
        let patched = value.depends_on_order().then(|| order.version());
        match request
            .execute(command, required.or(patched), &digest)
            .await
        {
            Err(OrderError::VersionConflict { .. }) if required.is_none() => {}
            result => {
                let done = result?;
                return Ok(render::outcome(&done, Ok(StatusCode::OK)));
            }
        }
    }
    Err(OrderError::Contended { id: request.id }.into())
}
