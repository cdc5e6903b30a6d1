//! Writes the changes that apply: each statement takes the rows of all of them.

use super::commit::{Found, guard};
use super::dialect::Connection;
use super::failure::Failure;
use super::keys;
use super::prepared::Prepared;
use super::rows::{json, micros, number};
use order_core::effect::EffectId;
use order_core::order::Order;
use order_core::ports::{Lane, NewEffect};
use serde::Serialize;

/// A change that applies.
pub(super) struct Accepted<'a> {
    /// The change.
    pub(super) change: &'a Prepared,
    /// What was found of its order.
    pub(super) before: Option<Found>,
}

impl<'a> Accepted<'a> {
    fn order(&self) -> &'a Order {
        self.change.order()
    }

    fn storefront(&self) -> &'a str {
        self.change.storefront()
    }

    fn id(&self) -> &'a str {
        &self.change.id
    }

    /// The order's row, behind the version it must have.
    fn row(&self) -> impl Serialize {
        let order = self.order();
        (
            self.storefront(),
            self.id(),
            guard(self.before.as_ref()),
            number(order.version()),
            order.status().as_str(),
            order.payment_status().as_str(),
            order.fulfillment_status().as_str(),
            order.customer_id().as_str(),
            self.change.deleted(),
            i64::from(order.is_deferred()),
            self.change.change.wake_at.map(micros),
            micros(order.placed_at()),
            micros(order.updated_at()),
            &self.change.skus_document,
            &self.change.document,
            &self.change.personal,
        )
    }

    /// Whether the rows that list it by SKU are as they must be.
    fn is_listed(&self) -> bool {
        self.before.as_ref().is_some_and(|found| {
            found.deleted == self.change.deleted()
                && found.skus == self.change.skus_document
                && found.placed_at == micros(self.order().placed_at())
        })
    }
}

/// Writes all of the changes.
pub(super) async fn write(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    if accepted.is_empty() {
        return Ok(());
    }
    keys::write(connection, accepted).await?;
    write_receipts(connection, accepted).await?;
    write_orders(connection, accepted).await?;
    write_skus(connection, accepted).await?;
    write_events(connection, accepted).await?;
    write_effects(connection, accepted).await?;
    write_outbox(connection, accepted).await
}

/// Runs a statement over rows, if there are any. Answers how many rows of the table it touched.
pub(super) async fn run<T: Serialize>(
    connection: &mut Connection,
    statement: &'static str,
    rows: &[T],
) -> Result<u64, Failure> {
    if rows.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query(statement)
        .bind(json(rows)?)
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

/// Runs a statement that must touch as many rows of the table as it is given.
pub(super) async fn run_on_each<T: Serialize>(
    connection: &mut Connection,
    statement: &'static str,
    rows: &[T],
) -> Result<(), Failure> {
    let touched = run(connection, statement, rows).await?;
    if usize::try_from(touched) == Ok(rows.len()) {
        Ok(())
    } else {
        Err(Failure::Raced)
    }
}

async fn write_receipts(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let rows: Vec<_> = accepted
        .iter()
        .filter_map(|one| {
            let receipt = one.change.change.receipt.as_ref()?;
            Some((
                one.storefront(),
                &receipt.source,
                receipt.id.as_str(),
                one.id(),
            ))
        })
        .collect();
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("receipts"),
            " (storefront, source, receipt, order_id)",
            " SELECT n.value ->> 0, n.value ->> 1, n.value ->> 2, ",
            order_id!("n.value ->> 3"),
            " FROM ",
            rows!("$1"),
            " WHERE true ON CONFLICT DO NOTHING",
        ),
        &rows,
    )
    .await
}

