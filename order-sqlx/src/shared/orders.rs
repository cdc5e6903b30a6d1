//! The port `OrderStore`: commits, reads of single orders, idempotency keys, and timers.
//!
//! Lists are in [`list`], what a commit does in [`commit`](super::commit).

use super::Store;
use super::commit::{commit_all, keys};
use super::dialect::{Connection, bind_id};
use super::encode::{EncodedChange, key_columns, micros};
use super::error::DbError;
use super::list;
use super::retry::retry_read;
use super::rows::{self, RowReader};
use async_trait::async_trait;
use order_core::event::Event;
use order_core::order::Order;
use order_core::ports::{
    Change, CommitOutcome, IdempotencyRecord, IdempotencyScope, ListQuery, OrderStore, Page,
    StoreError,
};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId};
use sqlx::Connection as _;

impl Store {
    /// Writes a change within a transaction of the caller's; it is stored once the caller commits.
    ///
    /// Returns an outcome of [`OrderStore::commit`]. On any but [`CommitOutcome::Applied`], and on
    /// an error, nothing was written and the transaction can go on.
    ///
    #[doc = host_transaction_docs!()]
    ///
    /// # Errors
    /// If the change cannot be stored.
    pub async fn commit_in(
        &self,
        connection: &mut Connection,
        change: &Change,
    ) -> Result<CommitOutcome, StoreError> {
        let change = EncodedChange::new(change.clone())?;
        let mut savepoint = connection.begin().await.map_err(DbError::Sql)?;
        self.restrict_to(&mut savepoint, change.storefronts())
            .await?;
        match commit_all(&mut savepoint, &[&change]).await {
            Ok(mut outcomes) => {
                savepoint.commit().await.map_err(DbError::Sql)?;
                let missing = DbError::ContractViolation("a change without an outcome");
                Ok(outcomes.pop().ok_or(missing)?)
            }
            Err(error) => {
                savepoint.rollback().await.map_err(DbError::Sql)?;
                Err(error.into())
            }
        }
    }

    async fn read_events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<Event>, DbError> {
        let changes = sqlx::query(concat!(
            "SELECT order_id, first_version, last_version, documents, personal FROM ",
            table!("events"),
            " WHERE storefront = $1 AND order_id = $2 ORDER BY first_version",
        ))
        .bind(storefront.as_str())
        .bind(bind_id(id))
        .fetch_all(&mut *self.read_connection(Some(storefront)).await?)
        .await?;
        let mut events = Vec::with_capacity(changes.len());
        for change in &changes {
            events.extend(rows::events(change)?);
        }
        Ok(events)
    }

    async fn read_key(
        &self,
        key: &IdempotencyScope,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, DbError> {
        let (storefront, operation, text) = key_columns(key);
        sqlx::query(concat!(
            "SELECT order_id, fingerprint, before_version, version, in_flight_until, expires_at FROM ",
            table!("idempotency_keys"),
            " WHERE storefront = $1 AND operation = $2 AND idempotency_key = $3 AND expires_at > $4",
            " AND version > 0",
        ))
        .bind(storefront)
        .bind(operation)
        .bind(text)
        .bind(micros(now))
        .fetch_optional(&mut *self.read_connection(Some(&key.storefront)).await?)
        .await?
        .as_ref()
        .map(keys::decode)
        .transpose()
    }

    async fn read_deferred_count(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, DbError> {
        let row = sqlx::query(concat!(
            "SELECT count(*) AS deferred FROM (SELECT 1 AS one FROM ",
            table!("orders"),
            " WHERE storefront = $1 AND deferred = 1 LIMIT $2) AS d",
        ))
        .bind(storefront.as_str())
        .bind(i64::from(at_most))
        .fetch_one(&mut *self.read_connection(Some(storefront)).await?)
        .await?;
        RowReader::new(&row, "orders", storefront.as_str()).number("deferred")
    }

    async fn read_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, DbError> {
        sqlx::query(concat!(
            "SELECT storefront, order_id FROM ",
            table!("orders"),
            " WHERE wake_at IS NOT NULL AND wake_at <= $1 ORDER BY wake_at LIMIT $2",
        ))
        .bind(micros(now))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.read_connection(None).await?)
        .await?
        .iter()
        .map(|row| {
            let id = rows::order_id(row, "orders")?;
            let storefront = RowReader::new(row, "orders", id.to_string()).value("storefront")?;
            Ok((storefront, id))
        })
        .collect()
    }
}

#[async_trait]
impl OrderStore for Store {
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        self.writer().commit(change).await
    }

    fn reserves_stock(&self) -> bool {
        true
    }

    async fn find(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.find_order(storefront, id).await
    }

    async fn find_many(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        self.find_orders(orders).await
    }

    async fn events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<Event>, StoreError> {
        retry_read(self.read_pool(), || self.read_events(storefront, id)).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError> {
        retry_read(self.read_pool(), || async {
            let mut reader = self.read_connection(Some(&query.storefront)).await?;
            list::page(&mut reader, query).await
        })
        .await
    }

    async fn find_idempotency_record(
        &self,
        key: &IdempotencyScope,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        retry_read(self.read_pool(), || self.read_key(key, now)).await
    }

    async fn mark_answered(&self, key: &IdempotencyScope) -> Result<(), StoreError> {
        let key = key.clone();
        self.writer()
            .write(move |connection| {
                let key = key.clone();
                Box::pin(async move {
                    let (storefront, operation, text) = key_columns(&key);
                    sqlx::query(concat!(
                        "UPDATE ",
                        table!("idempotency_keys"),
                        " SET in_flight_until = NULL",
                        " WHERE storefront = $1 AND operation = $2 AND idempotency_key = $3",
                    ))
                    .bind(storefront)
                    .bind(operation)
                    .bind(text)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    async fn count_deferred(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, StoreError> {
        retry_read(self.read_pool(), || {
            self.read_deferred_count(storefront, at_most)
        })
        .await
    }

    async fn find_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, StoreError> {
        retry_read(self.read_pool(), || self.read_due(now, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        retry_read(self.read_pool(), || async {
            sqlx::query(concat!(
                "SELECT 1 FROM ",
                table!("outbox_partitions"),
                " LIMIT 1"
            ))
            .fetch_optional(&mut *self.read_connection(None).await?)
            .await?;
            Ok(())
        })
        .await
    }
}
