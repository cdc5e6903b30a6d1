//! Expiry of reservations: one that lapses is expired by whoever comes across it first, its own
//! order, a reservation that needs its units, or a sweep.

use super::super::dialect::{Connection, Row};
use super::super::encode::{json_rows, micros};
use super::super::error::DbError;
use super::super::rows::{RowReader, execute};
use super::reservation_rows::{
    EXPIRED, READ_FOR_UPDATE, ReservationKey, ReservationRow, read, return_units, set_status,
};
use order_core::ports::StoredReservationStatus;
use order_core::time::Timestamp;
use std::collections::BTreeSet;

/// The most reservations that are expired in one statement.
const MAX_SWEEP: u32 = 500;

/// Reads a reservation and locks its row; expires it first if it has lapsed.
pub(super) async fn load_unexpired(
    connection: &mut Connection,
    key: &ReservationKey,
    now: Timestamp,
) -> Result<Option<ReservationRow>, DbError> {
    let mut stored = read(connection, READ_FOR_UPDATE, key).await?;
    if let Some(stored) = &mut stored
        && stored.has_lapsed(now)
    {
        return_units(connection, &[(key.storefront.to_string(), key.id.clone())]).await?;
        set_status(connection, key, EXPIRED).await?;
        stored.status = StoredReservationStatus::Expired;
    }
    Ok(stored)
}

/// Expires reservations that have lapsed, at most `limit`, the longest lapsed first. Returns how
/// many.
pub(crate) async fn sweep(
    connection: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, DbError> {
    let lapsed = sqlx::query(concat!(
        "SELECT storefront, reservation FROM ",
        table!("reservations"),
        " WHERE status = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
        skip_locked!(),
    ))
    .bind(micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    expire(connection, &lapsed).await
}

/// Expires lapsed reservations of one of these SKUs, given with their storefront. Returns how many.
pub(super) async fn sweep_skus(
    connection: &mut Connection,
    skus: &[(&str, &str)],
    now: Timestamp,
) -> Result<u64, DbError> {
    let lapsed = sqlx::query(concat!(
        "SELECT r.storefront AS storefront, r.reservation AS reservation FROM ",
        table!("reservations"),
        " AS r WHERE r.status = 'held' AND r.expires_at <= $1 AND EXISTS (SELECT 1 FROM ",
        rows!("$2"),
        " CROSS JOIN ",
        table!("reservation_lines"),
        " AS l WHERE l.storefront = r.storefront AND l.reservation = r.reservation",
        " AND l.storefront = n.value ->> 0 AND l.sku = n.value ->> 1)",
        " ORDER BY r.expires_at LIMIT $3",
        for_update!("r"),
    ))
    .bind(micros(now))
    .bind(json_rows(skus)?)
    .bind(i64::from(MAX_SWEEP))
    .fetch_all(&mut *connection)
    .await?;
    expire(connection, &lapsed).await
}

/// Expires the reservations of these rows, which are locked. Returns how many.
async fn expire(connection: &mut Connection, lapsed: &[Row]) -> Result<u64, DbError> {
    let lapsed: BTreeSet<(String, String)> = lapsed
        .iter()
        .map(|row| {
            let reader = RowReader::new(row, "reservations", "?");
            let storefront = reader.text("storefront")?.to_owned();
            Ok((storefront, reader.text("reservation")?.to_owned()))
        })
        .collect::<Result<_, DbError>>()?;
    let lapsed: Vec<_> = lapsed.into_iter().collect();
    return_units(connection, &lapsed).await?;
    execute(
        connection,
        concat!(
            "UPDATE ",
            table!("reservations"),
            " AS r SET status = 'expired' FROM ",
            rows!("$1"),
            " WHERE r.storefront = n.value ->> 0 AND r.reservation = n.value ->> 1",
        ),
        &lapsed,
    )
    .await
}
