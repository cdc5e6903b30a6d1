//! Listing orders.

use crate::server::authentication::Principal;
use crate::server::dto::enums;
use crate::server::dto::response::OrderPageResponse;
use crate::server::extract::QueryParameters;
use crate::server::permissions::{Permission, Scope};
use crate::server::problem::Problem;
use crate::server::state::AppState;
use crate::server::{cursor, render, tags};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use order_core::ports::{ListQuery, Page};
use order_core::value::StorefrontId;

/// List orders, newest first
///
/// A customer sees their own orders only. An unknown parameter is refused.
#[utoipa::path(
    get, path = "/v1/orders", tag = tags::ORDERS,
    params(
        ("status" = Option<enums::OrderStatus>, Query),
        ("payment_status" = Option<enums::PaymentStatus>, Query),
        ("fulfillment_status" = Option<enums::FulfillmentStatus>, Query),
        ("customer_id" = Option<String>, Query),
        ("sku" = Option<String>, Query, description = "Orders with a line of this SKU"),
        ("placed_after" = Option<chrono::DateTime<chrono::Utc>>, Query,
         description = "Orders placed at this time or later"),
        ("placed_before" = Option<chrono::DateTime<chrono::Utc>>, Query,
         description = "Orders placed before this time"),
        ("include_deleted" = Option<bool>, Query),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000,
         description = "Maximum number of orders; 50 if it is absent"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the previous page"),
    ),
    responses((status = 200, description = "A page of orders", body = OrderPageResponse<'static>))
)]
pub(crate) async fn list_orders(
    State(state): State<AppState>,
    principal: Principal,
    parameters: QueryParameters,
) -> Result<Response, Problem> {
    let scope = principal.require(Permission::Read)?;
    let mut query = parse_query(principal.storefront, parameters)?;
    if let Scope::Own(own) = scope {
        if query
            .customer_id
            .as_ref()
            .is_some_and(|requested| *requested != own)
        {
            return Ok(render_page(&Page::default()));
        }
        query.customer_id = Some(own);
    }
    let page = state.orders.list(&query).await?;
    Ok(render_page(&page))
}

fn render_page(page: &Page) -> Response {
    render::json(StatusCode::OK, &OrderPageResponse::from(page))
}

/// Parses the query: one line for each filter.
fn parse_query(
    storefront: StorefrontId,
    mut parameters: QueryParameters,
) -> Result<ListQuery, Problem> {
    let limit = parameters.limit();
    let mut query = ListQuery::new(storefront, limit);
    query.status = parameters.take("status");
    query.payment_status = parameters.take("payment_status");
    query.fulfillment_status = parameters.take("fulfillment_status");
    query.customer_id = parameters.take("customer_id");
    query.sku = parameters.take("sku");
    query.placed_after = parameters.instant("placed_after");
    query.placed_before = parameters.instant("placed_before");
    query.include_deleted = parameters.flag("include_deleted");
    query.after = parameters.cursor(cursor::decode);
    parameters.finish(query)
}
