//! The port `EffectQueue`: effects are leased to workers, completed, retried later, or parked as
//! dead letters.
//!
//! A lease is the columns `lease_worker` and `lease_until` of an effect. One that lapses needs no
//! clean-up: the next worker that asks leases the effect again.

use super::Store;
use super::commit::write::{DELETE_EFFECTS, effect_columns};
use super::dialect::{Connection, IDLE_WRITES_LOCK, Row, bind_id, least_id};
use super::encode::{micros, version_number, without_nul};
use super::error::DbError;
use super::retry::{TxFuture, retry_read};
use super::rows::{self, RowReader, execute};
use async_trait::async_trait;
use order_core::effect::{Effect, EffectId};
use order_core::ports::{
    DeadLetter, DeadLetterPage, EffectQueue, EffectSettlement, LeasedEffect, StoreError, Worker,
};
use order_core::time::Timestamp;
use order_core::value::StorefrontId;
use std::sync::Arc;

fn effect_reader(row: &Row) -> Result<(RowReader<'_>, EffectId), DbError> {
    let order = rows::order_id(row, "effects")?;
    let reader = RowReader::new(row, "effects", order.to_string());
    let id = EffectId::new(
        order,
        reader.version("version")?,
        reader.number("position")?,
    );
    Ok((RowReader::new(row, "effects", id.to_string()), id))
}

fn decode_effect(row: &Row) -> Result<(Effect, u32), DbError> {
    let (reader, id) = effect_reader(row)?;
    let kind = serde_json::from_str(reader.text("kind")?)
        .map_err(|error| reader.corrupt("kind", error))?;
    let effect = Effect::new(id, reader.value("storefront")?, kind);
    Ok((effect, reader.number("attempts")?))
}

fn decode_dead_letter(row: &Row) -> Result<DeadLetter, DbError> {
    let (effect, attempts) = decode_effect(row)?;
    let (reader, _) = effect_reader(row)?;
    let error = reader
        .optional_text("error")?
        .unwrap_or_default()
        .to_owned();
    Ok(DeadLetter::new(
        effect,
        attempts,
        error,
        reader.instant("parked_at")?,
    ))
}

/// Selects due effects: free ones, or those whose lease has lapsed. Each has an index of its own, so
/// that leased effects are never scanned to find free ones.
macro_rules! due {
    (free, $columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            table!("effects"),
            " WHERE parked_at IS NULL AND lease_until IS NULL AND due_at <= $1",
            " ORDER BY due_at, order_id, version, position",
        )
    };
    (lapsed, $columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            table!("effects"),
            " WHERE lease_until IS NOT NULL AND lease_until <= $1 ORDER BY lease_until",
        )
    };
}

/// Matches an effect `e` with the [`OutcomeRow`] `n`. The worker is part of the row: compared with a
/// parameter, it would lead the planner to read all effects of the worker.
macro_rules! is_leased_effect {
    () => {
        concat!(
            "e.order_id = ",
            order_id!("n.value -> 0 ->> 0"),
            " AND e.version = CAST(n.value -> 0 ->> 1 AS BIGINT)",
            " AND e.position = CAST(n.value -> 0 ->> 2 AS BIGINT)",
            " AND e.lease_worker = n.value ->> 3",
        )
    };
}

/// Leases due effects: lapsed ones first, then free ones, each by an index of its own. `$1` is now,
/// `$2` the limit, `$3` the worker and `$4` the end of the lease.
const LEASE_DUE: &str = concat!(
    "WITH lapsed (o, v, p) AS (",
    due!(lapsed, "order_id, version, position"),
    " LIMIT $2",
    skip_locked!(),
    "), free (o, v, p) AS (",
    due!(free, "order_id, version, position"),
    " LIMIT $2 - (SELECT count(*) FROM lapsed)",
    skip_locked!(),
    ") UPDATE ",
    table!("effects"),
    " AS e SET lease_worker = $3, lease_until = $4, attempts = e.attempts + 1",
    " FROM (SELECT * FROM lapsed UNION ALL SELECT * FROM free) AS d",
    " WHERE e.order_id = d.o AND e.version = d.v AND e.position = d.p",
    " RETURNING order_id, version, position, storefront, kind, attempts, due_at",
);

