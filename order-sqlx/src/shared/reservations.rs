//! Reservations: units of products that are set aside or taken for one order.
//!
//! One that lapses is given back by whoever comes across it first: its own order, another that
//! wants its units, or a sweep.

use super::dialect::Connection;
use super::failure::Failure;
use super::products;
use super::record::{run, run_on_each};
use super::rows::{Reading, json, micros, unwritable};
use order_core::order::SkuUnits;
use order_core::ports::{
    ReservationStatus, ReservationView, ReserveOutcome, ReviseOutcome, StockOutcome,
};
use order_core::reference::Reference;
use order_core::time::Timestamp;
use order_core::value::{Sku, StorefrontId};
use std::collections::{BTreeMap, BTreeSet};

/// The most reservations that are given back in one statement.
const SWEPT_AT_ONCE: u32 = 500;

/// What a reservation is known by.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) storefront: StorefrontId,
    pub(super) id: String,
}

impl Key {
    pub(super) fn new(storefront: &StorefrontId, id: &Reference) -> Self {
        Self {
            storefront: storefront.clone(),
            id: id.to_string(),
        }
    }
}

struct Stored {
    status: ReservationStatus,
    expires_at: Option<Timestamp>,
    asked: String,
}

impl Stored {
    fn keeps_units(&self) -> bool {
        matches!(
            self.status,
            ReservationStatus::Held | ReservationStatus::Committed
        )
    }

    fn has_lapsed(&self, now: Timestamp) -> bool {
        self.status == ReservationStatus::Held
            && self.expires_at.is_none_or(|expires_at| expires_at <= now)
    }
}

const HELD: &str = "held";
const COMMITTED: &str = "committed";
const RELEASED: &str = "released";
const EXPIRED: &str = "expired";

/// What became of a wish to set units aside; `Err` if the id was used for other lines.
pub(super) type Reserved = Result<ReserveOutcome, OtherLines>;

/// The id of a reservation was used for other lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct OtherLines;

