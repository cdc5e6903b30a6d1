//! The port of orders.

use super::Store;
use super::dialect::{Connection, bind_id};
use super::failure::Failure;
use super::prepared::Prepared;
use super::rows::{self, Reading, micros};
use super::{commit, list};
use async_trait::async_trait;
use order_core::event::Event;
use order_core::order::Order;
use order_core::ports::{
    Change, CommitOutcome, KeyRecord, ListQuery, OrderStore, Page, ScopedKey, StoreError,
};
use order_core::time::Timestamp;
use order_core::value::{OrderId, StorefrontId};
use sqlx::Connection as _;

impl Store {
    /// Stores a change inside a transaction of the caller's: it is there once the caller commits.
    ///
    /// The outcomes are those of [`OrderStore::commit`]; with any but [`CommitOutcome::Applied`],
    /// and with an error, nothing was written and the transaction can go on.
    ///
    #[doc = about_transactions!()]
    ///
    /// # Errors
    /// If the change cannot be stored.
    pub async fn commit_in(
        &self,
        connection: &mut Connection,
        change: &Change,
    ) -> Result<CommitOutcome, StoreError> {
        let change = Prepared::new(change.clone())?;
        let mut savepoint = connection.begin().await.map_err(Failure::Sql)?;
        self.limit_to(&mut savepoint, change.storefronts()).await?;
        match commit::commit_all(&mut savepoint, &[&change]).await {
            Ok(mut outcomes) => {
                savepoint.commit().await.map_err(Failure::Sql)?;
                let missing = Failure::Broken("a change without an outcome");
                Ok(outcomes.pop().ok_or(missing)?)
            }
            Err(failure) => {
                savepoint.rollback().await.map_err(Failure::Sql)?;
                Err(failure.into())
            }
        }
    }

    async fn history(&self, storefront: &StorefrontId, id: OrderId) -> Result<Vec<Event>, Failure> {
        sqlx::query(concat!(
            "SELECT order_id, version, document, personal FROM ",
            table!("events"),
            " WHERE storefront = $1 AND order_id = $2 ORDER BY version",
        ))
        .bind(storefront.as_str())
        .bind(bind_id(id))
        .fetch_all(&mut *self.reader(Some(storefront)).await?)
        .await?
        .iter()
        .map(rows::event)
        .collect()
    }

    async fn deferred(&self, storefront: &StorefrontId, at_most: u32) -> Result<u32, Failure> {
        let row = sqlx::query(concat!(
            "SELECT count(*) AS deferred FROM (SELECT 1 AS one FROM ",
            table!("orders"),
            " WHERE storefront = $1 AND deferred = 1 LIMIT $2) AS d",
        ))
        .bind(storefront.as_str())
        .bind(i64::from(at_most))
        .fetch_one(&mut *self.reader(Some(storefront)).await?)
        .await?;
        Reading::new(&row, "orders", storefront.as_str()).small("deferred")
    }

    async fn waking(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, Failure> {
        sqlx::query(concat!(
            "SELECT storefront, order_id FROM ",
            table!("orders"),
            " WHERE wake_at IS NOT NULL AND wake_at <= $1 ORDER BY wake_at LIMIT $2",
        ))
        .bind(micros(now))
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader(None).await?)
        .await?
        .iter()
        .map(|row| {
            let id = rows::order_id(row, "orders")?;
            let storefront = Reading::new(row, "orders", id.to_string()).value("storefront")?;
            Ok((storefront, id))
        })
        .collect()
    }
}

#[async_trait]
impl OrderStore for Store {
    async fn commit(&self, change: Change) -> Result<CommitOutcome, StoreError> {
        self.writes().commit(change).await
    }

    async fn find(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.look_up(storefront, id).await
    }

    async fn events(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Vec<Event>, StoreError> {
        self.ask(|| self.history(storefront, id)).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, StoreError> {
        self.ask(|| async {
            let mut reader = self.reader(Some(&query.storefront)).await?;
            list::page(&mut reader, query).await
        })
        .await
    }

    async fn find_key(
        &self,
        key: &ScopedKey,
        now: Timestamp,
    ) -> Result<Option<KeyRecord>, StoreError> {
        self.ask(|| self.key_record(key, now)).await
    }

    async fn answer_key(&self, key: &ScopedKey) -> Result<(), StoreError> {
        self.mark_answered(key).await
    }

    async fn count_deferred(
        &self,
        storefront: &StorefrontId,
        at_most: u32,
    ) -> Result<u32, StoreError> {
        self.ask(|| self.deferred(storefront, at_most)).await
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(StorefrontId, OrderId)>, StoreError> {
        self.ask(|| self.waking(now, limit)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(|| async {
            sqlx::query(concat!("SELECT 1 FROM ", table!("lanes"), " LIMIT 1"))
                .fetch_optional(&mut *self.reader(None).await?)
                .await?;
            Ok(())
        })
        .await
    }
}
