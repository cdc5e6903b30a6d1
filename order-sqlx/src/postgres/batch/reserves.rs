//! The queue of reservations. A batch is one statement: the units of each product are summed, and
//! taken if there are enough for the whole batch.
//!
//! A request for a product that is short, and one whose reservation exists already, is left to a
//! transaction of its own beside the queue. Products are locked in the order of their SKUs, so that
//! batches do not deadlock. Where another writer came in between, the whole statement fails with a
//! conflict and is sent again. Reserving twice under one id is idempotent, so an in-doubt batch is
//! sent again as well.

use super::super::dialect::Connection;
use super::super::pool::ScopedPool;
use super::super::shared::encode::micros;
use super::super::shared::error::{DbError, SharedError};
use super::super::shared::inventory::reservation_rows::ReservationKey;
use super::super::shared::inventory::reserve::{ReservationRequest, ReserveResult, reserve};
use super::super::shared::queue::{self, BatchHandler, BatchJob, BatchQueue, ConflictKey, Reply};
use super::super::shared::retry::RetryBudget;
use super::super::shared::rows::RowReader;
use super::super::tx::{ScopedConnection, TxOutcome, run_in_tx};
use super::{CachedConnection, cached_connection, idle_timeout};
use order_core::ports::{ReserveOutcome, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// A request, and the caller that waits for its outcome.
pub(in super::super) struct ReserveJob {
    request: ReservationRequest,
    reply: Reply<ReserveResult>,
}

impl BatchJob for ReserveJob {
    fn conflict_keys(&self) -> Vec<ConflictKey> {
        let ReservationKey { storefront, id } = &self.request.key;
        vec![ConflictKey::new(0, (storefront.as_str(), id))]
    }

    fn bytes(&self) -> usize {
        self.request
            .lines
            .iter()
            .map(|line| line.sku.as_str().len())
            .sum()
    }
}

const STATEMENT: &str = concat!(
    "WITH requested AS MATERIALIZED (SELECT a.*, (SELECT true FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = a.storefront AND r.reservation = a.reservation",
    " LIMIT 1) IS NOT NULL AS is_known",
    " FROM ",
    short_lock_timeout!(),
    " CROSS JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::text[])",
    " WITH ORDINALITY AS a(storefront, reservation, expires_at, requested_lines, item)),",
    " known AS MATERIALIZED (SELECT array_agg(is_known ORDER BY item) AS flags FROM requested),",
    " wanted AS MATERIALIZED (SELECT l.storefront, l.sku, CAST(sum(l.quantity) AS bigint) AS units",
    " FROM unnest($5::bigint[], $6::text[], $8::text[], $9::bigint[])",
    " AS l(item, storefront, sku, quantity) WHERE NOT (SELECT flags FROM known)[l.item]",
    " GROUP BY l.storefront, l.sku),",
    " scarce AS MATERIALIZED (SELECT w.storefront, w.sku FROM wanted AS w LEFT JOIN ",
    table!("products"),
    " AS p ON p.storefront = w.storefront AND p.sku = w.sku",
    " WHERE p.available IS NULL OR p.available < w.units),",
    // Requests for a scarce product, and those whose reservation exists.
    " refused AS MATERIALIZED (SELECT array(SELECT l.item FROM scarce AS s CROSS JOIN",
    " unnest($5::bigint[], $6::text[], $8::text[]) AS l(item, storefront, sku)",
    " WHERE l.storefront = s.storefront AND l.sku = s.sku",
    " UNION ALL SELECT item FROM requested WHERE is_known) AS items),",
    " granted AS MATERIALIZED (SELECT storefront, reservation, expires_at, requested_lines, item",
    " FROM requested",
    " WHERE item <> ALL ((SELECT items FROM refused)::bigint[])),",
    " lines AS MATERIALIZED (SELECT l.* FROM unnest($5::bigint[], $6::text[], $7::text[], $8::text[],",
    " $9::bigint[]) AS l(item, storefront, reservation, sku, quantity)",
    " WHERE l.item <> ALL ((SELECT items FROM refused)::bigint[])),",
    " summed AS MATERIALIZED (SELECT storefront, sku, CAST(sum(quantity) AS bigint) AS units",
    " FROM lines GROUP BY storefront, sku ORDER BY storefront COLLATE \"C\", sku COLLATE \"C\"),",
    " decremented AS (UPDATE ",
    table!("products"),
    " AS p SET available = p.available - s.units FROM summed AS s",
    " WHERE p.storefront = s.storefront AND p.sku = s.sku AND p.available >= s.units RETURNING 1),",
    " reserved AS (INSERT INTO ",
    table!("reservations"),
    " (storefront, reservation, status, expires_at, requested_lines)",
    " SELECT storefront, reservation, 'held', expires_at, requested_lines FROM granted),",
    " reserved_lines AS (INSERT INTO ",
    table!("reservation_lines"),
    " (storefront, reservation, sku, quantity)",
    " SELECT storefront, reservation, sku, quantity FROM lines)",
    " SELECT item FROM granted WHERE (SELECT count(*) FROM decremented)",
    " = (SELECT count(*) FROM summed) OR ",
    table!("raise_write_conflict"),
    "()",
);

/// Reserves what is available, for requests with different ids. Returns the indexes of the requests
/// that were granted.
async fn reserve_batch(
    connection: &mut Connection,
    requests: &[&ReservationRequest],
) -> Result<Vec<usize>, DbError> {
    let (mut storefronts, mut ids, mut expiries, mut requested) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut items, mut line_storefronts, mut line_ids) = (Vec::new(), Vec::new(), Vec::new());
    let (mut skus, mut quantities) = (Vec::new(), Vec::new());
    for (item, request) in (1_i64..).zip(requests) {
        let ReservationKey { storefront, id } = &request.key;
        storefronts.push(storefront.as_str());
        ids.push(&**id);
        expiries.push(micros(request.expires_at));
        requested.push(&*request.requested_lines);
        for line in &request.lines {
            items.push(item);
            line_storefronts.push(storefront.as_str());
            line_ids.push(&**id);
            skus.push(line.sku.as_str());
            quantities.push(i64::from(line.quantity));
        }
    }
    sqlx::query(STATEMENT)
        .bind(storefronts)
        .bind(ids)
        .bind(expiries)
        .bind(requested)
        .bind(items)
        .bind(line_storefronts)
        .bind(line_ids)
        .bind(skus)
        .bind(quantities)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let item: usize = RowReader::new(row, "reservations", "?").number("item")?;
            Ok(item.saturating_sub(1))
        })
        .collect()
}

