//! Lists of orders: one statement for each filter that an index can lead, and none that sorts.
//!
//! The other filters of a query are checked on the rows that the leading one finds. A list that
//! includes deleted orders merges the two halves of the same index.

use super::dialect::{Connection, Id, bind_id, least_id};
use super::failure::Failure;
use super::rows::{self, micros, micros_from};
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::{Cursor, ListQuery, Page};

/// The filter whose index is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// None: the newest.
    Time,
    /// The status.
    Status,
    /// The payment status.
    Payment,
    /// The fulfillment status.
    Fulfillment,
    /// The customer.
    Customer,
    /// A SKU.
    Sku,
}

impl Lead {
    /// The filter that leaves the fewest rows, as far as can be told without counting: orders pile
    /// up where they rest, and only pass through the rest.
    pub(super) fn of(query: &ListQuery) -> Self {
        let moving_status = query.status.filter(|status| !status.is_terminal());
        let moving_fulfillment = query.fulfillment_status.filter(|status| {
            !matches!(
                status,
                FulfillmentStatus::Delivered | FulfillmentStatus::Cancelled
            )
        });
        let moving_payment = query
            .payment_status
            .filter(|status| !matches!(status, PaymentStatus::Paid | PaymentStatus::Unpaid));
        if query.customer_id.is_some() {
            Self::Customer
        } else if query.sku.is_some() {
            Self::Sku
        } else if moving_status.is_some() {
            Self::Status
        } else if moving_fulfillment.is_some() {
            Self::Fulfillment
        } else if moving_payment.is_some() || query.payment_status.is_some() {
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

/// The columns of an order, and what the list is sorted by.
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

/// From behind the cursor and within the time asked for, in the order of the list.
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

/// The filters that do not lead.
macro_rules! rest {
    () => {
        concat!(
            " AND (CAST($5 AS TEXT) IS NULL OR o.status = $5)",
            " AND (CAST($6 AS TEXT) IS NULL OR o.payment_status = $6)",
            " AND (CAST($7 AS TEXT) IS NULL OR o.fulfillment_status = $7)",
            " AND (CAST($8 AS TEXT) IS NULL OR o.customer_id = $8)",
            " AND (CAST($9 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM ",
            table!("skus"),
            " AS x WHERE x.storefront = o.storefront AND x.deleted = o.deleted AND x.sku = $9",
            " AND x.placed_at = o.placed_at AND x.order_id = o.order_id))",
        )
    };
}

/// Orders found by a column of theirs.
macro_rules! by_column {
    ($condition:literal, $deleted:literal) => {
        concat!(
            columns!("o"),
            table!("orders"),
            " AS o WHERE o.storefront = $1 AND o.deleted = ",
            $deleted,
            $condition,
            window!("o"),
            rest!(),
        )
    };
}

/// Orders found by a SKU on their lines.
macro_rules! by_sku {
    ($deleted:literal) => {
        concat!(
            columns!("s"),
            table!("skus"),
            " AS s CROSS JOIN ",
            table!("orders"),
            " AS o WHERE s.storefront = $1 AND s.deleted = ",
            $deleted,
            " AND s.sku = $9",
            window!("s"),
            " AND o.storefront = s.storefront AND o.order_id = s.order_id",
            rest!(),
        )
    };
}

macro_rules! sorted {
    ($live:expr) => {
        concat!($live, " ORDER BY placed_at DESC, order_id DESC LIMIT $10")
    };
    ($live:expr, $deleted:expr) => {
        concat!(
            half!($live),
            " UNION ALL ",
            half!($deleted),
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

/// The statement that answers a query.
pub(super) fn statement(query: &ListQuery) -> &'static str {
    match Lead::of(query) {
        Lead::Time => statement!(query, ""),
        Lead::Status => statement!(query, " AND o.status = $5"),
        Lead::Payment => statement!(query, " AND o.payment_status = $6"),
        Lead::Fulfillment => statement!(query, " AND o.fulfillment_status = $7"),
        Lead::Customer => statement!(query, " AND o.customer_id = $8"),
        Lead::Sku if query.include_deleted => sorted!(by_sku!("0"), by_sku!("1")),
        Lead::Sku => sorted!(by_sku!("0")),
    }
}

/// The place that all rows of a page are behind.
fn bound(query: &ListQuery) -> (i64, Id) {
    let cursor = query
        .after
        .map(|after| (micros(after.placed_at), bind_id(after.id)));
    let before = query
        .placed_before
        .map(|before| (micros_from(before), least_id()));
    match (cursor, before) {
        (Some(cursor), Some(before)) => cursor.min(before),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => (i64::MAX, least_id()),
    }
}

/// The page a query asks for.
pub(super) async fn page(connection: &mut Connection, query: &ListQuery) -> Result<Page, Failure> {
    let limit = usize::from(query.limit.max(1));
    let (placed_at, id) = bound(query);
    let found = sqlx::query(statement(query))
        .bind(query.storefront.as_str())
        .bind(placed_at)
        .bind(id)
        .bind(query.placed_after.map_or(i64::MIN, micros_from))
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
