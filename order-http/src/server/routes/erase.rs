//! Erasing personal data.

use crate::server::call::OrderCall;
use crate::server::dto::commands::NothingWire;
use crate::server::dto::order::OrderView;
use crate::server::extract::Json;
use crate::server::problem::Problem;
use crate::server::{answer, outcome};
use axum::response::Response;
use order_core::command::Command;

/// Erase address, contact and payment token for good
///
/// For an administrator, and once the order has ended. Lines, ledger and history stay.
#[utoipa::path(
    post, path = "/v1/orders/{id}/erase", tag = super::OPERATIONS,
    request_body = Option<NothingWire>,
    responses((status = 200, description = "The order without them", body = OrderView<'static>))
)]
pub(crate) async fn erase(
    call: OrderCall,
    Json { digest, .. }: Json<NothingWire>,
) -> Result<Response, Problem> {
    let done = call.run(Command::ErasePersonalData, &digest).await?;
    Ok(answer::done(&done, outcome::settled(&done)))
}
