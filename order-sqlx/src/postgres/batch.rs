//! What goes to Postgres in batches: commits, reservations, and lookups of single orders. Each has a
//! queue of its own, whose worker keeps a connection from one batch to the next.

mod commit_call;
pub(super) mod commits;
mod in_doubt;
pub(super) mod loader;
pub(super) mod reserves;

use super::dialect::{Connection, Db, Pool};
use super::shared::error::DbError;
use sqlx::pool::PoolConnection;
use std::time::Duration;

/// The smallest pool whose connections are kept while idle: four of them may be.
const MIN_POOL_FOR_IDLE: u32 = 8;

/// How long a worker keeps its connection while its queue is empty.
const IDLE_TIMEOUT: Duration = Duration::from_millis(20);

/// The connection that a worker keeps between batches: its statements are prepared there, and the
/// backend has its caches warm.
type CachedConnection = Option<PoolConnection<Db>>;

/// Returns how long a worker keeps its connection while its queue is empty: not at all in a small
/// pool, where others may need it.
fn idle_timeout(pool: &Pool) -> Duration {
    if has_spare_connections(pool) {
        IDLE_TIMEOUT
    } else {
        Duration::ZERO
    }
}

/// Returns whether the pool is large enough for queues to keep connections of their own.
fn has_spare_connections(pool: &Pool) -> bool {
    pool.options().get_max_connections() >= MIN_POOL_FOR_IDLE
}

/// Returns the cached connection, or acquires and caches one.
async fn cached_connection<'s>(
    cached: &'s mut CachedConnection,
    pool: &Pool,
) -> Result<&'s mut Connection, DbError> {
    let connection = match cached.take() {
        Some(connection) => connection,
        None => pool.acquire().await?,
    };
    Ok(cached.insert(connection))
}
