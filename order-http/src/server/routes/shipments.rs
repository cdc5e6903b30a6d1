//! Confirming shipments, their tracking and their delivery.

use crate::server::dto::request::{EmptyBody, ShipBody, TrackingBody};
use crate::server::dto::response::OrderResponse;
use crate::server::extract::{ShipmentPath, ValidatedJson};
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::Command;

/// Confirm a shipment
///
/// Without lines, everything that is open was shipped.
#[utoipa::path(
    post, path = "/v1/orders/{id}/shipments", tag = tags::SHIPMENTS,
    request_body = ShipBody,
    responses((status = 201, description = "The order with the shipment",
               body = OrderResponse<'static>))
)]
pub(crate) async fn ship(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<ShipBody>,
) -> Result<Response, Problem> {
    let done = request.run(value, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::CREATED)))
}

/// Update the tracking of a shipment
///
/// Absent members stay as they are.
#[utoipa::path(
    put, path = "/v1/orders/{id}/shipments/{shipment_id}/tracking", tag = tags::SHIPMENTS,
    request_body = TrackingBody,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn update_tracking(
    request: OrderRequest,
    ShipmentPath(fulfillment): ShipmentPath,
    ValidatedJson { value, digest }: ValidatedJson<TrackingBody>,
) -> Result<Response, Problem> {
    let command = Command::UpdateTracking {
        fulfillment,
        tracking: value,
    };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}

/// Confirm a delivery
#[utoipa::path(
    post, path = "/v1/orders/{id}/shipments/{shipment_id}/deliver", tag = tags::SHIPMENTS,
    request_body = Option<EmptyBody>,
    responses((status = 200, description = "The order", body = OrderResponse<'static>))
)]
pub(crate) async fn deliver(
    request: OrderRequest,
    ShipmentPath(fulfillment): ShipmentPath,
    ValidatedJson { digest, .. }: ValidatedJson<EmptyBody>,
) -> Result<Response, Problem> {
    let command = Command::ConfirmDelivery { fulfillment };
    let done = request.run(command, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::OK)))
}
