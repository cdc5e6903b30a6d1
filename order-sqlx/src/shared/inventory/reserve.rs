//! Making reservations: one, or several together.

use super::super::dialect::Connection;
use super::super::encode::{encoding_error, json_rows, micros};
use super::super::error::DbError;
use super::super::rows::RowReader;
use super::expiry::load_unexpired;
use super::products::{self, ProductKey};
use super::reservation_rows::{HELD, ReservationKey, insert, insert_lines};
use super::reservations::{Availability, check_available};
use order_core::order::{SkuQuantity, merge_by_sku};
use order_core::ports::ReserveOutcome;
use order_core::time::Timestamp;
use order_core::value::{Sku, StorefrontId};
use std::collections::{BTreeMap, HashSet};

/// The outcome of a reserve request; `Err` if the id was used for other lines.
pub(crate) type ReserveResult = Result<ReserveOutcome, OtherLines>;

/// The id of a reservation was used for other lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OtherLines;

/// A request to reserve units.
#[derive(Debug, Clone)]
pub(crate) struct ReservationRequest {
    pub(crate) key: ReservationKey,
    /// Each SKU once, sorted by SKU.
    pub(crate) lines: Vec<SkuQuantity>,
    /// The lines as JSON, to tell a repetition from another request.
    pub(crate) requested_lines: String,
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl ReservationRequest {
    pub(crate) fn new(
        key: ReservationKey,
        lines: Vec<SkuQuantity>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Self, DbError> {
        Ok(Self {
            key,
            requested_lines: serde_json::to_string(&lines).map_err(encoding_error)?,
            lines,
            now,
            expires_at,
        })
    }

    /// Returns the units it takes of each product.
    fn units(&self) -> impl Iterator<Item = (ProductKey<'_>, i64)> {
        let storefront = &self.key.storefront;
        let lines = self.lines.iter();
        lines.map(move |line| ((storefront, &line.sku), i64::from(line.quantity)))
    }

    /// Returns the outcome if it is granted.
    const fn granted(&self) -> ReserveResult {
        Ok(ReserveOutcome::Reserved {
            expires_at: self.expires_at,
        })
    }
}

/// Reserves units, all or nothing. A repetition returns the outcome of the first request.
pub(crate) async fn reserve(
    connection: &mut Connection,
    request: &ReservationRequest,
) -> Result<ReserveResult, DbError> {
    let ReservationRequest {
        key, lines, now, ..
    } = request;
    if let Some(outcome) = find_repeated(connection, request).await? {
        return Ok(outcome);
    }
    match check_available(connection, key, lines, &BTreeMap::new(), *now).await? {
        Availability::Enough => {}
        Availability::Unknown(skus) => return Ok(Ok(ReserveOutcome::UnknownSkus { skus })),
        Availability::Short(shortages) => {
            // The same request may have taken the last units while this one waited for the lock.
            let repeated = find_repeated(connection, request).await?;
            return Ok(repeated.unwrap_or(Ok(ReserveOutcome::Insufficient { shortages })));
        }
    }
    grant(connection, &[request]).await?;
    Ok(request.granted())
}

/// Reserves units for requests with different ids, each all or nothing, as [`reserve`] does for one
/// after the other. A request that waits for its turn may see units taken by a later one.
///
/// What is in stock is granted together; the others are looked at one by one.
pub(crate) async fn reserve_all(
    connection: &mut Connection,
    requests: &[&ReservationRequest],
) -> Result<Vec<ReserveResult>, DbError> {
    let known = known(connection, requests).await?;
    let mut available = lock_available(connection, requests).await?;
    let (mut granted, mut results) = (Vec::new(), Vec::with_capacity(requests.len()));
    for (item, request) in (0_i64..).zip(requests) {
        let is_granted = !known.contains(&item) && take_available(&mut available, request);
        results.push(is_granted.then(|| request.granted()));
        granted.extend(is_granted.then_some(*request));
    }
    grant(connection, &granted).await?;
    let mut complete = Vec::with_capacity(requests.len());
    for (result, request) in results.into_iter().zip(requests) {
        complete.push(match result {
            Some(granted) => granted,
            None => reserve(connection, request).await?,
        });
    }
    Ok(complete)
}

/// Returns which requests, by their position, have a reservation under their id.
async fn known(
    connection: &mut Connection,
    requests: &[&ReservationRequest],
) -> Result<HashSet<i64>, DbError> {
    let wanted: Vec<_> = (0_i64..)
        .zip(requests)
        .map(|(item, request)| (item, request.key.storefront.as_str(), &request.key.id))
        .collect();
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("reservations"),
        " AS r WHERE r.storefront = n.value ->> 1 AND r.reservation = n.value ->> 2",
    ))
    .bind(json_rows(&wanted)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| RowReader::new(row, "reservations", "?").integer("item"))
    .collect()
}