async fn write_orders(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let (known, new): (Vec<_>, Vec<_>) = accepted.iter().partition(|one| one.before.is_some());
    let new: Vec<_> = new.into_iter().map(Accepted::row).collect();
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("orders"),
            " (storefront, order_id, version, status, payment_status, fulfillment_status,",
            " customer_id, deleted, deferred, wake_at, placed_at, updated_at, skus, document,",
            " personal) SELECT n.value ->> 0, ",
            order_id!("n.value ->> 1"),
            ", CAST(n.value ->> 3 AS BIGINT),",
            " n.value ->> 4, n.value ->> 5, n.value ->> 6, n.value ->> 7,",
            " CAST(n.value ->> 8 AS BIGINT), CAST(n.value ->> 9 AS BIGINT),",
            " CAST(n.value ->> 10 AS BIGINT), CAST(n.value ->> 11 AS BIGINT),",
            " CAST(n.value ->> 12 AS BIGINT), n.value ->> 13, n.value ->> 14, n.value ->> 15 FROM ",
            rows!("$1"),
            " WHERE true ON CONFLICT DO NOTHING",
        ),
        &new,
    )
    .await?;
    let known: Vec<_> = known.into_iter().map(Accepted::row).collect();
    run_on_each(
        connection,
        concat!(
            "UPDATE ",
            table!("orders"),
            " AS o SET version = CAST(n.value ->> 3 AS BIGINT), status = n.value ->> 4,",
            " payment_status = n.value ->> 5, fulfillment_status = n.value ->> 6,",
            " customer_id = n.value ->> 7, deleted = CAST(n.value ->> 8 AS BIGINT),",
            " deferred = CAST(n.value ->> 9 AS BIGINT), wake_at = CAST(n.value ->> 10 AS BIGINT),",
            " placed_at = CAST(n.value ->> 11 AS BIGINT),",
            " updated_at = CAST(n.value ->> 12 AS BIGINT), skus = n.value ->> 13,",
            " document = n.value ->> 14, personal = n.value ->> 15 FROM ",
            rows!("$1"),
            " WHERE o.storefront = n.value ->> 0 AND o.order_id = ",
            order_id!("n.value ->> 1"),
            " AND o.version = CAST(n.value ->> 2 AS BIGINT)",
        ),
        &known,
    )
    .await
}

