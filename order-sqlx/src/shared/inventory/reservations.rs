//! Reservations: units of products that are reserved for an order, and then committed or released.

use super::super::dialect::Connection;
use super::super::encode::{encoding_error, micros};
use super::super::error::DbError;
use super::super::rows::execute_on_each;
use super::expiry::{load_unexpired, sweep_skus};
use super::products;
use super::reservation_rows::{
    COMMITTED, HELD, READ, RELEASED, ReservationKey, ReservationRow, insert, insert_lines, read,
    read_lines, return_units, set_status,
};
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{
    ReserveOutcome, ReviseOutcome, StockOutcome, StoredReservation, StoredReservationStatus,
};
use order_core::time::Timestamp;
use order_core::value::{Sku, StorefrontId};
use std::collections::BTreeMap;

/// The outcome of a reserve request; `Err` if the id was used for other lines.
pub(crate) type ReserveResult = Result<ReserveOutcome, OtherLines>;

/// The id of a reservation was used for other lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OtherLines;

/// Reserves units, all or nothing. A repetition returns the outcome of the first request.
pub(crate) async fn reserve(
    connection: &mut Connection,
    key: &ReservationKey,
    lines: &[SkuQuantity],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<ReserveResult, DbError> {
    let requested = serde_json::to_string(lines).map_err(encoding_error)?;
    if let Some(outcome) = find_repeated(connection, key, &requested, now).await? {
        return Ok(outcome);
    }
    match check_available(connection, key, lines, &BTreeMap::new(), now).await? {
        Availability::Enough => {}
        Availability::Unknown(skus) => return Ok(Ok(ReserveOutcome::UnknownSkus { skus })),
        Availability::Short(shortages) => {
            // The same request may have taken the last units while this one waited for the lock.
            let repeated = find_repeated(connection, key, &requested, now).await?;
            return Ok(repeated.unwrap_or(Ok(ReserveOutcome::Insufficient { shortages })));
        }
    }
    let units: Vec<_> = lines
        .iter()
        .map(|line| (&line.sku, i64::from(line.quantity)))
        .collect();
    take_units(connection, &key.storefront, &units).await?;
    insert(connection, key, HELD, Some(expires_at), &requested).await?;
    insert_lines(connection, key, lines).await?;
    Ok(Ok(ReserveOutcome::Reserved { expires_at }))
}

/// Returns the outcome of an earlier request under the same id, if there was one.
async fn find_repeated(
    connection: &mut Connection,
    key: &ReservationKey,
    requested: &str,
    now: Timestamp,
) -> Result<Option<ReserveResult>, DbError> {
    let stored = load_unexpired(connection, key, now).await?;
    Ok(stored.map(|stored| match stored.expires_at {
        Some(_) if stored.keeps_units() && stored.requested_lines != requested => Err(OtherLines),
        Some(expires_at) if stored.keeps_units() => Ok(ReserveOutcome::Reserved { expires_at }),
        _ => Ok(ReserveOutcome::Gone),
    }))
}

/// Changes a reservation to cover exactly these units.
pub(crate) async fn revise(
    connection: &mut Connection,
    key: &ReservationKey,
    lines: &[SkuQuantity],
    now: Timestamp,
) -> Result<ReviseOutcome, DbError> {
    if !load_unexpired(connection, key, now)
        .await?
        .is_some_and(|stored| stored.keeps_units())
    {
        return Ok(ReviseOutcome::Gone);
    }
    let own: BTreeMap<Sku, u32> = read_lines(connection, key)
        .await?
        .into_iter()
        .map(|line| (line.sku, line.quantity))
        .collect();
    match check_available(connection, key, lines, &own, now).await? {
        Availability::Enough => {}
        Availability::Unknown(skus) => return Ok(ReviseOutcome::UnknownSkus { skus }),
        Availability::Short(shortages) => return Ok(ReviseOutcome::Insufficient { shortages }),
    }
    let mut difference: BTreeMap<&Sku, i64> = own
        .iter()
        .map(|(sku, units)| (sku, -i64::from(*units)))
        .collect();
    for line in lines {
        *difference.entry(&line.sku).or_default() += i64::from(line.quantity);
    }
    let difference: Vec<_> = difference.into_iter().collect();
    take_units(connection, &key.storefront, &difference).await?;
    sqlx::query(concat!(
        "DELETE FROM ",
        table!("reservation_lines"),
        " WHERE storefront = $1 AND reservation = $2",
    ))
    .bind(key.storefront.as_str())
    .bind(&key.id)
    .execute(&mut *connection)
    .await?;
    insert_lines(connection, key, lines).await?;
    Ok(ReviseOutcome::Revised)
}

/// Extends a reservation to expire at `until` or later.
pub(crate) async fn extend(
    connection: &mut Connection,
    key: &ReservationKey,
    now: Timestamp,
    until: Timestamp,
) -> Result<StockOutcome, DbError> {
    let stored = load_unexpired(connection, key, now).await?;
    let Some(stored) = stored.filter(ReservationRow::keeps_units) else {
        return Ok(StockOutcome::Gone);
    };
    if stored.status == StoredReservationStatus::Committed {
        return Ok(StockOutcome::Done { expires_at: None });
    }
    let expires_at = stored
        .expires_at
        .map_or(until, |already| already.max(until));
    sqlx::query(concat!(
        "UPDATE ",
        table!("reservations"),
        " SET expires_at = $3 WHERE storefront = $1 AND reservation = $2",
    ))
    .bind(key.storefront.as_str())
    .bind(&key.id)
    .bind(micros(expires_at))
    .execute(connection)
    .await?;
    Ok(StockOutcome::Done {
        expires_at: Some(expires_at),
    })
}

/// Takes the units for good (stock commit).
pub(crate) async fn commit(
    connection: &mut Connection,
    key: &ReservationKey,
    now: Timestamp,
) -> Result<StockOutcome, DbError> {
    let stored = load_unexpired(connection, key, now).await?;
    let Some(stored) = stored.filter(ReservationRow::keeps_units) else {
        return Ok(StockOutcome::Gone);
    };
    if stored.status == StoredReservationStatus::Held {
        set_status(connection, key, COMMITTED).await?;
    }
    Ok(StockOutcome::Done { expires_at: None })
}

/// Returns the units to stock. An unknown id is stored as released, so that a late reserve under it
/// finds it gone.
pub(crate) async fn release(
    connection: &mut Connection,
    key: &ReservationKey,
    now: Timestamp,
) -> Result<(), DbError> {
    let Some(stored) = load_unexpired(connection, key, now).await? else {
        return insert(connection, key, RELEASED, None, "[]").await;
    };
    if stored.keeps_units() {
        return_units(connection, &[(key.storefront.to_string(), key.id.clone())]).await?;
    }
    set_status(connection, key, RELEASED).await
}

/// Reads a reservation as of `now`, without expiring it.
pub(crate) async fn find(
    connection: &mut Connection,
    key: &ReservationKey,
    now: Timestamp,
) -> Result<Option<StoredReservation>, DbError> {
    let Some(mut stored) = read(connection, READ, key).await? else {
        return Ok(None);
    };
    if stored.has_lapsed(now) {
        stored.status = StoredReservationStatus::Expired;
    }
    let lines = read_lines(connection, key).await?;
    let expires_at = stored
        .expires_at
        .filter(|_| stored.status == StoredReservationStatus::Held);
    Ok(Some(StoredReservation::new(
        stored.status,
        lines,
        expires_at,
    )))
}

enum Availability {
    Enough,
    Unknown(Vec<Sku>),
    Short(Vec<Shortage>),
}

/// Checks whether these lines can be reserved by an owner who has the units `own` already. Expires
/// lapsed reservations first where units are short. Locks the products.
async fn check_available(
    connection: &mut Connection,
    key: &ReservationKey,
    lines: &[SkuQuantity],
    own: &BTreeMap<Sku, u32>,
    now: Timestamp,
) -> Result<Availability, DbError> {
    loop {
        let available = products::lock_available(connection, &key.storefront, lines).await?;
        let unknown = products::unknown(lines, &available);
        if !unknown.is_empty() {
            return Ok(Availability::Unknown(unknown));
        }
        let shortages = products::shortages(lines, &available, own);
        if shortages.is_empty() {
            return Ok(Availability::Enough);
        }
        let short: Vec<_> = shortages
            .iter()
            .map(|short| (key.storefront.as_str(), short.sku.as_str()))
            .collect();
        if sweep_skus(connection, &short, now).await? == 0 {
            return Ok(Availability::Short(shortages));
        }
    }
}

/// Takes units of products; negative units are returned. The condition of the update prevents overselling:
/// it fails with a write conflict if a product has fewer units, and the transaction must be rolled back.
async fn take_units(
    connection: &mut Connection,
    storefront: &StorefrontId,
    units: &[(&Sku, i64)],
) -> Result<(), DbError> {
    let rows: Vec<_> = units
        .iter()
        .filter(|(_, units)| *units != 0)
        .map(|(sku, units)| (storefront.as_str(), sku.as_str(), units))
        .collect();
    execute_on_each(
        connection,
        concat!(
            "UPDATE ",
            table!("products"),
            " AS p SET available = p.available - CAST(n.value ->> 2 AS BIGINT) FROM ",
            rows!("$1"),
            " WHERE p.storefront = n.value ->> 0 AND p.sku = n.value ->> 1",
            " AND p.available >= CAST(n.value ->> 2 AS BIGINT)",
        ),
        &rows,
    )
    .await
}
