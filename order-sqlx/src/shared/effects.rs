//! The port `EffectQueue`: effects are leased to workers, completed, retried later, or parked as
//! dead letters.
//!
//! A lease is the columns `lease_worker` and `lease_until` of an effect. One that lapses needs no
//! clean-up: the next worker that asks leases the effect again.

use super::Store;
use super::commit::write::{DELETE_EFFECTS, effect_columns};
use super::dialect::{Connection, Row, bind_id, least_id};
use super::encode::{micros, version_number, without_nul};
use super::error::DbError;
use super::retry::retry_read;
use super::rows::{self, RowReader, execute};
use async_trait::async_trait;
use order_core::effect::{Effect, EffectId};
use order_core::ports::{
    DeadLetter, DeadLetterPage, EffectQueue, LeasedEffect, StoreError, Worker,
};
use order_core::time::Timestamp;
use order_core::value::StorefrontId;

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
            " ORDER BY due_at, order_id, version, position LIMIT $2",
        )
    };
    (lapsed, $columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            table!("effects"),
            " WHERE lease_until IS NOT NULL AND lease_until <= $1 ORDER BY lease_until LIMIT $2",
        )
    };
}

macro_rules! columns {
    () => {
        "order_id, version, position, storefront, kind, attempts"
    };
}

async fn lease_due(
    connection: &mut Connection,
    worker: &Worker,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<LeasedEffect>, DbError> {
    let mut due = Vec::new();
    for statement in [
        concat!(due!(lapsed, columns!()), skip_locked!()),
        concat!(due!(free, columns!()), skip_locked!()),
    ] {
        let found = u32::try_from(due.len()).unwrap_or(u32::MAX);
        due.extend(
            sqlx::query(statement)
                .bind(now)
                .bind(i64::from(limit.saturating_sub(found)))
                .fetch_all(&mut *connection)
                .await?,
        );
    }
    let leased = due
        .iter()
        .map(|row| {
            let (effect, attempts) = decode_effect(row)?;
            Ok(LeasedEffect::new(effect, attempts.saturating_add(1)))
        })
        .collect::<Result<Vec<_>, DbError>>()?;
    let leases: Vec<_> = leased
        .iter()
        .map(|one| (effect_columns(one.effect.id), worker.as_str(), until))
        .collect();
    execute(
        connection,
        concat!(
            "UPDATE ",
            table!("effects"),
            " AS e SET lease_worker = n.value ->> 1, lease_until = CAST(n.value ->> 2 AS BIGINT),",
            " attempts = e.attempts + 1 FROM ",
            rows!("$1"),
            " WHERE e.order_id = ",
            order_id!("n.value -> 0 ->> 0"),
            " AND e.version = CAST(n.value -> 0 ->> 1 AS BIGINT)",
            " AND e.position = CAST(n.value -> 0 ->> 2 AS BIGINT)",
        ),
        &leases,
    )
    .await?;
    Ok(leased)
}

impl Store {
    async fn has_due(&self, now: i64) -> Result<bool, DbError> {
        let mut reader = self.read_connection(None).await?;
        for statement in [due!(free, "order_id"), due!(lapsed, "order_id")] {
            let one = sqlx::query(statement)
                .bind(now)
                .bind(1_i64)
                .fetch_optional(&mut *reader)
                .await?;
            if one.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Executes an update of one effect: `$1` to `$3` are its id, `$4` its worker or storefront, `$5`
    /// an error and `$6` a timestamp. Returns whether it matched.
    async fn update_effect(
        &self,
        statement: &'static str,
        id: EffectId,
        owner: &str,
        error: Option<String>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let owner = owner.to_owned();
        self.writer()
            .write(move |connection| {
                let (owner, error) = (owner.clone(), error.clone());
                Box::pin(async move {
                    let changed = sqlx::query(statement)
                        .bind(bind_id(id.order))
                        .bind(version_number(id.version))
                        .bind(i64::from(id.index))
                        .bind(owner)
                        .bind(error)
                        .bind(micros(at))
                        .execute(connection)
                        .await?;
                    Ok(changed.rows_affected() > 0)
                })
            })
            .await
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
        if limit == 0 || !retry_read(self.read_pool(), || self.has_due(now)).await? {
            return Ok(Vec::new());
        }
        let worker = worker.clone();
        self.writer()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move { lease_due(connection, &worker, now, until, limit).await })
            })
            .await
    }

    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError> {
        let columns: Vec<_> = effects.iter().map(|id| effect_columns(*id)).collect();
        if columns.is_empty() {
            return Ok(());
        }
        self.writer()
            .write(move |connection| {
                let columns = columns.clone();
                Box::pin(async move {
                    execute(connection, DELETE_EFFECTS, &columns).await?;
                    Ok(())
                })
            })
            .await
    }

    async fn postpone(
        &self,
        worker: &Worker,
        effect: EffectId,
        due: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        let statement = concat!(
            "UPDATE ",
            table!("effects"),
            " SET lease_worker = NULL, lease_until = NULL, due_at = $6, error = $5",
            " WHERE order_id = $1 AND version = $2 AND position = $3 AND lease_worker = $4",
        );
        self.update_effect(
            statement,
            effect,
            worker.as_str(),
            Some(without_nul(error)),
            due,
        )
        .await?;
        Ok(())
    }

    async fn park(
        &self,
        worker: &Worker,
        effect: EffectId,
        now: Timestamp,
        error: &str,
    ) -> Result<(), StoreError> {
        let statement = concat!(
            "UPDATE ",
            table!("effects"),
            " SET lease_worker = NULL, lease_until = NULL, parked_at = $6, error = $5",
            " WHERE order_id = $1 AND version = $2 AND position = $3 AND lease_worker = $4",
        );
        self.update_effect(
            statement,
            effect,
            worker.as_str(),
            Some(without_nul(error)),
            now,
        )
        .await?;
        Ok(())
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
        let statement = concat!(
            "UPDATE ",
            table!("effects"),
            " SET parked_at = NULL, due_at = $6, error = coalesce($5, error)",
            " WHERE order_id = $1 AND version = $2 AND position = $3 AND storefront = $4",
            " AND parked_at IS NOT NULL",
        );
        self.update_effect(statement, effect, storefront.as_str(), None, now)
            .await
    }
}
