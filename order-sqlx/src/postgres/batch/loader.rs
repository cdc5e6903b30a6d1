//! The loader of single orders: lookups that callers make at the same time are one statement.
//!
//! With row-level security it is one statement per storefront, in a transaction limited to that
//! storefront. Each caller decodes its own row. Only reads.

use super::super::dialect::{Connection, Id, Row, bind_id};
use super::super::pool::ScopedPool;
use super::super::shared::error::{DbError, SharedError};
use super::super::shared::queue::{self, BatchHandler, BatchJob, BatchQueue, ConflictKey, Reply};
use super::super::shared::retry::{RetryBudget, retry_read};
use super::super::shared::rows;
use super::super::tx::ScopedConnection;
use super::{CachedConnection, cached_connection, idle_timeout};
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A lookup, and the caller that waits for its row.
pub(in super::super) struct LoadJob {
    storefront: StorefrontId,
    id: OrderId,
    reply: Reply<Option<Row>>,
}

impl BatchJob for LoadJob {
    fn conflict_keys(&self) -> Vec<ConflictKey> {
        // Reads do not conflict.
        Vec::new()
    }

    fn bytes(&self) -> usize {
        0
    }
}

pub(in super::super) struct OrderLoader {
    pool: ScopedPool,
    queue: BatchQueue<LoadJob>,
}

impl OrderLoader {
    pub(in super::super) fn new(pool: ScopedPool) -> Self {
        Self {
            pool,
            queue: BatchQueue::default(),
        }
    }

    /// Loads an order of a storefront, in a batch with others.
    pub(in super::super) async fn load(
        self: &Arc<Self>,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        let loaded = queue::submit(self, |reply| LoadJob {
            storefront: storefront.clone(),
            id,
            reply,
        });
        let row = loaded.await?;
        Ok(row.as_ref().map(rows::order).transpose()?)
    }

    /// Loads the orders of one caller, beside the queue; as many as were asked for, in their order.
    pub(in super::super) async fn load_many(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        let pool = self.pool.pool();
        retry_read(pool, async || {
            let mut connection = pool.acquire().await?;
            let asked = orders.iter().map(|(storefront, id)| (storefront, *id));
            self.select(&mut connection, asked)
                .await?
                .iter()
                .map(|row| row.as_ref().map(rows::order).transpose())
                .collect()
        })
        .await
    }

    /// Finishes the queued lookups, and refuses new ones.
    pub(in super::super) async fn close(&self) {
        self.queue.close().await;
    }
}

impl BatchHandler for OrderLoader {
    type Job = LoadJob;
    type Session = CachedConnection;

    fn queue(&self) -> &BatchQueue<LoadJob> {
        &self.queue
    }

    fn idle_timeout(&self) -> Duration {
        idle_timeout(self.pool.pool())
    }

    async fn handle(&self, session: &mut CachedConnection, batch: Vec<LoadJob>) {
        let mut budget = RetryBudget::for_pool(self.pool.pool());
        let loaded = loop {
            let loaded = match cached_connection(session, self.pool.pool()).await {
                Ok(connection) => {
                    let asked = batch.iter().map(|job| (&job.storefront, job.id));
                    self.select(connection, asked).await
                }
                Err(error) => Err(error),
            };
            match loaded {
                Err(error) => {
                    *session = None;
                    if !budget.should_retry(&error).await {
                        break Err(error);
                    }
                }
                loaded => break loaded,
            }
        };
        match loaded {
            Ok(rows) => {
                for (job, row) in batch.into_iter().zip(rows) {
                    // The caller may be gone.
                    drop(job.reply.send(Ok(row)));
                }
            }
            Err(error) => {
                let error = SharedError::new(error.into());
                for job in batch {
                    drop(job.reply.send(Err(error.to_store_error())));
                }
            }
        }
    }
}

/// An order to look up, and its position in the batch.
type Lookup<'a> = (usize, &'a StorefrontId, OrderId);

impl OrderLoader {
    /// Reads the rows of orders; `None` where there is no such order.
    async fn select<'a>(
        &self,
        connection: &mut Connection,
        asked: impl ExactSizeIterator<Item = (&'a StorefrontId, OrderId)>,
    ) -> Result<Vec<Option<Row>>, DbError> {
        let len = asked.len();
        let lookups = asked.enumerate().map(|(at, (shop, id))| (at, shop, id));
        if !self.pool.has_row_level_security() {
            let found = select_orders(connection, &lookups.collect::<Vec<_>>()).await?;
            return rows::placed(found, len);
        }
        let mut by_storefront: BTreeMap<&StorefrontId, Vec<Lookup<'a>>> = BTreeMap::new();
        for lookup in lookups {
            by_storefront.entry(lookup.1).or_default().push(lookup);
        }
        let mut found = Vec::new();
        for (storefront, lookups) in by_storefront {
            let scope = self.pool.scope(std::iter::once(storefront));
            let mut scoped = ScopedConnection::begin(connection, scope).await?;
            found.extend(select_orders(scoped.connection(), &lookups).await?);
            scoped.commit().await?;
        }
        rows::placed(found, len)
    }
}

async fn select_orders(
    connection: &mut Connection,
    lookups: &[Lookup<'_>],
) -> Result<Vec<Row>, DbError> {
    let (positions, storefronts, ids) = lookups
        .iter()
        .map(|(position, storefront, id)| {
            let position = i64::try_from(*position).unwrap_or(i64::MAX);
            (position, storefront.as_str(), bind_id(*id))
        })
        .collect::<(Vec<i64>, Vec<&str>, Vec<Id>)>();
    let found = sqlx::query(concat!(
        "SELECT w.position AS position, o.storefront AS storefront, o.order_id AS order_id,",
        " o.version AS version, o.document AS document, o.personal AS personal",
        " FROM unnest($1::bigint[], $2::text[], $3::uuid[]) AS w(position, storefront, order_id)",
        " JOIN ",
        table!("orders"),
        " AS o ON o.storefront = w.storefront AND o.order_id = w.order_id",
    ))
    .bind(&positions)
    .bind(&storefronts)
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    Ok(found)
}