async fn write_skus(connection: &mut Connection, accepted: &[Accepted<'_>]) -> Result<(), Failure> {
    let changed = || accepted.iter().filter(|one| !one.is_listed());
    let mut stale = Vec::new();
    for one in changed() {
        if let Some(found) = &one.before {
            let skus: Vec<String> =
                serde_json::from_str(&found.skus).map_err(|error| Failure::Corrupt {
                    table: "orders",
                    column: "skus",
                    id: one.id().to_owned(),
                    source: Box::new(error),
                })?;
            stale.extend(skus.into_iter().map(|sku| {
                (
                    one.storefront(),
                    found.deleted,
                    sku,
                    found.placed_at,
                    one.id(),
                )
            }));
        }
    }
    run(
        connection,
        concat!(
            "DELETE FROM ",
            table!("skus"),
            " WHERE (storefront, deleted, sku, placed_at, order_id) IN (SELECT n.value ->> 0,",
            " CAST(n.value ->> 1 AS BIGINT), n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), ",
            order_id!("n.value ->> 4"),
            " FROM ",
            rows!("$1"),
            ")",
        ),
        &stale,
    )
    .await?;
    let rows: Vec<_> = changed()
        .flat_map(|one| {
            one.change.skus.iter().map(|sku| {
                let placed_at = micros(one.order().placed_at());
                (
                    one.storefront(),
                    one.change.deleted(),
                    sku,
                    placed_at,
                    one.id(),
                )
            })
        })
        .collect();
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("skus"),
            " (storefront, deleted, sku, placed_at, order_id) SELECT n.value ->> 0,",
            " CAST(n.value ->> 1 AS BIGINT), n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), ",
            order_id!("n.value ->> 4"),
            " FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await
}

async fn write_events(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let (mut rows, mut erased) = (Vec::new(), Vec::new());
    for one in accepted {
        for event in &one.change.events {
            rows.push((
                one.storefront(),
                one.id(),
                event.version,
                event.kind,
                event.at,
                &event.document,
                &event.personal,
            ));
            if event.erases {
                erased.push((one.storefront(), one.id(), event.version));
            }
        }
    }
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("events"),
            " (storefront, order_id, version, kind, at, document, personal) SELECT n.value ->> 0, ",
            order_id!("n.value ->> 1"),
            ", CAST(n.value ->> 2 AS BIGINT), n.value ->> 3,",
            " CAST(n.value ->> 4 AS BIGINT), n.value ->> 5, n.value ->> 6 FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await?;
    run(
        connection,
        concat!(
            "UPDATE ",
            table!("events"),
            " AS e SET personal = NULL FROM ",
            rows!("$1"),
            " WHERE e.storefront = n.value ->> 0 AND e.order_id = ",
            order_id!("n.value ->> 1"),
            " AND e.version <= CAST(n.value ->> 2 AS BIGINT) AND e.personal IS NOT NULL",
        ),
        &erased,
    )
    .await?;
    Ok(())
}

async fn write_effects(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let (mut finished, mut hurried, mut born) = (Vec::new(), Vec::new(), Vec::new());
    for one in accepted {
        finished.extend(one.change.change.finished.iter().map(|id| effect_key(*id)));
        if one.change.change.hurry {
            hurried.push((one.storefront(), one.id(), micros(one.order().updated_at())));
        }
        let effects = one.change.change.effects.iter();
        for (NewEffect { effect, lease, .. }, task) in effects.zip(&one.change.tasks) {
            born.push((
                effect_key(effect.id),
                effect.storefront.as_str(),
                task,
                micros(one.order().updated_at()),
                lease.as_ref().map(|lease| lease.worker.as_str()),
                lease.as_ref().map(|lease| micros(lease.until)),
                i64::from(lease.is_some()),
            ));
        }
    }
    run(connection, FINISH_EFFECTS, &finished).await?;
    run(
        connection,
        concat!(
            "UPDATE ",
            table!("effects"),
            " AS e SET parked_at = NULL, due_at = CASE WHEN e.due_at < CAST(n.value ->> 2 AS BIGINT)",
            " THEN e.due_at ELSE CAST(n.value ->> 2 AS BIGINT) END FROM ",
            rows!("$1"),
            " WHERE e.order_id = ",
            order_id!("n.value ->> 1"),
            " AND e.storefront = n.value ->> 0",
        ),
        &hurried,
    )
    .await?;
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("effects"),
            " (order_id, version, place, storefront, task, due_at, lease_worker, lease_until, tries)",
            " SELECT ",
            order_id!("n.value -> 0 ->> 0"),
            ", CAST(n.value -> 0 ->> 1 AS BIGINT),",
            " CAST(n.value -> 0 ->> 2 AS BIGINT), n.value ->> 1, n.value ->> 2,",
            " CAST(n.value ->> 3 AS BIGINT), n.value ->> 4, CAST(n.value ->> 5 AS BIGINT),",
            " CAST(n.value ->> 6 AS BIGINT) FROM ",
            rows!("$1"),
        ),
        &born,
    )
    .await
}

/// An effect's id as a row: order, version, place.
pub(super) fn effect_key(id: EffectId) -> (String, i64, u8) {
    (id.order.to_string(), number(id.version), id.index)
}

/// Removes effects, given as [`effect_key`]s.
pub(super) const FINISH_EFFECTS: &str = concat!(
    "DELETE FROM ",
    table!("effects"),
    " WHERE (order_id, version, place) IN (SELECT ",
    order_id!("n.value ->> 0"),
    ", CAST(n.value ->> 1 AS BIGINT), CAST(n.value ->> 2 AS BIGINT) FROM ",
    rows!("$1"),
    ")",
);

async fn write_outbox(
    connection: &mut Connection,
    accepted: &[Accepted<'_>],
) -> Result<(), Failure> {
    let rows: Vec<_> = accepted
        .iter()
        .filter(|one| one.change.change.publish)
        .map(|one| {
            let lane = Lane::of(one.order().id()).number();
            let (first, last) = one.change.versions();
            (lane, one.id(), one.storefront(), first, last)
        })
        .collect();
    run_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("outbox"),
            " (lane, order_id, storefront, version, last_version) SELECT CAST(n.value ->> 0 AS BIGINT), ",
            order_id!("n.value ->> 1"),
            ", n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), CAST(n.value ->> 4 AS BIGINT) FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await
}
