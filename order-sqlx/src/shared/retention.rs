//! What may be forgotten after a while, in batches.
//!
//! Orders, their events and the outside events they recorded are kept for ever: they are the ledger.
//! Published messages and finished effects are gone at once.

use super::Store;
use super::dialect::{Connection, Row};
use super::failure::Failure;
use super::inventory::SqlInventory;
use super::record::run;
use super::rows::{Reading, micros};
use order_core::ports::StoreError;
use order_core::time::Timestamp;

impl Store {
    /// Forgets idempotency keys that have expired by `now`, at most `limit` of them, the longest
    /// expired first. Answers how many: as long as it is `limit`, there may be more.
    ///
    /// An expired key counts as none wherever it is looked at; this only gives its space back. Call
    /// it now and then, in batches small enough (some thousands) not to keep other writers waiting.
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn purge_keys(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.writes()
            .write(move |connection| {
                Box::pin(async move {
                    let purged = sqlx::query(concat!(
                        "DELETE FROM ",
                        table!("keys"),
                        " WHERE (storefront, operation, idempotency_key) IN",
                        " (SELECT storefront, operation, idempotency_key FROM ",
                        table!("keys"),
                        " WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
                    ))
                    .bind(micros(now))
                    .bind(i64::from(limit))
                    .execute(connection)
                    .await?;
                    Ok(purged.rows_affected())
                })
            })
            .await
    }
}

impl SqlInventory {
    /// Forgets reservations that were released or have lapsed, and were to be held until `before`
    /// at the latest, at most `limit` of them, the oldest first. Answers how many: as long as it is
    /// `limit`, there may be more.
    ///
    /// A reservation that is forgotten can be made again: leave what an order may still ask for, some
    /// weeks. One that was released before it was made is kept.
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.store()
            .writes()
            .write(move |connection| Box::pin(purge(connection, before, limit)))
            .await
    }
}

async fn purge(connection: &mut Connection, before: Timestamp, limit: u32) -> Result<u64, Failure> {
    let over = sqlx::query(concat!(
        "SELECT storefront, reservation FROM ",
        table!("reservations"),
        " WHERE status IN ('released', 'expired') AND expires_at <= $1",
        " ORDER BY expires_at LIMIT $2",
        locking_free!(),
    ))
    .bind(micros(before))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let over = over
        .iter()
        .map(|row: &Row| {
            let reading = Reading::new(row, "reservations", "?");
            Ok((reading.text("storefront")?, reading.text("reservation")?))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    for statement in [
        concat!(
            "DELETE FROM ",
            table!("reservation_lines"),
            " WHERE (storefront, reservation) IN (SELECT n.value ->> 0, n.value ->> 1 FROM ",
            rows!("$1"),
            ")",
        ),
        concat!(
            "DELETE FROM ",
            table!("reservations"),
            " WHERE (storefront, reservation) IN (SELECT n.value ->> 0, n.value ->> 1 FROM ",
            rows!("$1"),
            ")",
        ),
    ] {
        run(connection, statement, &over).await?;
    }
    u64::try_from(over.len()).map_err(|_| Failure::Broken("more than can be counted"))
}
