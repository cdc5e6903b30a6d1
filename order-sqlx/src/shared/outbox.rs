//! The port of the outbox.
//!
//! A row stands for all events of one change, which are stored anyway; what was confirmed of them is
//! cut off in front. Lanes are held by rows that lapse.

use super::Store;
use super::dialect::bind_id;
use super::failure::Failure;
use super::record::run;
use super::rows::{self, Reading, micros, number, text};
use async_trait::async_trait;
use order_core::ports::{Lane, Outbox, OutboxMessage, ParkedOrder, StoreError, Worker};
use order_core::time::Timestamp;
use order_core::value::OrderId;
use std::collections::BTreeMap;

/// The lane whose turn it is, of those that have messages and are open to `$1` at `$2`.
macro_rules! open_lane {
    () => {
        concat!(
            "SELECT l.lane FROM ",
            table!("lanes"),
            " AS l WHERE (l.lease_worker IS NULL OR l.lease_worker = $1 OR l.lease_until <= $2)",
            " AND (SELECT m.lane FROM ",
            table!("outbox"),
            " AS m WHERE m.lane = l.lane AND NOT EXISTS (SELECT 1 FROM ",
            table!("parked"),
            " AS p WHERE p.order_id = m.order_id) LIMIT 1) IS NOT NULL",
            " ORDER BY l.turn, l.lane LIMIT 1",
        )
    };
}

/// The rows of the order that a row of what is confirmed names.
macro_rules! of_order {
    () => {
        concat!(
            "m.lane = CAST(n.value ->> 0 AS BIGINT) AND m.order_id = ",
            order_id!("n.value ->> 1"),
            " AND m.storefront = n.value ->> 2",
        )
    };
}

impl Store {
    async fn has_messages(&self, worker: &Worker, now: i64) -> Result<bool, Failure> {
        let lane = sqlx::query(open_lane!())
            .bind(worker.as_str())
            .bind(now)
            .fetch_optional(&mut *self.reader(None).await?)
            .await?;
        Ok(lane.is_some())
    }

    async fn messages(&self, lane: Lane, limit: u32) -> Result<Vec<OutboxMessage>, Failure> {
        sqlx::query(concat!(
            "SELECT m.storefront AS storefront, m.order_id AS order_id, e.version AS version,",
            " e.document AS document, NULL AS personal FROM ",
            table!("outbox"),
            " AS m CROSS JOIN ",
            table!("events"),
            " AS e WHERE m.lane = $1 AND e.storefront = m.storefront AND e.order_id = m.order_id",
            " AND e.version BETWEEN m.version AND m.last_version AND NOT EXISTS (SELECT 1 FROM ",
            table!("parked"),
            " AS p WHERE p.order_id = m.order_id)",
            " ORDER BY m.order_id, m.storefront, m.version, e.version LIMIT $2",
        ))
        .bind(i64::from(lane.number()))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader(None).await?)
        .await?
        .iter()
        .map(|row| {
            let order = rows::order_id(row, "outbox")?;
            let storefront = Reading::new(row, "outbox", order.to_string()).value("storefront")?;
            Ok(OutboxMessage::new(storefront, order, rows::event(row)?))
        })
        .collect()
    }

    async fn parked_orders(&self, limit: u32) -> Result<Vec<ParkedOrder>, Failure> {
        sqlx::query(concat!(
            "SELECT order_id, error FROM ",
            table!("parked"),
            " ORDER BY order_id LIMIT $1",
        ))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader(None).await?)
        .await?
        .iter()
        .map(|row| {
            let order = rows::order_id(row, "parked")?;
            let reading = Reading::new(row, "parked", order.to_string());
            Ok(ParkedOrder::new(order, reading.text("error")?.to_owned()))
        })
        .collect()
    }
}

