//! Placing an order.

use crate::server::authentication::Principal;
use crate::server::dto::request::PlaceOrderBody;
use crate::server::dto::response::OrderResponse;
use crate::server::extract::{MountPath, ValidatedJson};
use crate::server::permissions::Permission;
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::server::{idempotency, outcome, render, tags};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use order_core::command::CommandKind;
use order_core::ports::PlaceOrderRequest;

/// Place an order
///
/// The customer is verified, stock is reserved and the payment is started within the time budget of the
/// server. 202: the order waits for an external service that cannot be reached (`pending_on`) or is
/// slow, and goes on by itself. An order that was rejected (422) is stored as well: `order_id` and
/// `Location` name it.
#[utoipa::path(
    post, path = "/v1/orders", tag = tags::ORDERS,
    request_body = PlaceOrderBody,
    responses(
        (status = 201, description = "Placed", body = OrderResponse<'static>,
         headers(("Location", description = "The path of the order"))),
        (status = 202, description = "Placed, and waiting", body = OrderResponse<'static>,
         headers(("Location", description = "The path of the order"))),
    )
)]
pub(crate) async fn place_order(
    State(state): State<AppState>,
    principal: Principal,
    path: MountPath,
    headers: HeaderMap,
    ValidatedJson {
        value: order,
        digest,
    }: ValidatedJson<PlaceOrderBody>,
) -> Result<Response, Problem> {
    let key = idempotency::parse_key(&headers)?.ok_or_else(idempotency::missing_key)?;
    let scope = principal.require(Permission::Command(CommandKind::PlaceOrder))?;
    scope.require_order_for(&order.customer_id)?;
    scope.require_prices(&order.lines, &order.adjustments)?;
    let mut request = PlaceOrderRequest::new(principal.storefront.clone(), order);
    request.actor = principal.actor();
    request.idempotency = Some(idempotency::for_operation(
        key,
        idempotency::PLACE_ORDER.to_owned(),
        &digest,
    ));
    let done = state.orders.place(request).await?;
    let id = done.order.id();
    tracing::Span::current().record("order_id", tracing::field::display(id));
    let response = render::outcome(&done, outcome::placed(&done));
    Ok(render::with_location(&path.order(id), response))
}