/// Sets units aside, all or nothing.
pub(super) async fn reserve(
    connection: &mut Connection,
    key: &Key,
    lines: &[SkuUnits],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Reserved, Failure> {
    let asked = serde_json::to_string(lines).map_err(unwritable)?;
    if let Some(made) = made_already(connection, key, &asked, now).await? {
        return Ok(made);
    }
    match choose(connection, key, lines, &BTreeMap::new(), now).await? {
        Choice::Enough => {}
        Choice::Unknown(skus) => return Ok(Ok(ReserveOutcome::UnknownSkus { skus })),
        Choice::Short(shortages) => {
            // The same wish may have got the last of it while this one waited for the products.
            let made = made_already(connection, key, &asked, now).await?;
            return Ok(made.unwrap_or(Ok(ReserveOutcome::Insufficient { shortages })));
        }
    }
    let units: Vec<_> = lines
        .iter()
        .map(|line| (&line.sku, i64::from(line.quantity)))
        .collect();
    products::take(connection, &key.storefront, &units).await?;
    insert(connection, key, HELD, Some(expires_at), &asked).await?;
    insert_lines(connection, key, lines).await?;
    Ok(Ok(ReserveOutcome::Reserved { expires_at }))
}

/// What the same wish came to before, if it was made before.
async fn made_already(
    connection: &mut Connection,
    key: &Key,
    asked: &str,
    now: Timestamp,
) -> Result<Option<Reserved>, Failure> {
    let stored = load(connection, key, now).await?;
    Ok(stored.map(|stored| match stored.expires_at {
        Some(_) if stored.keeps_units() && stored.asked != asked => Err(OtherLines),
        Some(expires_at) if stored.keeps_units() => Ok(ReserveOutcome::Reserved { expires_at }),
        _ => Ok(ReserveOutcome::Gone),
    }))
}

/// Makes a reservation cover exactly these units.
pub(super) async fn revise(
    connection: &mut Connection,
    key: &Key,
    lines: &[SkuUnits],
    now: Timestamp,
) -> Result<ReviseOutcome, Failure> {
    if !load(connection, key, now)
        .await?
        .is_some_and(|stored| stored.keeps_units())
    {
        return Ok(ReviseOutcome::Gone);
    }
    let own: BTreeMap<Sku, u32> = covered(connection, key)
        .await?
        .into_iter()
        .map(|line| (line.sku, line.quantity))
        .collect();
    match choose(connection, key, lines, &own, now).await? {
        Choice::Enough => {}
        Choice::Unknown(skus) => return Ok(ReviseOutcome::UnknownSkus { skus }),
        Choice::Short(shortages) => return Ok(ReviseOutcome::Insufficient { shortages }),
    }
    let mut more: BTreeMap<&Sku, i64> = own
        .iter()
        .map(|(sku, units)| (sku, -i64::from(*units)))
        .collect();
    for line in lines {
        *more.entry(&line.sku).or_default() += i64::from(line.quantity);
    }
    let more: Vec<_> = more.into_iter().collect();
    products::take(connection, &key.storefront, &more).await?;
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

/// Holds a reservation until then at least.
pub(super) async fn extend(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
    until: Timestamp,
) -> Result<StockOutcome, Failure> {
    let stored = load(connection, key, now).await?;
    let Some(stored) = stored.filter(Stored::keeps_units) else {
        return Ok(StockOutcome::Gone);
    };
    if stored.status == ReservationStatus::Committed {
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

/// Takes the units for good.
pub(super) async fn commit(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<StockOutcome, Failure> {
    let stored = load(connection, key, now).await?;
    let Some(stored) = stored.filter(Stored::keeps_units) else {
        return Ok(StockOutcome::Gone);
    };
    if stored.status == ReservationStatus::Held {
        mark(connection, key, COMMITTED).await?;
    }
    Ok(StockOutcome::Done { expires_at: None })
}

/// Gives back what is held or taken. One that never was is noted as released.
pub(super) async fn release(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(stored) = load(connection, key, now).await? else {
        return insert(connection, key, RELEASED, None, "[]").await;
    };
    if stored.keeps_units() {
        give_back(connection, &[(key.storefront.to_string(), key.id.clone())]).await?;
    }
    mark(connection, key, RELEASED).await
}

/// The reservation as it stands by now.
pub(super) async fn find(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<Option<ReservationView>, Failure> {
    let Some(mut stored) = read(connection, READ, key).await? else {
        return Ok(None);
    };
    if stored.has_lapsed(now) {
        stored.status = ReservationStatus::Expired;
    }
    let lines = covered(connection, key).await?;
    let expires_at = stored
        .expires_at
        .filter(|_| stored.status == ReservationStatus::Held);
    Ok(Some(ReservationView::new(stored.status, lines, expires_at)))
}

/// Gives back what has lapsed, at most so many, the longest lapsed first. Answers how many.
pub(super) async fn sweep(
    connection: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, Failure> {
    let lapsed = sqlx::query(concat!(
        "SELECT storefront, reservation FROM ",
        table!("reservations"),
        " WHERE status = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
        locking_free!(),
    ))
    .bind(micros(now))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    expire(connection, &lapsed).await
}

/// Gives back what has lapsed of reservations with one of these SKUs.
async fn sweep_of(
    connection: &mut Connection,
    skus: &[(&str, &str)],
    now: Timestamp,
) -> Result<u64, Failure> {
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
        locking!("r"),
    ))
    .bind(micros(now))
    .bind(json(skus)?)
    .bind(i64::from(SWEPT_AT_ONCE))
    .fetch_all(&mut *connection)
    .await?;
    expire(connection, &lapsed).await
}

enum Choice {
    Enough,
    Unknown(Vec<Sku>),
    Short(Vec<order_core::order::Shortage>),
}

/// Whether there is enough for these lines, for whoever has these units already. What has lapsed
/// is given back first where it would be too little.
async fn choose(
    connection: &mut Connection,
    key: &Key,
    lines: &[SkuUnits],
    own: &BTreeMap<Sku, u32>,
    now: Timestamp,
) -> Result<Choice, Failure> {
    loop {
        let free = products::free(connection, &key.storefront, lines).await?;
        let unknown = products::unknown(lines, &free);
        if !unknown.is_empty() {
            return Ok(Choice::Unknown(unknown));
        }
        let shortages = products::shortages(lines, &free, own);
        if shortages.is_empty() {
            return Ok(Choice::Enough);
        }
        let short: Vec<_> = shortages
            .iter()
            .map(|short| (key.storefront.as_str(), short.sku.as_str()))
            .collect();
        if sweep_of(connection, &short, now).await? == 0 {
            return Ok(Choice::Short(shortages));
        }
    }
}

/// What is stored of a reservation.
const READ: &str = concat!(
    "SELECT r.status, r.expires_at, r.asked FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = $1 AND r.reservation = $2",
);

/// The same, to decide on it.
const READ_LOCKING: &str = concat!(
    "SELECT r.status, r.expires_at, r.asked FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = $1 AND r.reservation = $2",
    locking!("r"),
);

async fn read(
    connection: &mut Connection,
    statement: &'static str,
    key: &Key,
) -> Result<Option<Stored>, Failure> {
    sqlx::query(statement)
        .bind(key.storefront.as_str())
        .bind(&key.id)
        .fetch_optional(connection)
        .await?
        .map(|row| {
            let reading = Reading::new(&row, "reservations", &key.id);
            let status = match reading.text("status")? {
                HELD => ReservationStatus::Held,
                COMMITTED => ReservationStatus::Committed,
                RELEASED => ReservationStatus::Released,
                EXPIRED => ReservationStatus::Expired,
                _ => return Err(reading.corrupt("status", "there is no such status")),
            };
            Ok(Stored {
                status,
                expires_at: reading.instant_or_none("expires_at")?,
                asked: reading.text("asked")?.to_owned(),
            })
        })
        .transpose()
}

/// The reservation, given back if it has lapsed.
async fn load(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<Option<Stored>, Failure> {
    let mut stored = read(connection, READ_LOCKING, key).await?;
    if let Some(stored) = &mut stored
        && stored.has_lapsed(now)
    {
        give_back(connection, &[(key.storefront.to_string(), key.id.clone())]).await?;
        mark(connection, key, EXPIRED).await?;
        stored.status = ReservationStatus::Expired;
    }
    Ok(stored)
}

async fn covered(connection: &mut Connection, key: &Key) -> Result<Vec<SkuUnits>, Failure> {
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
        let reading = Reading::new(row, "reservation_lines", &key.id);
        Ok(SkuUnits::new(
            reading.value("sku")?,
            reading.small("quantity")?,
        ))
    })
    .collect()
}

async fn insert(
    connection: &mut Connection,
    key: &Key,
    status: &'static str,
    expires_at: Option<Timestamp>,
    asked: &str,
) -> Result<(), Failure> {
    let rows = [(
        key.storefront.as_str(),
        &key.id,
        status,
        expires_at.map(micros),
        asked,
    )];
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("reservations"),
            " (storefront, reservation, status, expires_at, asked) SELECT n.value ->> 0,",
            " n.value ->> 1, n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), n.value ->> 4 FROM ",
            rows!("$1"),
            " WHERE true ON CONFLICT DO NOTHING",
        ),
        &rows,
    )
    .await
}

async fn insert_lines(
    connection: &mut Connection,
    key: &Key,
    lines: &[SkuUnits],
) -> Result<(), Failure> {
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                key.storefront.as_str(),
                &key.id,
                line.sku.as_str(),
                line.quantity,
            )
        })
        .collect();
    run_on_each(
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

async fn mark(connection: &mut Connection, key: &Key, status: &'static str) -> Result<(), Failure> {
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

/// Puts the units of reservations back among what can be reserved.
async fn give_back(
    connection: &mut Connection,
    reservations: &[(String, String)],
) -> Result<(), Failure> {
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
    run(connection, statement, reservations).await?;
    Ok(())
}

/// Gives back reservations that have lapsed. Answers how many.
async fn expire(
    connection: &mut Connection,
    lapsed: &[super::dialect::Row],
) -> Result<u64, Failure> {
    let lapsed: BTreeSet<(String, String)> = lapsed
        .iter()
        .map(|row| {
            let reading = Reading::new(row, "reservations", "?");
            let storefront = reading.text("storefront")?.to_owned();
            Ok((storefront, reading.text("reservation")?.to_owned()))
        })
        .collect::<Result<_, Failure>>()?;
    let lapsed: Vec<_> = lapsed.into_iter().collect();
    give_back(connection, &lapsed).await?;
    run(
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
