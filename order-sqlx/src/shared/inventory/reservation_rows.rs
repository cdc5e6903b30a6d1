//! Rows of reservations: read, inserted and updated. What may follow from what is in
//! [`reservations`](super::reservations).

use super::super::dialect::Connection;
use super::super::error::DbError;
use super::super::rows::{RowReader, execute, execute_on_each};
use order_core::order::SkuQuantity;
use order_core::ports::StoredReservationStatus;
use order_core::reference::Reference;
use order_core::time::Timestamp;
use order_core::value::StorefrontId;

/// Identifies a reservation.
#[derive(Debug, Clone)]
pub(crate) struct ReservationKey {
    pub(crate) storefront: StorefrontId,
    pub(crate) id: String,
}

impl ReservationKey {
    pub(crate) fn new(storefront: &StorefrontId, id: &Reference) -> Self {
        Self {
            storefront: storefront.clone(),
            id: id.to_string(),
        }
    }
}

/// The row of a reservation.
pub(super) struct ReservationRow {
    pub(super) status: StoredReservationStatus,
    /// `None` if it was released before it was made.
    pub(super) expires_at: Option<Timestamp>,
    /// The lines of the first request, as JSON.
    pub(super) requested_lines: String,
}

impl ReservationRow {
    /// Returns whether it holds units, reserved or committed.
    pub(super) fn keeps_units(&self) -> bool {
        matches!(
            self.status,
            StoredReservationStatus::Held | StoredReservationStatus::Committed
        )
    }

    pub(super) fn has_lapsed(&self, now: Timestamp) -> bool {
        self.status == StoredReservationStatus::Held
            && self.expires_at.is_none_or(|expires_at| expires_at <= now)
    }
}

pub(super) const HELD: &str = "held";
pub(super) const COMMITTED: &str = "committed";
pub(super) const RELEASED: &str = "released";
pub(super) const EXPIRED: &str = "expired";

pub(super) const READ: &str = concat!(
    "SELECT r.status, r.expires_at, r.requested_lines FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = $1 AND r.reservation = $2",
);

/// The same, and locks the row.
pub(super) const READ_FOR_UPDATE: &str = concat!(
    "SELECT r.status, r.expires_at, r.requested_lines FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = $1 AND r.reservation = $2",
    for_update!("r"),
);

pub(super) async fn read(
    connection: &mut Connection,
    statement: &'static str,
    key: &ReservationKey,
) -> Result<Option<ReservationRow>, DbError> {
    sqlx::query(statement)
        .bind(key.storefront.as_str())
        .bind(&key.id)
        .fetch_optional(connection)
        .await?
        .map(|row| {
            let reader = RowReader::new(&row, "reservations", &key.id);
            let status = match reader.text("status")? {
                HELD => StoredReservationStatus::Held,
                COMMITTED => StoredReservationStatus::Committed,
                RELEASED => StoredReservationStatus::Released,
                EXPIRED => StoredReservationStatus::Expired,
                _ => return Err(reader.corrupt("status", "there is no such status")),
            };
            Ok(ReservationRow {
                status,
                expires_at: reader.optional_instant("expires_at")?,
                requested_lines: reader.text("requested_lines")?.to_owned(),
            })
        })
        .transpose()
}

/// Reads the units that a reservation covers, in the order of SKUs.
pub(super) async fn read_lines(
    connection: &mut Connection,
    key: &ReservationKey,
) -> Result<Vec<SkuQuantity>, DbError> {
    sqlx::query(concat!(
        "SELECT sku, quantity FROM ",
        table!("reservation_lines"),
        " WHERE storefront = $1 AND reservation = $2 ORDER BY sku",
    ))
    .bind(key.storefront.as_str())
    .bind(&key.id)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let reader = RowReader::new(row, "reservation_lines", &key.id);
        Ok(SkuQuantity::new(
            reader.value("sku")?,
            reader.number("quantity")?,
        ))
    })
    .collect()
}

/// A row to insert for a reservation: storefront, id, status, expiry, requested lines.
pub(super) type NewRow<'a> = (&'a str, &'a str, &'static str, Option<i64>, &'a str);

/// Inserts the rows of new reservations, without their lines.
pub(super) async fn insert(
    connection: &mut Connection,
    rows: &[NewRow<'_>],
) -> Result<(), DbError> {
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("reservations"),
            " (storefront, reservation, status, expires_at, requested_lines)",
            " SELECT n.value ->> 0, n.value ->> 1, n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), n.value ->> 4 FROM ",
            rows!("$1"),
            " WHERE true ON CONFLICT DO NOTHING",
        ),
        rows,
    )
    .await
}

/// Inserts the lines of reservations.
pub(super) async fn insert_lines(
    connection: &mut Connection,
    lines: &[(&ReservationKey, &SkuQuantity)],
) -> Result<(), DbError> {
    let rows: Vec<_> = lines
        .iter()
        .map(|(key, line)| {
            (
                key.storefront.as_str(),
                &key.id,
                line.sku.as_str(),
                line.quantity,
            )
        })
        .collect();
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("reservation_lines"),
            " (storefront, reservation, sku, quantity) SELECT n.value ->> 0, n.value ->> 1,",
            " n.value ->> 2, CAST(n.value ->> 3 AS BIGINT) FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await
}

pub(super) async fn set_status(
    connection: &mut Connection,
    key: &ReservationKey,
    status: &'static str,
) -> Result<(), DbError> {
    sqlx::query(concat!(
        "UPDATE ",
        table!("reservations"),
        " SET status = $3 WHERE storefront = $1 AND reservation = $2",
    ))
    .bind(key.storefront.as_str())
    .bind(&key.id)
    .bind(status)
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the units of reservations to stock.
pub(super) async fn return_units(
    connection: &mut Connection,
    reservations: &[(String, String)],
) -> Result<(), DbError> {
    let statement = concat!(
        "UPDATE ",
        table!("products"),
        " AS p SET available = p.available + g.units FROM (SELECT l.storefront AS storefront,",
        " l.sku AS sku, CAST(sum(l.quantity) AS BIGINT) AS units FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("reservation_lines"),
        " AS l WHERE l.storefront = n.value ->> 0 AND l.reservation = n.value ->> 1",
        " GROUP BY l.storefront, l.sku) AS g WHERE p.storefront = g.storefront AND p.sku = g.sku",
    );
    execute(connection, statement, reservations).await?;
    Ok(())
}
