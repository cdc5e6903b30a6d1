//! Writes the changes that apply, a few statements for all of them: each statement takes the rows of
//! the whole batch as one JSON array.
//!
//! This is the write path of every change on SQLite, and of a change on Postgres that is not
//! batchable. The hot path on Postgres does the same in the SQL function `commit_changes`
//! (migrations/postgres/0002_commit_changes.sql): what is written here is to be written there as well.
//!
//! Each statement checks what [`check`](super::check) has read: a row that is there already, or an
//! order whose version differs, is a [`DbError::WriteConflict`](super::super::error::DbError).

use super::super::dialect::Connection;
use super::super::encode::{EncodedChange, micros, version_number};
use super::super::error::DbError;
use super::super::rows::{execute, execute_on_each};
use super::check::AcceptedChange;
use super::keys;
use order_core::effect::EffectId;
use order_core::order::Order;
use order_core::ports::{NewEffect, Partition};
use serde::Serialize;

impl<'a> AcceptedChange<'a> {
    fn order(&self) -> &'a Order {
        self.change.order()
    }

    fn storefront(&self) -> &'a str {
        self.change.storefront()
    }

    fn id(&self) -> &'a str {
        &self.change.id
    }

    /// Returns the columns of the order's row, with the version that the stored one must have.
    fn order_row(&self) -> impl Serialize {
        let order = self.order();
        (
            self.storefront(),
            self.id(),
            self.expected_version(),
            version_number(order.version()),
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

    /// Returns whether the rows in `order_skus` stay as they are.
    fn keeps_skus(&self) -> bool {
        self.before.as_ref().is_some_and(|stored| {
            stored.deleted == self.change.deleted()
                && stored.skus == self.change.skus_document
                && stored.placed_at == micros(self.order().placed_at())
        })
    }
}

/// Writes all of the changes, within a transaction.
pub(super) async fn write(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    if accepted.is_empty() {
        return Ok(());
    }
    let changes: Vec<&EncodedChange> = accepted.iter().map(|one| one.change).collect();
    keys::write(connection, &changes).await?;
    write_inbox(connection, accepted).await?;
    write_orders(connection, accepted).await?;
    write_skus(connection, accepted).await?;
    write_events(connection, accepted).await?;
    write_effects(connection, accepted).await?;
    write_outbox(connection, accepted).await
}

async fn write_inbox(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let rows: Vec<_> = accepted
        .iter()
        .filter_map(|one| {
            let external = one.change.change.external_event.as_ref()?;
            Some((
                one.storefront(),
                &external.source,
                external.id.as_str(),
                one.id(),
            ))
        })
        .collect();
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("inbox"),
            " (storefront, source, event_id, order_id)",
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
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let (known, new): (Vec<_>, Vec<_>) = accepted.iter().partition(|one| one.before.is_some());
    let new: Vec<_> = new.into_iter().map(AcceptedChange::order_row).collect();
    execute_on_each(
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
    let known: Vec<_> = known.into_iter().map(AcceptedChange::order_row).collect();
    execute_on_each(
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

async fn write_skus(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let changed = || accepted.iter().filter(|one| !one.keeps_skus());
    let mut outdated = Vec::new();
    for one in changed() {
        if let Some(stored) = &one.before {
            let skus: Vec<String> =
                serde_json::from_str(&stored.skus).map_err(|error| DbError::Corrupt {
                    table: "orders",
                    column: "skus",
                    id: one.id().to_owned(),
                    source: Box::new(error),
                })?;
            outdated.extend(skus.into_iter().map(|sku| {
                (
                    one.storefront(),
                    stored.deleted,
                    sku,
                    stored.placed_at,
                    one.id(),
                )
            }));
        }
    }
    execute(
        connection,
        concat!(
            "DELETE FROM ",
            table!("order_skus"),
            " WHERE (storefront, deleted, sku, placed_at, order_id) IN (SELECT n.value ->> 0,",
            " CAST(n.value ->> 1 AS BIGINT), n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), ",
            order_id!("n.value ->> 4"),
            " FROM ",
            rows!("$1"),
            ")",
        ),
        &outdated,
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
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("order_skus"),
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
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let rows: Vec<_> = accepted
        .iter()
        .map(|one| {
            let events = &one.change.events;
            let (first, last) = one.change.version_range();
            (
                one.storefront(),
                one.id(),
                first,
                last,
                &events.documents,
                &events.personal,
            )
        })
        .collect();
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("events"),
            " (storefront, order_id, first_version, last_version, documents, personal)",
            " SELECT n.value ->> 0, ",
            order_id!("n.value ->> 1"),
            ", CAST(n.value ->> 2 AS BIGINT), CAST(n.value ->> 3 AS BIGINT), n.value ->> 4,",
            " n.value ->> 5 FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await?;
    let erased: Vec<_> = accepted
        .iter()
        .filter(|one| one.change.events.erases)
        .map(|one| (one.storefront(), one.id(), one.change.version_range().0))
        .collect();
    execute(
        connection,
        concat!(
            "UPDATE ",
            table!("events"),
            " AS e SET personal = NULL FROM ",
            rows!("$1"),
            " WHERE e.storefront = n.value ->> 0 AND e.order_id = ",
            order_id!("n.value ->> 1"),
            " AND e.first_version < CAST(n.value ->> 2 AS BIGINT) AND e.personal IS NOT NULL",
        ),
        &erased,
    )
    .await?;
    Ok(())
}

async fn write_effects(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let (mut completed, mut expedited, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for one in accepted {
        let done = one.change.change.completed_effects.iter();
        completed.extend(done.map(|id| effect_columns(*id)));
        if one.change.change.expedite_effects {
            expedited.push((one.storefront(), one.id(), micros(one.order().updated_at())));
        }
        let effects = one.change.change.effects.iter();
        for (NewEffect { effect, lease, .. }, kind) in effects.zip(&one.change.effect_kinds) {
            new.push((
                effect_columns(effect.id),
                effect.storefront.as_str(),
                kind,
                micros(one.order().updated_at()),
                lease.as_ref().map(|lease| lease.worker.as_str()),
                lease.as_ref().map(|lease| micros(lease.until)),
                i64::from(lease.is_some()),
            ));
        }
    }
    execute(connection, DELETE_EFFECTS, &completed).await?;
    execute(
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
        &expedited,
    )
    .await?;
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("effects"),
            " (order_id, version, position, storefront, kind, due_at, lease_worker, lease_until,",
            " attempts)",
            " SELECT ",
            order_id!("n.value -> 0 ->> 0"),
            ", CAST(n.value -> 0 ->> 1 AS BIGINT),",
            " CAST(n.value -> 0 ->> 2 AS BIGINT), n.value ->> 1, n.value ->> 2,",
            " CAST(n.value ->> 3 AS BIGINT), n.value ->> 4, CAST(n.value ->> 5 AS BIGINT),",
            " CAST(n.value ->> 6 AS BIGINT) FROM ",
            rows!("$1"),
        ),
        &new,
    )
    .await
}

/// Returns the columns that identify an effect: order, version, position.
pub(crate) fn effect_columns(id: EffectId) -> (String, i64, u8) {
    (id.order.to_string(), version_number(id.version), id.index)
}

/// Deletes completed effects, given as [`effect_columns`].
pub(crate) const DELETE_EFFECTS: &str = concat!(
    "DELETE FROM ",
    table!("effects"),
    " WHERE (order_id, version, position) IN (SELECT ",
    order_id!("n.value ->> 0"),
    ", CAST(n.value ->> 1 AS BIGINT), CAST(n.value ->> 2 AS BIGINT) FROM ",
    rows!("$1"),
    ")",
);

async fn write_outbox(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<(), DbError> {
    let rows: Vec<_> = accepted
        .iter()
        .filter(|one| one.change.change.publish)
        .map(|one| {
            let partition = Partition::of(one.order().id()).number();
            let (first, last) = one.change.version_range();
            (partition, one.id(), one.storefront(), first, last)
        })
        .collect();
    execute_on_each(
        connection,
        concat!(
            "INSERT INTO ",
            table!("outbox"),
            " (partition, order_id, storefront, first_version, last_version)",
            " SELECT CAST(n.value ->> 0 AS BIGINT), ",
            order_id!("n.value ->> 1"),
            ", n.value ->> 2, CAST(n.value ->> 3 AS BIGINT), CAST(n.value ->> 4 AS BIGINT) FROM ",
            rows!("$1"),
        ),
        &rows,
    )
    .await
}
