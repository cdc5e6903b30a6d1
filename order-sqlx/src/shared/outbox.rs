//! The port `Outbox`: relays lease partitions, and publish the events of their orders in order.
//!
//! A row stands for all events of one change, which are in one row of `events`; confirming some of
//! them moves its `published_version`. The lease of a partition is a worker and a deadline in its row, so that a
//! crashed relay needs no clean-up.

use super::Store;
use super::dialect::{Connection, IDLE_WRITES_LOCK, bind_id};
use super::encode::{json_rows, micros, version_number, without_nul};
use super::error::DbError;
use super::retry::retry_read;
use super::rows::{self, RowReader, execute};
use async_trait::async_trait;
use order_core::ports::{Outbox, OutboxMessage, ParkedOrder, Partition, StoreError, Worker};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId};
use std::collections::BTreeMap;

/// Selects the partitions to claim next: of those with messages that worker `$1` may lease at `$2`, the
/// `$3` whose last turns are the longest ago.
macro_rules! claimable_partitions {
    () => {
        concat!(
            "SELECT l.partition FROM ",
            table!("outbox_partitions"),
            " AS l WHERE (l.lease_worker IS NULL OR l.lease_worker = $1 OR l.lease_until <= $2)",
            " AND (SELECT m.partition FROM ",
            table!("outbox"),
            " AS m WHERE m.partition = l.partition AND NOT EXISTS (SELECT 1 FROM ",
            table!("outbox_parked_orders"),
            " AS p WHERE p.order_id = m.order_id) LIMIT 1) IS NOT NULL",
            " ORDER BY l.turn, l.partition LIMIT $3",
        )
    };
}

/// Joins the rows of an order in the outbox with a confirmation of its messages.
macro_rules! same_order {
    () => {
        concat!(
            "m.partition = CAST(n.value ->> 0 AS BIGINT) AND m.order_id = ",
            order_id!("n.value ->> 1"),
            " AND m.storefront = n.value ->> 2",
        )
    };
}

/// Selects the changes of partition `$1` with the first `$2` messages: `up_to` counts the messages of a
/// change and of those before it.
const FETCH: &str = concat!(
    "SELECT c.storefront AS storefront, c.order_id AS order_id,",
    " c.published_version AS published_version, e.first_version AS first_version,",
    " e.last_version AS last_version, e.documents AS documents, NULL AS personal",
    " FROM (SELECT w.*, sum(w.last_version - w.published_version)",
    " OVER (ORDER BY w.order_id, w.storefront, w.first_version ROWS UNBOUNDED PRECEDING) AS up_to",
    " FROM (SELECT m.order_id, m.storefront, m.first_version, m.last_version,",
    " coalesce(m.published_version, m.first_version - 1) AS published_version FROM ",
    table!("outbox"),
    " AS m WHERE m.partition = $1 AND NOT EXISTS (SELECT 1 FROM ",
    table!("outbox_parked_orders"),
    " AS p WHERE p.order_id = m.order_id)",
    " ORDER BY m.order_id, m.storefront, m.first_version LIMIT $2) AS w) AS c CROSS JOIN ",
    table!("events"),
    " AS e WHERE c.up_to - (c.last_version - c.published_version) < $2",
    " AND e.storefront = c.storefront AND e.order_id = c.order_id",
    " AND e.first_version = c.first_version ORDER BY c.order_id, c.storefront, c.first_version",
);

/// An order's messages that are confirmed: its partition, id and storefront, and their last version.
type ConfirmedRow = (u16, String, String, i64);

/// Deletes the changes all of whose messages are confirmed, and returns their last versions.
const CONFIRM_CHANGES: &str = concat!(
    "DELETE FROM ",
    table!("outbox"),
    " WHERE (partition, order_id, storefront, first_version) IN",
    " (SELECT m.partition, m.order_id, m.storefront, m.first_version FROM ",
    rows!("$1"),
    " CROSS JOIN ",
    table!("outbox"),
    " AS m WHERE ",
    same_order!(),
    " AND m.last_version <= CAST(n.value ->> 3 AS BIGINT))",
    " RETURNING order_id, storefront, last_version",
);

/// Moves the `published_version` of changes some of whose messages are confirmed.
const CONFIRM_PARTS: &str = concat!(
    "UPDATE ",
    table!("outbox"),
    " AS m SET published_version = CAST(n.value ->> 3 AS BIGINT) FROM ",
    rows!("$1"),
    " WHERE ",
    same_order!(),
    " AND m.first_version <= CAST(n.value ->> 3 AS BIGINT)",
);

async fn confirm(connection: &mut Connection, confirmed: &[ConfirmedRow]) -> Result<(), DbError> {
    let deleted = sqlx::query(CONFIRM_CHANGES)
        .bind(json_rows(confirmed)?)
        .fetch_all(&mut *connection)
        .await?;
    let mut whole = BTreeMap::new();
    for row in &deleted {
        let order = rows::order_id(row, "outbox")?.to_string();
        let reader = RowReader::new(row, "outbox", order.clone());
        let storefront = reader.text("storefront")?.to_owned();
        let last = reader.integer("last_version")?;
        let known = whole.entry((order, storefront)).or_insert(last);
        *known = last.max(*known);
    }
    let parts: Vec<ConfirmedRow> = confirmed
        .iter()
        .filter(|(_, order, storefront, version)| {
            let deleted = whole.get(&(order.clone(), storefront.clone()));
            deleted != Some(version)
        })
        .cloned()
        .collect();
    execute(connection, CONFIRM_PARTS, &parts).await.map(drop)
}

