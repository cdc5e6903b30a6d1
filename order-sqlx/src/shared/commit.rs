//! A commit of changes: what is there is read, each change is decided on, and those that apply are
//! written. Nothing is written of the others.
//!
//! The writes check again what was read, so that a writer who came in between is found out where
//! reading takes no lock.

use super::dialect::Connection;
use super::failure::Failure;
use super::keys;
use super::prepared::Prepared;
use super::record::{self, Accepted};
use super::rows::{Reading, json, number};
use order_core::ports::CommitOutcome;
use order_core::value::Version;
use std::collections::{HashMap, HashSet};

/// What is stored of an order that a change is about.
pub(super) struct Found {
    /// Its version.
    pub(super) version: Version,
    /// Whether it is deleted, as a number.
    pub(super) deleted: i64,
    /// Its SKUs, as a JSON array.
    pub(super) skus: String,
    /// When it was placed.
    pub(super) placed_at: i64,
}

/// Stores changes that have neither order, key nor receipt in common. Answers for each in turn.
///
/// The connection must be in a transaction, which must be given up if this fails.
pub(super) async fn commit_all(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<Vec<CommitOutcome>, Failure> {
    let mut taken = keys::taken(connection, changes).await?;
    let received = received(connection, changes).await?;
    let mut found = found(connection, changes).await?;
    let mut outcomes = Vec::with_capacity(changes.len());
    let mut accepted = Vec::with_capacity(changes.len());
    for (item, change) in (0_i64..).zip(changes) {
        let before = found.remove(&item);
        let version = before.as_ref().map_or(Version::NONE, |found| found.version);
        outcomes.push(if let Some(record) = taken.remove(&item) {
            CommitOutcome::KeyTaken(record)
        } else if received.contains(&item) {
            CommitOutcome::AlreadyReceived
        } else if version != change.change.expected {
            CommitOutcome::Stale { found: version }
        } else {
            accepted.push(Accepted { change, before });
            CommitOutcome::Applied
        });
    }
    record::write(connection, &accepted).await?;
    Ok(outcomes)
}

/// The changes whose receipt is stored.
async fn received(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<HashSet<i64>, Failure> {
    let asked: Vec<_> = (0_i64..)
        .zip(changes)
        .filter_map(|(item, change)| {
            let receipt = change.change.receipt.as_ref()?;
            Some((
                item,
                change.storefront(),
                &receipt.source,
                receipt.id.as_str(),
            ))
        })
        .collect();
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    sqlx::query(concat!(
        "SELECT CAST(n.value ->> 0 AS BIGINT) AS item FROM ",
        rows!("$1"),
        " CROSS JOIN ",
        table!("receipts"),
        " AS r WHERE r.storefront = n.value ->> 1 AND r.source = n.value ->> 2",
        " AND r.receipt = n.value ->> 3",
    ))
    .bind(json(&asked)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| Reading::new(row, "receipts", "?").integer("item"))
    .collect()
}

/// What is stored of the orders that the changes are about.
async fn found(
    connection: &mut Connection,
    changes: &[&Prepared],
) -> Result<HashMap<i64, Found>, Failure> {
    let asked: Vec<_> = (0_i64..)
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
        locking!("o"),
    ))
    .bind(json(&asked)?)
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| {
        let reading = Reading::new(row, "orders", "?");
        let found = Found {
            version: reading.version("version")?,
            deleted: reading.integer("deleted")?,
            skus: reading.text("skus")?.to_owned(),
            placed_at: reading.integer("placed_at")?,
        };
        Ok((reading.integer("item")?, found))
    })
    .collect()
}

/// The version an order must still have when it is written.
pub(super) fn guard(found: Option<&Found>) -> i64 {
    found.map_or(0, |found| number(found.version))
}