async fn lease_due(
    connection: &mut Connection,
    worker: &Worker,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<LeasedEffect>, DbError> {
    let mut leased = sqlx::query(LEASE_DUE)
        .bind(now)
        .bind(i64::from(limit))
        .bind(worker.as_str())
        .bind(until)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let (effect, attempts) = decode_effect(row)?;
            let due = RowReader::new(row, "effects", effect.id.to_string()).integer("due_at")?;
            Ok((due, LeasedEffect::new(effect, attempts)))
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    leased.sort_by_key(|(due, one)| (*due, one.effect.id));
    Ok(leased.into_iter().map(|(_, one)| one).collect())
}

/// Releases the leases of effects, each given as an [`OutcomeRow`], and sets a column to its time.
macro_rules! release_at {
    ($column:literal) => {
        concat!(
            "UPDATE ",
            table!("effects"),
            " AS e SET lease_worker = NULL, lease_until = NULL, ",
            $column,
            " = CAST(n.value ->> 1 AS BIGINT), error = n.value ->> 2 FROM ",
            rows!("$1"),
            " WHERE ",
            is_leased_effect!(),
        )
    };
}

const POSTPONE: &str = release_at!("due_at");
const PARK: &str = release_at!("parked_at");

/// The rows of a settlement, each kind for its statement.
struct EncodedSettlement {
    /// Sorted, so that two writers lock the rows they share in the same order.
    finished: Vec<(String, i64, u8)>,
    postponed: Vec<OutcomeRow>,
    parked: Vec<OutcomeRow>,
}

/// An effect as [`effect_columns`], a time, an error, and the worker it has to be leased to.
type OutcomeRow = ((String, i64, u8), i64, String, String);

impl EncodedSettlement {
    fn new(worker: &Worker, now: Timestamp, settlement: &EffectSettlement) -> Self {
        let mut finished: Vec<_> = settlement
            .finished
            .iter()
            .map(|id| effect_columns(*id))
            .collect();
        finished.sort();
        let row = |effect, at, error: &str| -> OutcomeRow {
            let (error, worker) = (without_nul(error), worker.as_str().to_owned());
            (effect_columns(effect), micros(at), error, worker)
        };
        let (postponed, parked) = (settlement.postponed.iter(), settlement.parked.iter());
        Self {
            finished,
            postponed: postponed
                .map(|one| row(one.effect, one.due, &one.error))
                .collect(),
            parked: parked.map(|one| row(one.effect, now, &one.error)).collect(),
        }
    }

    /// Returns how many statements write it.
    fn statements(&self) -> usize {
        usize::from(!self.finished.is_empty())
            + usize::from(!self.postponed.is_empty())
            + usize::from(!self.parked.is_empty())
    }

    fn write(self: Arc<Self>, connection: &mut Connection) -> TxFuture<'_, ()> {
        Box::pin(async move {
            execute(&mut *connection, DELETE_EFFECTS, &self.finished).await?;
            execute(&mut *connection, POSTPONE, &self.postponed).await?;
            execute(connection, PARK, &self.parked).await?;
            Ok(())
        })
    }
}