impl Store {
    async fn has_claimable_partition(&self, worker: &Worker, now: i64) -> Result<bool, DbError> {
        let partition = sqlx::query(claimable_partitions!())
            .bind(worker.as_str())
            .bind(now)
            .bind(1_i64)
            .fetch_optional(&mut *self.read_connection(None).await?)
            .await?;
        Ok(partition.is_some())
    }

    async fn read_messages(
        &self,
        partition: Partition,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, DbError> {
        let changes = sqlx::query(FETCH)
            .bind(i64::from(partition.number()))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.read_connection(None).await?)
            .await?;
        let mut messages = Vec::new();
        for change in &changes {
            let order = rows::order_id(change, "outbox")?;
            let reader = RowReader::new(change, "outbox", order.to_string());
            let storefront: StorefrontId = reader.value("storefront")?;
            let published = reader.version("published_version")?;
            let unpublished = rows::events(change)?
                .into_iter()
                .filter(|event| event.version > published);
            messages.extend(
                unpublished.map(|event| OutboxMessage::new(storefront.clone(), order, event)),
            );
        }
        messages.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(messages)
    }

    async fn read_parked_orders(&self, limit: u32) -> Result<Vec<ParkedOrder>, DbError> {
        sqlx::query(concat!(
            "SELECT order_id, error FROM ",
            table!("outbox_parked_orders"),
            " ORDER BY order_id LIMIT $1",
        ))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.read_connection(None).await?)
        .await?
        .iter()
        .map(|row| {
            let order = rows::order_id(row, "outbox_parked_orders")?;
            let reader = RowReader::new(row, "outbox_parked_orders", order.to_string());
            Ok(ParkedOrder::new(order, reader.text("error")?.to_owned()))
        })
        .collect()
    }
}

#[async_trait]
impl Outbox for Store {
    async fn claim_partitions(
        &self,
        worker: &Worker,
        limit: u16,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Partition>, StoreError> {
        let (now, until) = (micros(now), micros(until));
        if IDLE_WRITES_LOCK
            && !retry_read(self.read_pool(), || {
                self.has_claimable_partition(worker, now)
            })
            .await?
        {
            return Ok(Vec::new());
        }
        let worker = worker.as_str().to_owned();
        self.writer()
            .write(move |connection| {
                let worker = worker.clone();
                Box::pin(async move {
                    sqlx::query(concat!(
                        "UPDATE ",
                        table!("outbox_partitions"),
                        " SET lease_worker = $1, lease_until = $4, turn = 1 + (SELECT max(turn) FROM ",
                        table!("outbox_partitions"),
                        ") WHERE partition IN (",
                        claimable_partitions!(),
                        skip_locked!(),
                        ") RETURNING partition",
                    ))
                    .bind(worker)
                    .bind(now)
                    .bind(i64::from(limit))
                    .bind(until)
                    .fetch_all(connection)
                    .await?
                    .iter()
                    .map(|row| {
                        let reader = RowReader::new(row, "outbox_partitions", "?");
                        Partition::new(reader.number("partition")?).ok_or_else(|| {
                            reader.corrupt("partition", "there is no such partition")
                        })
                    })
                    .collect()
                })
            })
            .await
    }

    async fn fetch(
        &self,
        partition: Partition,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError> {
        retry_read(self.read_pool(), || self.read_messages(partition, limit)).await
    }

    async fn confirm(&self, messages: &[OutboxMessage]) -> Result<(), StoreError> {
        // Messages of an order are confirmed in their order: all up to the last version.
        let mut up_to = BTreeMap::new();
        for message in messages {
            let version = version_number(message.event.version);
            let last = up_to
                .entry((message.order, message.storefront.as_str()))
                .or_insert(version);
            *last = version.max(*last);
        }
        let confirmed: Vec<ConfirmedRow> = up_to
            .into_iter()
            .map(|((order, storefront), version)| {
                let partition = Partition::of(order).number();
                (partition, order.to_string(), storefront.to_owned(), version)
            })
            .collect();
        if confirmed.is_empty() {
            return Ok(());
        }
        self.writer()
            .write(move |connection| {
                let confirmed = confirmed.clone();
                Box::pin(async move { confirm(connection, &confirmed).await })
            })
            .await
    }

    async fn park_order(&self, order: OrderId, error: &str) -> Result<(), StoreError> {
        let error = without_nul(error);
        self.writer()
            .write(move |connection| {
                let error = error.clone();
                Box::pin(async move {
                    sqlx::query(concat!(
                        "INSERT INTO ",
                        table!("outbox_parked_orders"),
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

    async fn parked_orders(&self, limit: u32) -> Result<Vec<ParkedOrder>, StoreError> {
        retry_read(self.read_pool(), || self.read_parked_orders(limit)).await
    }

    async fn resume_order(&self, order: OrderId) -> Result<bool, StoreError> {
        self.writer()
            .write(move |connection| {
                Box::pin(async move {
                    let resumed = sqlx::query(concat!(
                        "DELETE FROM ",
                        table!("outbox_parked_orders"),
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

    async fn release_partitions(
        &self,
        worker: &Worker,
        partitions: &[Partition],
    ) -> Result<(), StoreError> {
        let worker = worker.as_str().to_owned();
        let numbers: Vec<u16> = partitions.iter().map(|one| one.number()).collect();
        self.writer()
            .write(move |connection| {
                let worker = worker.clone();
                let numbers = json_rows(&numbers);
                Box::pin(async move {
                    sqlx::query(concat!(
                        "UPDATE ",
                        table!("outbox_partitions"),
                        " SET lease_worker = NULL, lease_until = NULL WHERE lease_worker = $2",
                        " AND partition IN (SELECT CAST(n.value AS BIGINT) FROM ",
                        rows!("$1"),
                        ")",
                    ))
                    .bind(numbers?)
                    .bind(worker)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
