//! Statistics for the planner while the tables are young.
//!
//! Statements are planned once. Postgres itself looks at a table that has grown within a minute or
//! so, and then has every statement planned again; until then a plan made for an empty table would
//! go through all of what has come in. So the store asks for a look itself, a few times. Tables that
//! are known to be full it leaves alone.

use super::dialect::Pool;
use sqlx::{Executor as _, Row as _};
use std::sync::atomic::{AtomicU64, Ordering};

/// After so many changes by this process.
const LOOKS: [u64; 3] = [200, 2_000, 20_000];

const STATEMENT: &str = concat!(
    "ANALYZE ",
    table!("orders"),
    ", ",
    table!("skus"),
    ", ",
    table!("events"),
    ", ",
    table!("effects"),
    ", ",
    table!("outbox"),
    ", ",
    table!("keys"),
    ", ",
    table!("receipts"),
    ", ",
    table!("products"),
    ", ",
    table!("reservations"),
    ", ",
    table!("reservation_lines"),
);

/// Whether it is known that the tables are full.
const FULL: &str = concat!(
    "SELECT reltuples >= 20000 AS are_full FROM pg_class WHERE oid = '",
    table!("orders"),
    "'::regclass",
);

/// Counts what is written, to know when to look.
#[derive(Default)]
pub(super) struct Statistics(AtomicU64);

impl Statistics {
    /// So many changes were written. Answers whether to look now.
    pub(super) fn count(&self, changes: u64) -> bool {
        let before = self.0.fetch_add(changes, Ordering::Relaxed);
        let after = before.saturating_add(changes);
        LOOKS.iter().any(|look| before < *look && *look <= after)
    }
}

/// Has Postgres look at the tables, unless it knows them to be full.
pub(super) async fn look(pool: Pool) {
    if let Err(error) = look_if_young(&pool).await {
        // Whoever may write may not always do this, and Postgres will sooner or later.
        tracing::debug!(%error, "no statistics were taken");
    }
}

async fn look_if_young(pool: &Pool) -> Result<(), sqlx::Error> {
    if !pool.fetch_one(FULL).await?.try_get("are_full")? {
        pool.execute(STATEMENT).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_is_taken_once() {
        let statistics = Statistics::default();
        let looks = (0..30_000).filter(|_| statistics.count(1)).count();
        assert_eq!(looks, LOOKS.len());
        let statistics = Statistics::default();
        let looks = (0..1_000).filter(|_| statistics.count(64)).count();
        assert_eq!(looks, LOOKS.len());
    }
}
