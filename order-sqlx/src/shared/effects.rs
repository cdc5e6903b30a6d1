//! The port of the queue of effects.

use super::Store;
use super::dialect::{Connection, Row, bind_id, least_id};
use super::failure::Failure;
use super::record::{FINISH_EFFECTS, effect_key, run};
use super::rows::{self, Reading, micros, number, text};
use async_trait::async_trait;
use order_core::effect::{Effect, EffectId};
use order_core::ports::{DeadLetter, DeadLetterPage, EffectQueue, StoreError, TakenEffect, Worker};
use order_core::time::Timestamp;
use order_core::value::StorefrontId;

fn reading(row: &Row) -> Result<(Reading<'_>, EffectId), Failure> {
    let order = rows::order_id(row, "effects")?;
    let reading = Reading::new(row, "effects", order.to_string());
    let id = EffectId::new(order, reading.version("version")?, reading.small("place")?);
    Ok((Reading::new(row, "effects", id.to_string()), id))
}

fn effect(row: &Row) -> Result<(Effect, u32), Failure> {
    let (reading, id) = reading(row)?;
    let task = serde_json::from_str(reading.text("task")?)
        .map_err(|error| reading.corrupt("task", error))?;
    let effect = Effect::new(id, reading.value("storefront")?, task);
    Ok((effect, reading.small("tries")?))
}

fn letter(row: &Row) -> Result<DeadLetter, Failure> {
    let (effect, tries) = effect(row)?;
    let (reading, _) = reading(row)?;
    let error = reading
        .text_or_none("error")?
        .unwrap_or_default()
        .to_owned();
    Ok(DeadLetter::new(
        effect,
        tries,
        error,
        reading.instant("parked_at")?,
    ))
}

/// What is due, of one kind: what is free, or what a lease has lapsed of. The leased are never gone
/// through to find the free.
macro_rules! due {
    (free, $columns:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            table!("effects"),
            " WHERE parked_at IS NULL AND lease_until IS NULL AND due_at <= $1",
            " ORDER BY due_at, order_id, version, place LIMIT $2",
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

/// The columns of an effect.
macro_rules! columns {
    () => {
        "order_id, version, place, storefront, task, tries"
    };
}

async fn take(
    connection: &mut Connection,
    worker: &Worker,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<TakenEffect>, Failure> {
    let mut due = Vec::new();
    for statement in [
        concat!(due!(lapsed, columns!()), locking_free!()),
        concat!(due!(free, columns!()), locking_free!()),
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
    let taken = due
        .iter()
        .map(|row| {
            let (effect, tries) = effect(row)?;
            Ok(TakenEffect::new(effect, tries.saturating_add(1)))
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let leases: Vec<_> = taken
        .iter()
        .map(|taken| (effect_key(taken.effect.id), worker.as_str(), until))
        .collect();
    run(
        connection,
        concat!(
            "UPDATE ",
            table!("effects"),
            " AS e SET lease_worker = n.value ->> 1, lease_until = CAST(n.value ->> 2 AS BIGINT),",
            " tries = e.tries + 1 FROM ",
            rows!("$1"),
            " WHERE e.order_id = ",
            order_id!("n.value -> 0 ->> 0"),
            " AND e.version = CAST(n.value -> 0 ->> 1 AS BIGINT)",
            " AND e.place = CAST(n.value -> 0 ->> 2 AS BIGINT)",
        ),
        &leases,
    )
    .await?;
    Ok(taken)
}

impl Store {
    async fn has_due(&self, now: i64) -> Result<bool, Failure> {
        let mut reader = self.reader(None).await?;
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

    /// Runs a statement about one effect: `$1` to `$3` are its id, `$4` a text, `$5` a text and
    /// `$6` an instant. Answers whether there was one.
    async fn change_effect(
        &self,
        statement: &'static str,
        id: EffectId,
        whose: &str,
        error: Option<String>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let whose = whose.to_owned();
        self.writes()
            .write(move |connection| {
                let (whose, error) = (whose.clone(), error.clone());
                Box::pin(async move {
                    let changed = sqlx::query(statement)
                        .bind(bind_id(id.order))
                        .bind(number(id.version))
                        .bind(i64::from(id.index))
                        .bind(whose)
                        .bind(error)
                        .bind(micros(at))
                        .execute(connection)
                        .await?;
                    Ok(changed.rows_affected() > 0)
                })
            })
            .await
    }

    async fn letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, Failure> {
        let (order, version, place) = after.map_or_else(
            || (least_id(), 0, 0),
            |id| (bind_id(id.order), number(id.version), i64::from(id.index)),
        );
        let found = sqlx::query(concat!(
            "SELECT order_id, version, place, storefront, task, tries, error, parked_at FROM ",
            table!("effects"),
            " WHERE storefront = $1 AND parked_at IS NOT NULL",
            " AND (order_id, version, place) > ($2, $3, $4)",
            " ORDER BY order_id, version, place LIMIT $5",
        ))
        .bind(storefront.as_str())
        .bind(order)
        .bind(version)
        .bind(place)
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *self.reader(Some(storefront)).await?)
        .await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let letters = found
            .iter()
            .take(limit)
            .map(letter)
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
    async fn take(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenEffect>, StoreError> {
        let (now, until) = (micros(now), micros(until));
        // Workers ask all the time, and mostly in vain: that costs no write.
        if limit == 0 || !self.ask(|| self.has_due(now)).await? {
            return Ok(Vec::new());
        }
        let worker = worker.clone();
        self.writes()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move { take(connection, &worker, now, until, limit).await })
            })
            .await
    }

    async fn finish(&self, effects: &[EffectId]) -> Result<(), StoreError> {
        let keys: Vec<_> = effects.iter().map(|id| effect_key(*id)).collect();
        if keys.is_empty() {
            return Ok(());
        }
        self.writes()
            .write(move |connection| {
                let keys = keys.clone();
                Box::pin(async move {
                    run(connection, FINISH_EFFECTS, &keys).await?;
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
            " WHERE order_id = $1 AND version = $2 AND place = $3 AND lease_worker = $4",
        );
        self.change_effect(statement, effect, worker.as_str(), Some(text(error)), due)
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
            " WHERE order_id = $1 AND version = $2 AND place = $3 AND lease_worker = $4",
        );
        self.change_effect(statement, effect, worker.as_str(), Some(text(error)), now)
            .await?;
        Ok(())
    }

    async fn release(&self, worker: &Worker) -> Result<u64, StoreError> {
        let worker = worker.as_str().to_owned();
        self.writes()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move {
                    let released = sqlx::query(concat!(
                        "UPDATE ",
                        table!("effects"),
                        " SET lease_worker = NULL, lease_until = NULL",
                        // What is leased is little.
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
        self.ask(|| self.letters(storefront, after, limit)).await
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
            " WHERE order_id = $1 AND version = $2 AND place = $3 AND storefront = $4",
            " AND parked_at IS NOT NULL",
        );
        self.change_effect(statement, effect, storefront.as_str(), None, now)
            .await
    }
}
