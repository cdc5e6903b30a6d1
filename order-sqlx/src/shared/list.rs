//! Lists of orders: one statement for each filter that has an index, and none that sorts.
//!
//! The most selective filter of a query drives: its index is scanned in the order of the list, and
//! the other filters are checked on the rows it yields. A list that includes deleted orders merges
//! two scans of the same index.
//!
//! To add a filter: a column with an index (migrations), a [`DrivingFilter`], a condition in
//! `other_filters!`, and a parameter in [`page`].

use super::dialect::{Connection, Id, bind_id, least_id};
use super::encode::{micros, micros_rounded_up};
use super::error::DbError;
use super::rows;
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::{Cursor, ListQuery, Page};

/// The filter whose index is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DrivingFilter {
    /// No filter: all orders by time.
    Time,
    Status,
    Payment,
    Fulfillment,
    Customer,
    Sku,
}

impl DrivingFilter {
    /// Picks the filter that presumably leaves the fewest rows. Orders accumulate in their final
    /// statuses and only pass through the others, which are therefore more selective.
    pub(super) fn for_query(query: &ListQuery) -> Self {
        let transient_status = query.status.filter(|status| !status.is_terminal());
        let transient_fulfillment = query.fulfillment_status.filter(|status| {
            !matches!(
                status,
                FulfillmentStatus::Delivered | FulfillmentStatus::Cancelled
            )
        });
        let transient_payment = query
            .payment_status
            .filter(|status| !matches!(status, PaymentStatus::Paid | PaymentStatus::Unpaid));
        if query.customer_id.is_some() {
            Self::Customer
        } else if query.sku.is_some() {
            Self::Sku
        } else if transient_status.is_some() {
            Self::Status
        } else if transient_fulfillment.is_some() {
            Self::Fulfillment
        } else if transient_payment.is_some() || query.payment_status.is_some() {
            Self::Payment
        } else if query.fulfillment_status.is_some() {
            Self::Fulfillment
        } else if query.status.is_some() {
            Self::Status
        } else {
            Self::Time
        }
    }
}

/// Selects the columns of an order and the sort columns.
macro_rules! columns {
    ($sorted:literal) => {
        concat!(
            "SELECT o.storefront AS storefront, ",
            $sorted,
            ".placed_at AS placed_at, ",
            $sorted,
            ".order_id AS order_id, o.version AS version, o.document AS document,",
            " o.personal AS personal FROM ",
        )
    };
}

/// Limits the rows to those after the cursor and within the requested period.
macro_rules! window {
    ($sorted:literal) => {
        concat!(
            " AND (",
            $sorted,
            ".placed_at, ",
            $sorted,
            ".order_id) < ($2, $3) AND ",
            $sorted,
            ".placed_at >= $4",
        )
    };
}

/// Checks all filters; the driving one again, which costs nothing.
macro_rules! other_filters {
    () => {
        concat!(
            " AND (CAST($5 AS TEXT) IS NULL OR o.status = $5)",
            " AND (CAST($6 AS TEXT) IS NULL OR o.payment_status = $6)",
            " AND (CAST($7 AS TEXT) IS NULL OR o.fulfillment_status = $7)",
            " AND (CAST($8 AS TEXT) IS NULL OR o.customer_id = $8)",
            " AND (CAST($9 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM ",
            table!("order_skus"),
            " AS x WHERE x.storefront = o.storefront AND x.deleted = o.deleted AND x.sku = $9",
            " AND x.placed_at = o.placed_at AND x.order_id = o.order_id))",
        )
    };
}

/// Scans an index of `orders`.
macro_rules! by_column {
    ($condition:literal, $deleted:literal) => {
        concat!(
            columns!("o"),
            table!("orders"),
            " AS o WHERE o.storefront = $1 AND o.deleted = ",
            $deleted,
            $condition,
            window!("o"),
            other_filters!(),
        )
    };
}

/// Scans the index of `order_skus`.
macro_rules! by_sku {
    ($deleted:literal) => {
        concat!(
            columns!("s"),
            table!("order_skus"),
            " AS s CROSS JOIN ",
            table!("orders"),
            " AS o WHERE s.storefront = $1 AND s.deleted = ",
            $deleted,
            " AND s.sku = $9",
            window!("s"),
            " AND o.storefront = s.storefront AND o.order_id = s.order_id",
            other_filters!(),
        )
    };
}

macro_rules! sorted {
    ($live:expr) => {
        concat!($live, " ORDER BY placed_at DESC, order_id DESC LIMIT $10")
    };
    ($live:expr, $deleted:expr) => {
        concat!(
            union_half!($live),
            " UNION ALL ",
            union_half!($deleted),
            " ORDER BY placed_at DESC, order_id DESC LIMIT $10"
        )
    };
}

macro_rules! statement {
    ($query:expr, $condition:literal) => {
        if $query.include_deleted {
            sorted!(by_column!($condition, "0"), by_column!($condition, "1"))
        } else {
            sorted!(by_column!($condition, "0"))
        }
    };
}

/// Returns the statement for a query. All of them take the same parameters.
pub(super) fn statement(query: &ListQuery) -> &'static str {
    match DrivingFilter::for_query(query) {
        DrivingFilter::Time => statement!(query, ""),
        DrivingFilter::Status => statement!(query, " AND o.status = $5"),
        DrivingFilter::Payment => statement!(query, " AND o.payment_status = $6"),
        DrivingFilter::Fulfillment => statement!(query, " AND o.fulfillment_status = $7"),
        DrivingFilter::Customer => statement!(query, " AND o.customer_id = $8"),
        DrivingFilter::Sku if query.include_deleted => sorted!(by_sku!("0"), by_sku!("1")),
        DrivingFilter::Sku => sorted!(by_sku!("0")),
    }
}

/// Returns the sort key that all rows of the page come after.
fn upper_bound(query: &ListQuery) -> (i64, Id) {
    let cursor = query
        .after
        .map(|after| (micros(after.placed_at), bind_id(after.id)));
    let before = query
        .placed_before
        .map(|before| (micros_rounded_up(before), least_id()));
    match (cursor, before) {
        (Some(cursor), Some(before)) => cursor.min(before),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => (i64::MAX, least_id()),
    }
}

/// Reads the page that a query asks for.
pub(super) async fn page(connection: &mut Connection, query: &ListQuery) -> Result<Page, DbError> {
    let limit = usize::from(query.limit.max(1));
    let (placed_at, id) = upper_bound(query);
    let found = sqlx::query(statement(query))
        .bind(query.storefront.as_str())
        .bind(placed_at)
        .bind(id)
        .bind(query.placed_after.map_or(i64::MIN, micros_rounded_up))
        .bind(query.status.map(OrderStatus::as_str))
        .bind(query.payment_status.map(PaymentStatus::as_str))
        .bind(query.fulfillment_status.map(FulfillmentStatus::as_str))
        .bind(query.customer_id.as_ref().map(|id| id.as_str()))
        .bind(query.sku.as_ref().map(|sku| sku.as_str()))
        .bind(i64::from(query.limit.max(1)) + 1)
        .fetch_all(connection)
        .await?;
    let orders = found
        .iter()
        .take(limit)
        .map(rows::order)
        .collect::<Result<Vec<_>, _>>()?;
    let next = orders
        .last()
        .filter(|_| found.len() > limit)
        .map(|last| Cursor::new(last.placed_at(), last.id()));
    Ok(Page::new(orders, next))
}