#[async_trait]
impl Outbox for Store {
    async fn claim(
        &self,
        worker: &Worker,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lane>, StoreError> {
        let (now, until) = (micros(now), micros(until));
        if !self.ask(|| self.has_messages(worker, now)).await? {
            return Ok(None);
        }
        let worker = worker.as_str().to_owned();
        self.writes()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move {
                    let lane = sqlx::query(concat!(
                        "UPDATE ",
                        table!("lanes"),
                        " SET lease_worker = $1, lease_until = $3, turn = 1 + (SELECT max(turn) FROM ",
                        table!("lanes"),
                        ") WHERE lane = (",
                        open_lane!(),
                        locking_free!(),
                        ") RETURNING lane",
                    ))
                    .bind(worker)
                    .bind(now)
                    .bind(until)
                    .fetch_optional(connection)
                    .await?;
                    lane.as_ref()
                        .map(|row| {
                            let reading = Reading::new(row, "lanes", "?");
                            Lane::new(reading.small("lane")?)
                                .ok_or_else(|| reading.corrupt("lane", "there is no such lane"))
                        })
                        .transpose()
                })
            })
            .await
    }

    async fn fetch(&self, lane: Lane, limit: u32) -> Result<Vec<OutboxMessage>, StoreError> {
        self.ask(|| self.messages(lane, limit)).await
    }

    async fn confirm(&self, lane: Lane, messages: &[OutboxMessage]) -> Result<(), StoreError> {
        // Those of an order are confirmed in their order: up to the last of them.
        let mut up_to = BTreeMap::new();
        for message in messages {
            let version = number(message.event.version);
            let last = up_to
                .entry((message.order, message.storefront.as_str()))
                .or_insert(version);
            *last = version.max(*last);
        }
        let confirmed: Vec<_> = up_to
            .into_iter()
            .map(|((order, storefront), version)| {
                (
                    lane.number(),
                    order.to_string(),
                    storefront.to_owned(),
                    version,
                )
            })
            .collect();
        if confirmed.is_empty() {
            return Ok(());
        }
        self.writes()
            .write(move |connection| {
                let confirmed = confirmed.clone();
                Box::pin(async move {
                    for statement in [
                        concat!(
                            "DELETE FROM ",
                            table!("outbox"),
                            " WHERE (lane, order_id, storefront, version) IN",
                            " (SELECT m.lane, m.order_id, m.storefront, m.version FROM ",
                            rows!("$1"),
                            " CROSS JOIN ",
                            table!("outbox"),
                            " AS m WHERE ",
                            of_order!(),
                            " AND m.last_version <= CAST(n.value ->> 3 AS BIGINT))",
                        ),
                        concat!(
                            "UPDATE ",
                            table!("outbox"),
                            " AS m SET version = 1 + CAST(n.value ->> 3 AS BIGINT) FROM ",
                            rows!("$1"),
                            " WHERE ",
                            of_order!(),
                            " AND m.version <= CAST(n.value ->> 3 AS BIGINT)",
                        ),
                    ] {
                        run(connection, statement, &confirmed).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn park(&self, order: OrderId, error: &str) -> Result<(), StoreError> {
        let error = text(error);
        self.writes()
            .write(move |connection| {
                let error = error.clone();
                Box::pin(async move {
                    sqlx::query(concat!(
                        "INSERT INTO ",
                        table!("parked"),
                        " (order_id, error) VALUES ($1, $2)",
                        " ON CONFLICT (order_id) DO UPDATE SET error = excluded.error",
                    ))
                    .bind(bind_id(order))
                    .bind(error)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    async fn parked(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError> {
        self.ask(|| self.parked_orders(limit)).await
    }

    async fn resume(&self, order: OrderId) -> Result<bool, StoreError> {
        self.writes()
            .write(move |connection| {
                Box::pin(async move {
                    let resumed = sqlx::query(concat!(
                        "DELETE FROM ",
                        table!("parked"),
                        " WHERE order_id = $1",
                    ))
                    .bind(bind_id(order))
                    .execute(connection)
                    .await?;
                    Ok(resumed.rows_affected() > 0)
                })
            })
            .await
    }

    async fn release(&self, worker: &Worker, lane: Lane) -> Result<(), StoreError> {
        let worker = worker.as_str().to_owned();
        self.writes()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move {
                    sqlx::query(concat!(
                        "UPDATE ",
                        table!("lanes"),
                        " SET lease_worker = NULL, lease_until = NULL",
                        " WHERE lane = $1 AND lease_worker = $2",
                    ))
                    .bind(i64::from(lane.number()))
                    .bind(worker)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
