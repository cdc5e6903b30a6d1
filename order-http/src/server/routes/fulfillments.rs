//! Asking the warehouse to send units, and calling them back before they leave.

use crate::server::call::OrderCall;
use crate::server::dto::commands::UnitsWire;
use crate::server::dto::order::OrderView;
use crate::server::extract::{FulfillmentPart, Json};
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;
use order_core::event::Happening;
use order_core::ports::Done;
use order_core::value::FulfillmentNo;

/// Ask the warehouse to send units
///
/// Plans them and releases the plan at once. They are in `shipments` from now on, as `released`.
/// Should the release be refused after the plan was made, the plan stays; the same request with the
/// same key then releases it.
#[utoipa::path(
    post, path = "/v1/orders/{id}/fulfillments", tag = super::SHIPMENTS,
    request_body = Option<UnitsWire>,
    responses((status = 201, description = "The order; the warehouse is asked",
               body = OrderView<'static>))
)]
pub(crate) async fn request_fulfillment(
    call: OrderCall,
    Json { value, digest }: Json<UnitsWire>,
) -> Result<Response, Problem> {
    let plan = Command::PlanFulfillment { lines: value };
    let planned = call.run(plan, &digest).await?;
    let Some(fulfillment) = newly_planned(&planned) else {
        tracing::error!("a plan was accepted and is not there");
        return Err(Problem::internal());
    };
    let release = Command::ReleaseFulfillment { fulfillment };
    let done = call.run_next(release, &digest).await?;
    Ok(answer::done(&done, outcome::added(&done)))
}

fn newly_planned(done: &Done) -> Option<FulfillmentNo> {
    done.events.iter().find_map(|event| match event.happening {
        Happening::FulfillmentPlanned { fulfillment, .. } => Some(fulfillment),
        _ => None,
    })
}

/// Call a fulfillment back before it leaves
///
/// 202: the warehouse is asked, and may answer that it has left already.
#[utoipa::path(
    delete, path = "/v1/orders/{id}/fulfillments/{fulfillment_id}", tag = super::SHIPMENTS,
    responses(
        (status = 200, description = "The order; it will not be sent", body = OrderView<'static>),
        (status = 202, description = "The warehouse is asked", body = OrderView<'static>),
    )
)]
pub(crate) async fn recall_fulfillment(
    call: OrderCall,
    FulfillmentPart(fulfillment): FulfillmentPart,
) -> Result<Response, Problem> {
    let recall = Command::RecallFulfillment { fulfillment };
    let done = call.run(recall, &[0; 32]).await?;
    Ok(answer::done(&done, outcome::recalled(&done, fulfillment)))
}