/// Available units by SKU, of each storefront.
type AvailableUnits<'a> = BTreeMap<&'a StorefrontId, BTreeMap<Sku, u32>>;

/// Reads what is available of the products of these requests. Locks the products, in the order of
/// their storefronts and SKUs.
async fn lock_available<'a>(
    connection: &mut Connection,
    requests: &[&'a ReservationRequest],
) -> Result<AvailableUnits<'a>, DbError> {
    let mut wanted: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for request in requests {
        let lines = wanted.entry(&request.key.storefront).or_default();
        lines.extend(request.lines.iter().cloned());
    }
    let mut available = BTreeMap::new();
    for (storefront, lines) in wanted {
        let units = products::lock_available(connection, storefront, &merge_by_sku(lines)).await?;
        available.insert(storefront, units);
    }
    Ok(available)
}

/// Takes the units of a request from those that are available, all or none. Returns whether it took
/// them.
fn take_available(available: &mut AvailableUnits<'_>, request: &ReservationRequest) -> bool {
    let Some(available) = available.get_mut(&request.key.storefront) else {
        return false;
    };
    let lines = &request.lines;
    let is_enough = products::unknown(lines, available).is_empty()
        && products::shortages(lines, available, &BTreeMap::new()).is_empty();
    if is_enough {
        for line in lines {
            if let Some(units) = available.get_mut(&line.sku) {
                *units -= line.quantity;
            }
        }
    }
    is_enough
}

/// Stores reservations whose units are available, and takes the units.
async fn grant(
    connection: &mut Connection,
    requests: &[&ReservationRequest],
) -> Result<(), DbError> {
    let mut units: BTreeMap<_, i64> = BTreeMap::new();
    for (product, taken) in requests.iter().flat_map(|request| request.units()) {
        *units.entry(product).or_default() += taken;
    }
    products::take(connection, &units.into_iter().collect::<Vec<_>>()).await?;
    let rows: Vec<_> = requests
        .iter()
        .map(|request| {
            let ReservationKey { storefront, id } = &request.key;
            let expires_at = Some(micros(request.expires_at));
            let requested_lines = &*request.requested_lines;
            (
                storefront.as_str(),
                &**id,
                HELD,
                expires_at,
                requested_lines,
            )
        })
        .collect();
    insert(connection, &rows).await?;
    let mut lines = Vec::new();
    for request in requests {
        lines.extend(request.lines.iter().map(|line| (&request.key, line)));
    }
    insert_lines(connection, &lines).await
}

/// Returns the outcome of an earlier request under the same id, if there was one.
async fn find_repeated(
    connection: &mut Connection,
    request: &ReservationRequest,
) -> Result<Option<ReserveResult>, DbError> {
    let requested = &request.requested_lines;
    let stored = load_unexpired(connection, &request.key, request.now).await?;
    Ok(stored.map(|stored| match stored.expires_at {
        Some(_) if stored.keeps_units() && stored.requested_lines != *requested => Err(OtherLines),
        Some(expires_at) if stored.keeps_units() => Ok(ReserveOutcome::Reserved { expires_at }),
        _ => Ok(ReserveOutcome::Gone),
    }))
}
