//! Reading one order: itself, its history, what can be done with it.

use crate::server::answer;
use crate::server::call::OrderCall;
use crate::server::dto::history::{ActionView, ActionsView, HistoryView};
use crate::server::dto::order::OrderView;
use crate::server::etag::{etag, is_known};
use crate::server::principal::Right;
use crate::server::problem::Problem;
use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Read an order
#[utoipa::path(
    get, path = "/v1/orders/{id}", tag = super::ORDERS,
    responses(
        (status = 200, description = "The order", body = OrderView<'static>,
         headers(("ETag", description = "Its version, quoted"))),
        (status = 304, description = "It is still the version that `If-None-Match` names"),
    )
)]
pub(crate) async fn get_order(call: OrderCall, headers: HeaderMap) -> Result<Response, Problem> {
    let reach = call.principal.require(Right::Read)?;
    let order = call.order(&reach).await?;
    if order.deleted_at().is_some() {
        return Err(Problem::deleted(call.id));
    }
    if is_known(&headers, order.version()) {
        let tag = [(header::ETAG, etag(order.version()))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    Ok(answer::order(StatusCode::OK, &order))
}

/// Read what has happened to an order
///
/// Oldest first, without personal data. A deleted order keeps its history.
#[utoipa::path(
    get, path = "/v1/orders/{id}/history", tag = super::ORDERS,
    responses((status = 200, description = "Its events", body = HistoryView))
)]
pub(crate) async fn get_history(call: OrderCall) -> Result<Json<HistoryView>, Problem> {
    call.require_readable().await?;
    let events = call
        .shared
        .orders
        .history(call.principal.storefront.clone(), call.id)
        .await?
        .ok_or_else(|| Problem::no_order(call.id))?;
    let data = events.iter().map(Into::into).collect();
    Ok(Json(HistoryView { data }))
}

/// Read what can be done with an order now
///
/// By the caller: what none of their roles may do is not allowed either.
#[utoipa::path(
    get, path = "/v1/orders/{id}/actions", tag = super::ORDERS,
    responses((status = 200, description = "Every action, and why not", body = ActionsView))
)]
pub(crate) async fn get_actions(call: OrderCall) -> Result<Json<ActionsView>, Problem> {
    call.require_readable().await?;
    let states = call
        .shared
        .orders
        .actions(call.principal.storefront.clone(), call.id)
        .await?
        .ok_or_else(|| Problem::no_order(call.id))?;
    let data = states
        .iter()
        .map(|state| {
            let right = Right::Command(state.action);
            ActionView::of(state, call.principal.reach(right).is_some())
        })
        .collect();
    Ok(Json(ActionsView { data }))
}