pub(in super::super) struct ReserveQueue {
    pool: ScopedPool,
    queue: BatchQueue<ReserveJob>,
}

impl ReserveQueue {
    pub(in super::super) fn new(pool: ScopedPool) -> Self {
        Self {
            pool,
            queue: BatchQueue::default(),
        }
    }

    /// Reserves units, in a batch with others.
    pub(in super::super) async fn reserve(
        self: &Arc<Self>,
        request: ReservationRequest,
    ) -> Result<ReserveResult, StoreError> {
        queue::submit(self, |reply| ReserveJob { request, reply }).await
    }

    /// Finishes the queued requests, and refuses new ones.
    pub(in super::super) async fn close(&self) {
        self.queue.close().await;
    }
}

impl BatchHandler for ReserveQueue {
    type Job = ReserveJob;
    type Session = CachedConnection;

    fn queue(&self) -> &BatchQueue<ReserveJob> {
        &self.queue
    }

    fn idle_timeout(&self) -> Duration {
        idle_timeout(self.pool.pool())
    }

    async fn handle(&self, session: &mut CachedConnection, batch: Vec<ReserveJob>) {
        let granted = match self.reserve_with_retry(session, &batch).await {
            Ok(granted) => granted,
            Err(error) if error.is_conflict() || error.is_lock_timeout() => Vec::new(),
            Err(error) => {
                let error = SharedError::new(error.into());
                for job in batch {
                    drop(job.reply.send(Err(error.to_store_error())));
                }
                return;
            }
        };
        let mut granted = granted.into_iter().peekable();
        let mut single = Vec::new();
        for (index, job) in batch.into_iter().enumerate() {
            if granted.next_if_eq(&index).is_some() {
                let expires_at = job.request.expires_at;
                let reserved = Ok(ReserveOutcome::Reserved { expires_at });
                drop(job.reply.send(Ok(reserved)));
            } else {
                single.push(job);
            }
        }
        if !single.is_empty() {
            let pool = self.pool.clone();
            // One after the other, so that they do not wait for each other's locks.
            self.queue.spawn_tracked(async move {
                for job in single {
                    reserve_one(&pool, job).await;
                }
            });
        }
    }
}

impl ReserveQueue {
    /// Sends requests as one statement.
    async fn send(
        &self,
        connection: &mut Connection,
        requests: &[&ReservationRequest],
    ) -> Result<Vec<usize>, DbError> {
        let storefronts = requests.iter().map(|request| &request.key.storefront);
        let scope = self.pool.scope(storefronts);
        let mut scoped = ScopedConnection::begin(connection, scope).await?;
        let granted = reserve_batch(scoped.connection(), requests).await?;
        scoped.commit().await?;
        Ok(granted)
    }

    /// Reserves a batch, and retries it if that may help. Returns the sorted indexes of the requests
    /// that were granted.
    async fn reserve_with_retry(
        &self,
        session: &mut CachedConnection,
        batch: &[ReserveJob],
    ) -> Result<Vec<usize>, DbError> {
        let requests: Vec<_> = batch.iter().map(|job| &job.request).collect();
        let mut budget = RetryBudget::for_pool(self.pool.pool());
        loop {
            let connection = cached_connection(session, self.pool.pool()).await?;
            match self.send(connection, &requests).await {
                Ok(mut granted) => {
                    granted.sort_unstable();
                    return Ok(granted);
                }
                Err(error) => {
                    if error.is_connection_lost() {
                        *session = None;
                    }
                    if !budget.should_retry(&error).await {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Reserves for one request beside the queue, in a transaction of several statements.
async fn reserve_one(pool: &ScopedPool, ReserveJob { request, reply }: ReserveJob) {
    let request = Arc::new(request);
    let mut budget = RetryBudget::for_pool(pool.pool());
    let reserved = loop {
        let committed = run_in_tx(pool, |connection| {
            let request = Arc::clone(&request);
            Box::pin(async move { reserve(connection, &request).await })
        });
        match committed.await {
            TxOutcome::Committed(reserved) => break Ok(reserved),
            TxOutcome::Failed(error) | TxOutcome::InDoubt(error) => {
                if !budget.should_retry(&error).await {
                    break Err(error);
                }
            }
        }
    };
    drop(reply.send(reserved.map_err(StoreError::from)));
}
