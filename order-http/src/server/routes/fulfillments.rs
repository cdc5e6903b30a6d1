//! Requesting fulfillments from the warehouse, and recalling them before they are shipped.

use crate::server::dto::request::PlanFulfillmentBody;
use crate::server::dto::response::OrderResponse;
use crate::server::extract::{FulfillmentPath, ValidatedJson};
use crate::server::order_request::OrderRequest;
use crate::server::problem::Problem;
use crate::server::{idempotency, outcome, render, tags};
use axum::http::StatusCode;
use axum::response::Response;
use order_core::command::Command;
use order_core::event::EventPayload;
use order_core::ports::CommandOutcome;
use order_core::value::FulfillmentNo;

/// Request a fulfillment
///
/// Plans the fulfillment and releases it to the warehouse at once. It is in `shipments` from then on, as
/// `released`. If the release is refused after the plan was made, the plan stays; a retry with the same
/// idempotency key releases it.
#[utoipa::path(
    post, path = "/v1/orders/{id}/fulfillments", tag = tags::SHIPMENTS,
    request_body = Option<PlanFulfillmentBody>,
    responses((status = 201, description = "The order, with the fulfillment",
               body = OrderResponse<'static>))
)]
pub(crate) async fn request_fulfillment(
    request: OrderRequest,
    ValidatedJson { value, digest }: ValidatedJson<PlanFulfillmentBody>,
) -> Result<Response, Problem> {
    let plan = Command::PlanFulfillment { lines: value };
    let planned = request.run(plan, &digest).await?;
    let Some(fulfillment) = planned_fulfillment(&planned) else {
        tracing::error!("a fulfillment was planned and is not in the events");
        return Err(Problem::internal());
    };
    let release = Command::ReleaseFulfillment { fulfillment };
    let done = request.run_next(release, &digest).await?;
    Ok(render::outcome(&done, Ok(StatusCode::CREATED)))
}

fn planned_fulfillment(done: &CommandOutcome) -> Option<FulfillmentNo> {
    done.events.iter().find_map(|event| match event.payload {
        EventPayload::FulfillmentPlanned { fulfillment, .. } => Some(fulfillment),
        _ => None,
    })
}

/// Recall a fulfillment before it is shipped
///
/// 202: the warehouse was asked, and may answer that it is shipped already.
#[utoipa::path(
    delete, path = "/v1/orders/{id}/fulfillments/{fulfillment_id}", tag = tags::SHIPMENTS,
    responses(
        (status = 200, description = "Recalled", body = OrderResponse<'static>),
        (status = 202, description = "The warehouse was asked", body = OrderResponse<'static>),
    )
)]
pub(crate) async fn recall_fulfillment(
    request: OrderRequest,
    FulfillmentPath(fulfillment): FulfillmentPath,
) -> Result<Response, Problem> {
    let recall = Command::RecallFulfillment { fulfillment };
    let done = request.run(recall, &idempotency::NO_BODY).await?;
    Ok(render::outcome(
        &done,
        Ok(outcome::recalled(&done, fulfillment)),
    ))
}
