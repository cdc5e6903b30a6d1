//! Listing orders.

use crate::server::dto::order::PageView;
use crate::server::dto::schema;
use crate::server::extract::Query;
use crate::server::principal::{Principal, Reach, Right};
use crate::server::problem::Problem;
use crate::server::{Shared, answer, cursor};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use order_core::ports::{ListQuery, Page};
use order_core::value::StorefrontId;

/// List orders, newest first
///
/// A customer sees own orders alone. An unknown parameter is refused.
#[utoipa::path(
    get, path = "/v1/orders", tag = super::ORDERS,
    params(
        ("status" = Option<schema::OrderStatus>, Query),
        ("payment_status" = Option<schema::PaymentStatus>, Query),
        ("fulfillment_status" = Option<schema::FulfillmentStatus>, Query),
        ("customer_id" = Option<String>, Query),
        ("sku" = Option<String>, Query, description = "With this SKU on a line"),
        ("placed_after" = Option<chrono::DateTime<chrono::Utc>>, Query,
         description = "Placed then or later"),
        ("placed_before" = Option<chrono::DateTime<chrono::Utc>>, Query,
         description = "Placed before then"),
        ("include_deleted" = Option<bool>, Query),
        ("limit" = Option<u16>, Query, minimum = 1, maximum = 1000,
         description = "At most so many; 50 if it is not given"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "A page of orders", body = PageView<'static>))
)]
pub(crate) async fn list_orders(
    State(shared): State<Shared>,
    principal: Principal,
    parameters: Query,
) -> Result<Response, Problem> {
    let reach = principal.require(Right::Read)?;
    let mut query = query(principal.storefront, parameters)?;
    if let Reach::Own(own) = reach {
        if query
            .customer_id
            .as_ref()
            .is_some_and(|asked| *asked != own)
        {
            return Ok(shown(&Page::default()));
        }
        query.customer_id = Some(own);
    }
    let page = shared.orders.list(query).await?;
    Ok(shown(&page))
}

fn shown(page: &Page) -> Response {
    answer::json(StatusCode::OK, &PageView::from(page))
}

fn query(storefront: StorefrontId, mut parameters: Query) -> Result<ListQuery, Problem> {
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
