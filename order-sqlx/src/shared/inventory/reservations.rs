//! Reservations as they go on: revised, extended, committed, released. They are made in
//! [`reserve`](super::reserve).

use super::super::dialect::Connection;
use super::super::encode::micros;
use super::super::error::DbError;
use super::expiry::{load_unexpired, sweep_skus};
use super::products;
use super::reservation_rows::{
    COMMITTED, READ, RELEASED, ReservationKey, ReservationRow, insert, insert_lines, read,
    read_lines, return_units, set_status,
};
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{ReviseOutcome, StockOutcome, StoredReservation, StoredReservationStatus};
use order_core::time::Timestamp;
use order_core::value::Sku;
use std::collections::BTreeMap;

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
    let difference: Vec<_> = difference
        .into_iter()
        .map(|(sku, units)| ((&key.storefront, sku), units))
        .collect();
    products::take(connection, &difference).await?;
    sqlx::query(concat!(
        "DELETE FROM ",
        table!("reservation_lines"),
        " WHERE storefront = $1 AND reservation = $2",
    ))
    .bind(key.storefront.as_str())
    .bind(&key.id)
    .execute(&mut *connection)
    .await?;
    let lines: Vec<_> = lines.iter().map(|line| (key, line)).collect();
    insert_lines(connection, &lines).await?;
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
        let row = (key.storefront.as_str(), &*key.id, RELEASED, None, "[]");
        return insert(connection, &[row]).await;
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

pub(super) enum Availability {
    Enough,
    Unknown(Vec<Sku>),
    Short(Vec<Shortage>),
}

/// Checks whether these lines can be reserved by an owner who has the units `own` already. Expires
/// lapsed reservations first where units are short. Locks the products.
pub(super) async fn check_available(
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
