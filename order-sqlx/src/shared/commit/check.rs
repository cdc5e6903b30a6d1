//! Decides which changes of a batch apply: the idempotency key is free, the external event was not
//! recorded before, and the order still has the expected version (the optimistic lock).
//!
//! Only reads. [`write`](super::write) checks the same again while it writes, because a read without a
//! lock may be outdated by then.

use super::super::dialect::Connection;
use super::super::encode::{EncodedChange, json_rows, version_number};
use super::super::error::DbError;
use super::super::rows::RowReader;
use super::keys;
use order_core::ports::CommitOutcome;
use order_core::value::Version;
use std::collections::{HashMap, HashSet};

/// The stored row of an order that a change is about.
pub(crate) struct StoredOrder {
    pub(crate) version: Version,
    /// 0 or 1.
    pub(crate) deleted: i64,
    /// A JSON array.
    pub(crate) skus: String,
    /// In microseconds since 1970.
    pub(crate) placed_at: i64,
}

/// A change that applies.
pub(crate) struct AcceptedChange<'a> {
    /// Its position in the batch.
    pub(crate) item: usize,
    pub(crate) change: &'a EncodedChange,
    /// `None` for a new order.
    pub(crate) before: Option<StoredOrder>,
}

impl AcceptedChange<'_> {
    /// Returns the version that the stored order must still have when it is written; 0 for a new
    /// order.
    pub(crate) fn expected_version(&self) -> i64 {
        let before = self.before.as_ref();
        before.map_or(0, |order| version_number(order.version))
    }
}

/// Decides about changes that share no order, idempotency key or inbox entry. Returns the outcome
/// of each, and those that apply.
pub(super) async fn check<'a>(
    connection: &mut Connection,
    changes: &[&'a EncodedChange],
) -> Result<(Vec<CommitOutcome>, Vec<AcceptedChange<'a>>), DbError> {
    let mut claimed_keys = keys::claimed_keys(connection, changes).await?;
    let received = received(connection, changes).await?;
    let mut stored = stored_orders(connection, changes).await?;
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut accepted = Vec::with_capacity(changes.len());
    for (position, (item, change)) in (0_i64..).zip(changes).enumerate() {
        let before = stored.remove(&item);
        let version = before.as_ref().map_or(Version::NONE, |order| order.version);
        outcomes.push(if let Some(record) = claimed_keys.remove(&item) {
            CommitOutcome::IdempotencyKeyTaken(record)
        } else if received.contains(&item) {
            CommitOutcome::DuplicateExternalEvent
        } else if version != change.change.expected_version {
            CommitOutcome::VersionConflict { found: version }
        } else {
            accepted.push(AcceptedChange {
                item: position,
                change,
                before,
            });
            CommitOutcome::Applied
        });
    }
    Ok((outcomes, accepted))
}

/// Returns the changes, by their position in the batch, whose external event is in the inbox.
async fn received(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<HashSet<i64>, DbError> {
    let wanted: Vec<_> = (0_i64..)
        .zip(changes)
        .filter_map(|(item, change)| {
            let external = change.change.external_event.as_ref()?;
            Some((
                item,
                change.storefront(),
                &external.source,
                external.id.as_str(),
            ))
        })
        .collect();
    if wanted.is_empty() {
        return Ok(HashSet::new());
    }
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("inbox"),
        " AS r WHERE r.storefront = n.value ->> 1 AND r.source = n.value ->> 2",
        " AND r.event_id = n.value ->> 3",
    ))
    .bind(json_rows(&wanted)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| RowReader::new(row, "inbox", "?").integer("item"))
    .collect()
}

/// Returns the stored orders, by the position of their change in the batch. Locks their rows.
async fn stored_orders(
    connection: &mut Connection,
    changes: &[&EncodedChange],
) -> Result<HashMap<i64, StoredOrder>, DbError> {
    let wanted: Vec<_> = (0_i64..)
        .zip(changes)
        .map(|(item, change)| (item, change.storefront(), &change.id))
        .collect();
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item, o.version, o.deleted, o.skus, o.placed_at FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("orders"),
        " AS o WHERE o.storefront = n.value ->> 1 AND o.order_id = ",
        order_id!("n.value ->> 2"),
        for_update!("o"),
    ))
    .bind(json_rows(&wanted)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let reader = RowReader::new(row, "orders", "?");
        let order = StoredOrder {
            version: reader.version("version")?,
            deleted: reader.integer("deleted")?,
            skus: reader.text("skus")?.to_owned(),
            placed_at: reader.integer("placed_at")?,
        };
        Ok((reader.integer("item")?, order))
    })
    .collect()
}
