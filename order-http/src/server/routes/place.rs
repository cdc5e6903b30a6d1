//! Placing an order.

use crate::server::dto::order::OrderView;
use crate::server::dto::place::{PlaceWire, Wish};
use crate::server::extract::{Json, Prefix};
use crate::server::principal::{Principal, Right};
use crate::server::problem::Problem;
use crate::server::{Shared, answer, idempotency, outcome};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use order_core::command::CommandKind;
use order_core::ports::Place;

/// Place an order
///
/// The order is carried as far as it goes within the time budget of the server: customer, stock,
/// payment. 202: it waits for a service that is away (`pending_on`), or for one that is slow, and
/// goes on by itself. A refused order (422) is there too: `order_id` and `Location` name it.
#[utoipa::path(
    post, path = "/v1/orders", tag = super::ORDERS,
    request_body = PlaceWire,
    responses(
        (status = 201, description = "Placed", body = OrderView<'static>,
         headers(("Location", description = "The path of the order"))),
        (status = 202, description = "Placed, and waiting", body = OrderView<'static>,
         headers(("Location", description = "The path of the order"))),
    )
)]
pub(crate) async fn place_order(
    State(shared): State<Shared>,
    principal: Principal,
    prefix: Prefix,
    headers: HeaderMap,
    Json { value, digest }: Json<PlaceWire>,
) -> Result<Response, Problem> {
    let key = idempotency::key(&headers)?.ok_or_else(idempotency::key_missing)?;
    let Wish {
        customer_id,
        currency,
        lines,
        adjustments,
        personal,
        metadata,
    } = value;
    let reach = principal.require(Right::Command(CommandKind::PlaceOrder))?;
    reach.require_order_for(&customer_id)?;
    reach.require_prices(&lines, &adjustments)?;
    let mut place = Place::new(principal.storefront.clone(), customer_id, lines);
    place.currency = currency;
    place.adjustments = adjustments;
    place.personal = personal;
    place.metadata = metadata;
    place.actor = principal.actor();
    place.idempotency = Some(idempotency::promise(
        key,
        idempotency::PLACE.to_owned(),
        &digest,
    ));
    let done = shared.orders.place(place).await?;
    let id = done.order.id();
    tracing::Span::current().record("order_id", tracing::field::display(id));
    let response = answer::done(&done, outcome::placed(&done));
    Ok(answer::at(&prefix.order(id), response))
}
