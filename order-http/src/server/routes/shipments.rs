//! What has left, how it is followed, and that it has arrived.

use crate::server::call::OrderCall;
use crate::server::dto::commands::{NothingWire, ShipWire, TrackingWire};
use crate::server::dto::order::OrderView;
use crate::server::extract::{Json, ShipmentPart};
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// State that units have left
///
/// Without lines: all that is open.
#[utoipa::path(
    post, path = "/v1/orders/{id}/shipments", tag = super::SHIPMENTS,
    request_body = ShipWire,
    responses((status = 201, description = "The order with the shipment",
               body = OrderView<'static>))
)]
pub(crate) async fn ship(
    call: OrderCall,
    Json { value, digest }: Json<ShipWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::added(&done)))
}

/// Correct who carries a shipment, and how it is followed
///
/// What is missing stays as it is.
#[utoipa::path(
    put, path = "/v1/orders/{id}/shipments/{shipment_id}/tracking", tag = super::SHIPMENTS,
    request_body = TrackingWire,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn update_tracking(
    call: OrderCall,
    ShipmentPart(fulfillment): ShipmentPart,
    Json { value, digest }: Json<TrackingWire>,
) -> Result<Response, Problem> {
    let command = Command::UpdateTracking {
        fulfillment,
        tracking: value,
    };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// State that a shipment has arrived
#[utoipa::path(
    post, path = "/v1/orders/{id}/shipments/{shipment_id}/deliver", tag = super::SHIPMENTS,
    request_body = Option<NothingWire>,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn deliver(
    call: OrderCall,
    ShipmentPart(fulfillment): ShipmentPart,
    Json { digest, .. }: Json<NothingWire>,
) -> Result<Response, Problem> {
    let command = Command::ConfirmDelivery { fulfillment };
    let done = call.run(command, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}