impl Store {
    /// Returns whether an effect is due, without the lock of a write.
    async fn has_due(&self, now: i64) -> Result<bool, DbError> {
        let mut reader = self.read_connection(None).await?;
        for statement in [
            concat!(due!(free, "order_id"), " LIMIT 1"),
            concat!(due!(lapsed, "order_id"), " LIMIT 1"),
        ] {
            let one = sqlx::query(statement)
                .bind(now)
                .fetch_optional(&mut *reader)
                .await?;
            if one.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn read_dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, DbError> {
        let (order, version, position) = after.map_or_else(
            || (least_id(), 0, 0),
            |id| {
                (
                    bind_id(id.order),
                    version_number(id.version),
                    i64::from(id.index),
                )
            },
        );
        let found = sqlx::query(concat!(
            "SELECT order_id, version, position, storefront, kind, attempts, error, parked_at FROM ",
            table!("effects"),
            " WHERE storefront = $1 AND parked_at IS NOT NULL",
            " AND (order_id, version, position) > ($2, $3, $4)",
            " ORDER BY order_id, version, position LIMIT $5",
        ))
        .bind(storefront.as_str())
        .bind(order)
        .bind(version)
        .bind(position)
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *self.read_connection(Some(storefront)).await?)
        .await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let letters = found
            .iter()
            .take(limit)
            .map(decode_dead_letter)
            .collect::<Result<Vec<_>, _>>()?;
        let next = letters
            .last()
            .filter(|_| found.len() > limit)
            .map(|last| last.effect.id);
        Ok(DeadLetterPage::new(letters, next))
    }
}

#[async_trait]
impl EffectQueue for Store {
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LeasedEffect>, StoreError> {
        let (now, until) = (micros(now), micros(until));
        // Workers poll, mostly in vain: that must not cost a write.
        if limit == 0
            || IDLE_WRITES_LOCK && !retry_read(self.read_pool(), || self.has_due(now)).await?
        {
            return Ok(Vec::new());
        }
        let worker = worker.clone();
        self.writer()
            .write_statement(move |connection| {
                let worker = worker.clone();
                Box::pin(async move { lease_due(connection, &worker, now, until, limit).await })
            })
            .await
    }

    async fn settle(
        &self,
        worker: &Worker,
        now: Timestamp,
        settlement: &EffectSettlement,
    ) -> Result<(), StoreError> {
        let encoded = Arc::new(EncodedSettlement::new(worker, now, settlement));
        match encoded.statements() {
            0 => Ok(()),
            1 => {
                self.writer()
                    .write_statement(move |connection| Arc::clone(&encoded).write(connection))
                    .await
            }
            _ => {
                self.writer()
                    .write(move |connection| Arc::clone(&encoded).write(connection))
                    .await
            }
        }
    }

    async fn release(&self, worker: &Worker) -> Result<u64, StoreError> {
        let worker = worker.as_str().to_owned();
        self.writer()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move {
                    let released = sqlx::query(concat!(
                        "UPDATE ",
                        table!("effects"),
                        " SET lease_worker = NULL, lease_until = NULL",
                        // By the index of leased effects, which are few.
                        " WHERE lease_until IS NOT NULL AND lease_worker = $1",
                    ))
                    .bind(worker)
                    .execute(connection)
                    .await?;
                    Ok(released.rows_affected())
                })
            })
            .await
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, StoreError> {
        retry_read(self.read_pool(), || {
            self.read_dead_letters(storefront, after, limit)
        })
        .await
    }

    async fn retry(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let owner = storefront.as_str().to_owned();
        self.writer()
            .write(move |connection| {
                let owner = owner.clone();
                Box::pin(async move {
                    let retried = sqlx::query(concat!(
                        "UPDATE ",
                        table!("effects"),
                        " SET parked_at = NULL, due_at = $5",
                        " WHERE order_id = $1 AND version = $2 AND position = $3",
                        " AND storefront = $4 AND parked_at IS NOT NULL",
                    ))
                    .bind(bind_id(effect.order))
                    .bind(version_number(effect.version))
                    .bind(i64::from(effect.index))
                    .bind(owner)
                    .bind(micros(now))
                    .execute(connection)
                    .await?;
                    Ok(retried.rows_affected() > 0)
                })
            })
            .await
    }
}
