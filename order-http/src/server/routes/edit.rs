//! Changing what is ordered, where it goes, and what belongs to the caller.

use crate::server::call::OrderCall;
use crate::server::dto::address::AddressWire;
use crate::server::dto::details::DetailsWire;
use crate::server::dto::lines::ReviseLinesWire;
use crate::server::dto::order::OrderView;
use crate::server::extract::{Broken, Json};
use crate::server::principal::Right;
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::{Command, CommandKind};
use order_core::ports::OrderError;

/// Replace the lines
///
/// Until something is released to the warehouse. If there is no stock for them, the lines stay as
/// they were (422 `insufficient-stock`).
#[utoipa::path(
    put, path = "/v1/orders/{id}/lines", tag = super::ORDERS,
    request_body = ReviseLinesWire,
    responses((status = 200, description = "The order with its new lines",
               body = OrderView<'static>))
)]
pub(crate) async fn revise_lines(
    call: OrderCall,
    Json { value, digest }: Json<ReviseLinesWire>,
) -> Result<Response, Problem> {
    let done = call.run(value, &digest).await?;
    Ok(answer::done(&done, outcome::revised(&done)))
}

/// Send it elsewhere
#[utoipa::path(
    put, path = "/v1/orders/{id}/shipping_address", tag = super::ORDERS,
    request_body = AddressWire,
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn change_address(
    call: OrderCall,
    Json { value, digest }: Json<AddressWire>,
) -> Result<Response, Problem> {
    let address = Box::new(value);
    let done = call
        .run(Command::ChangeAddress { address }, &digest)
        .await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}

/// Change metadata, contact or labels
///
/// A JSON merge patch (RFC 7396): what is missing stays, `null` removes.
#[utoipa::path(
    patch, path = "/v1/orders/{id}", tag = super::ORDERS,
    request_body(content(
        (DetailsWire = "application/json"),
        (DetailsWire = "application/merge-patch+json"),
    )),
    responses((status = 200, description = "The order", body = OrderView<'static>))
)]
pub(crate) async fn update_order(
    call: OrderCall,
    Json { value, digest }: Json<DetailsWire>,
) -> Result<Response, Problem> {
    const TRIES: usize = 3;
    let reach = call
        .principal
        .require(Right::Command(CommandKind::UpdateDetails))?;
    for _ in 0..TRIES {
        let order = call.order(&reach).await?;
        let command = value
            .clone()
            .over(&order)
            .map_err(|broken| Problem::invalid(vec![broken.field_error("contact".into())]))?;
        call.principal.require_command(&command)?;
        let asked = call.expected(&reach).await?;
        // A patch laid over one version must not be stored over another.
        let needed = value.depends_on_order().then(|| order.version());
        match call.execute(command, asked.or(needed), &digest).await {
            Err(OrderError::Stale { .. }) if asked.is_none() => {}
            answer => {
                let done = answer?;
                return Ok(answer::done(&done, outcome::settled(&done)));
            }
        }
    }
    Err(OrderError::Contended { id: call.id }.into())
}
