//! Reading an order, its history and its actions.

use crate::server::dto::response::OrderResponse;
use crate::server::dto::response::{ActionResponse, ActionsResponse, HistoryResponse};
use crate::server::order_request::OrderRequest;
use crate::server::permissions::Permission;
use crate::server::problem::Problem;
use crate::server::{etag, render, tags};
use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// Read an order
#[utoipa::path(
    get, path = "/v1/orders/{id}", tag = tags::ORDERS,
    responses(
        (status = 200, description = "The order", body = OrderResponse<'static>,
         headers(("ETag", description = "Its version, quoted"))),
        (status = 304, description = "`If-None-Match` names the current version"),
    )
)]
pub(crate) async fn get_order(
    request: OrderRequest,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let scope = request.principal.require(Permission::Read)?;
    let order = request.order(&scope).await?;
    if order.deleted_at().is_some() {
        return Err(Problem::order_deleted(request.id));
    }
    if etag::is_known(&headers, order.version()) {
        return Ok(etag::not_modified(order.version()));
    }
    Ok(render::order(StatusCode::OK, &order))
}

/// Read the history of an order
///
/// Events, oldest first, without personal data. A deleted order keeps its history.
#[utoipa::path(
    get, path = "/v1/orders/{id}/history", tag = tags::ORDERS,
    responses((status = 200, description = "Its events", body = HistoryResponse))
)]
pub(crate) async fn get_history(request: OrderRequest) -> Result<Json<HistoryResponse>, Problem> {
    request.require_readable().await?;
    let events = request
        .state
        .orders
        .history(&request.principal.storefront, request.id)
        .await?
        .ok_or_else(|| Problem::order_not_found(request.id))?;
    let data = events.iter().map(Into::into).collect();
    Ok(Json(HistoryResponse { data }))
}

/// Read which actions are allowed now
///
/// For the caller: an action that none of their roles may take is not allowed.
#[utoipa::path(
    get, path = "/v1/orders/{id}/actions", tag = tags::ORDERS,
    responses((status = 200, description = "Every action, and why it is not allowed", body = ActionsResponse))
)]
pub(crate) async fn get_actions(request: OrderRequest) -> Result<Json<ActionsResponse>, Problem> {
    request.require_readable().await?;
    let states = request
        .state
        .orders
        .available_commands(&request.principal.storefront, request.id)
        .await?
        .ok_or_else(|| Problem::order_not_found(request.id))?;
    let data = states
        .iter()
        .map(|state| {
            let permission = Permission::Command(state.command);
            ActionResponse::new(state, request.principal.scope(permission).is_some())
        })
        .collect();
    Ok(Json(ActionsResponse { data }))
}
