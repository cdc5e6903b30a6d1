//! Deletes what may be forgotten after a while, in batches: expired idempotency keys and ended
//! reservations.
//!
//! Orders, their events and the inbox are never deleted: they are the ledger. Published messages and
//! completed effects are deleted at once, elsewhere.

use super::dialect::{Connection, Row};
use super::encode::micros;
use super::error::DbError;
use super::rows::{RowReader, execute};
use super::{Store, StoreInventory};
use order_core::ports::StoreError;
use order_core::time::Timestamp;

impl Store {
    /// Deletes idempotency keys that have expired by `now`, at most `limit` of them, the longest
    /// expired first. Returns how many; if it is `limit`, there may be more.
    ///
    /// Expired keys are ignored everywhere; this only frees their space. Call it regularly, with a
    /// limit of some thousands, so that other writers do not wait long.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
    pub async fn purge_idempotency_keys(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let purged = sqlx::query(concat!(
                        "DELETE FROM ",
                        table!("idempotency_keys"),
                        " WHERE (storefront, operation, idempotency_key) IN",
                        " (SELECT storefront, operation, idempotency_key FROM ",
                        table!("idempotency_keys"),
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

impl StoreInventory {
    /// Deletes reservations that were released or have expired, and whose expiry was at `before` or
    /// earlier, at most `limit` of them, the oldest first. Returns how many; if it is `limit`, there
    /// may be more.
    ///
    /// The id of a deleted reservation can be reserved again, so keep those that an order may still
    /// ask for: some weeks. One that was released before it was made has no expiry and is kept.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
    pub async fn purge_reservations(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.store
            .writer()
            .write(move |connection| Box::pin(delete_ended(connection, before, limit)))
            .await
    }
}

async fn delete_ended(
    connection: &mut Connection,
    before: Timestamp,
    limit: u32,
) -> Result<u64, DbError> {
    let ended = sqlx::query(concat!(
        "SELECT storefront, reservation FROM ",
        table!("reservations"),
        " WHERE status IN ('released', 'expired') AND expires_at <= $1",
        " ORDER BY expires_at LIMIT $2",
        skip_locked!(),
    ))
    .bind(micros(before))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let ended = ended
        .iter()
        .map(|row: &Row| {
            let reader = RowReader::new(row, "reservations", "?");
            Ok((reader.text("storefront")?, reader.text("reservation")?))
        })
        .collect::<Result<Vec<_>, DbError>>()?;
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
        execute(connection, statement, &ended).await?;
    }
    u64::try_from(ended.len()).map_err(|_| DbError::ContractViolation("more than can be counted"))
}
