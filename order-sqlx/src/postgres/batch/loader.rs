//! The loader of single orders: lookups that callers make at the same time are one statement.
//!
//! With row-level security it is one statement per storefront, in a transaction limited to that
//! storefront. Each caller decodes its own row. Only reads.

use super::super::dialect::{Connection, Id, Row, bind_id};
use super::super::pool::ScopedPool;
use super::super::shared::error::{DbError, SharedError};
use super::super::shared::queue::{self, BatchHandler, BatchJob, BatchQueue, ConflictKey, Reply};
use super::super::shared::retry::RetryBudget;
use super::super::shared::rows::{self, RowReader};
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
                Ok(connection) => self.load_batch(connection, &batch).await,
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
            Ok(found) => {
                let mut rows: Vec<Option<Row>> = batch.iter().map(|_| None).collect();
                for (position, row) in found {
                    if let Some(slot) = rows.get_mut(position) {
                        *slot = Some(row);
                    }
                }
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

/// The row of an order, with the position of its job in the batch.
type FoundRow = (usize, Row);

impl OrderLoader {
    /// Reads the rows of the orders that exist.
    async fn load_batch(
        &self,
        connection: &mut Connection,
        batch: &[LoadJob],
    ) -> Result<Vec<FoundRow>, DbError> {
        let jobs = batch.iter().enumerate();
        if !self.pool.has_row_level_security() {
            return select_orders(connection, &jobs.collect::<Vec<_>>()).await;
        }
        let mut by_storefront: BTreeMap<&StorefrontId, Vec<_>> = BTreeMap::new();
        for (position, job) in jobs {
            let jobs = by_storefront.entry(&job.storefront).or_default();
            jobs.push((position, job));
        }
        let mut found = Vec::new();
        for (storefront, jobs) in by_storefront {
            let scope = self.pool.scope(std::iter::once(storefront));
            let mut scoped = ScopedConnection::begin(connection, scope).await?;
            found.extend(select_orders(scoped.connection(), &jobs).await?);
            scoped.commit().await?;
        }
        Ok(found)
    }
}

async fn select_orders(
    connection: &mut Connection,
    jobs: &[(usize, &LoadJob)],
) -> Result<Vec<FoundRow>, DbError> {
    let jobs = jobs.iter();
    let (positions, storefronts, ids) = jobs
        .map(|(position, job)| {
            let position = i64::try_from(*position).unwrap_or(i64::MAX);
            (position, job.storefront.as_str(), bind_id(job.id))
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
    found
        .into_iter()
        .map(|row| {
            let position = RowReader::new(&row, "orders", "?").number("position")?;
            Ok((position, row))
        })
        .collect()
}
