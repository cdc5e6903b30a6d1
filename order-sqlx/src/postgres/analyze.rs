//! Runs `ANALYZE` a few times while the tables grow from empty.
//!
//! Statements are planned once. Without statistics the planner cannot tell one index from another,
//! and autovacuum takes them only about a minute after a table has grown; until then a plan made for
//! an empty table would scan far too much. Once a table is known to be large, that is left to
//! autovacuum.

use super::dialect::Pool;
use sqlx::{Executor as _, Row as _};
use std::sync::atomic::{AtomicU64, Ordering};

/// After how many commits of this process to analyze.
const ANALYZE_AFTER: [u64; 3] = [200, 2_000, 20_000];

const STATEMENT: &str = concat!(
    "ANALYZE ",
    table!("orders"),
    ", ",
    table!("order_skus"),
    ", ",
    table!("events"),
    ", ",
    table!("effects"),
    ", ",
    table!("outbox"),
    ", ",
    table!("idempotency_keys"),
    ", ",
    table!("inbox"),
    ", ",
    table!("products"),
    ", ",
    table!("reservations"),
    ", ",
    table!("reservation_lines"),
);

/// Whether the statistics say that the tables are large.
const IS_LARGE: &str = concat!(
    "SELECT reltuples >= 20000 AS is_large FROM pg_class WHERE oid = '",
    table!("orders"),
    "'::regclass",
);

/// Counts commits, to tell when to analyze.
#[derive(Default)]
pub(super) struct AnalyzeSchedule(AtomicU64);

impl AnalyzeSchedule {
    /// Counts commits. Returns whether to analyze now.
    pub(super) fn is_due_after(&self, commits: u64) -> bool {
        let before = self.0.fetch_add(commits, Ordering::Relaxed);
        let after = before.saturating_add(commits);
        ANALYZE_AFTER
            .iter()
            .any(|due| before < *due && *due <= after)
    }
}

/// Analyzes the tables, unless they are known to be large. A failure is logged only.
pub(super) async fn analyze(pool: Pool) {
    if let Err(error) = analyze_unless_large(&pool).await {
        // The role may lack the right to; autovacuum will do it later.
        tracing::debug!(%error, "the tables were not analyzed");
    }
}

async fn analyze_unless_large(pool: &Pool) -> Result<(), sqlx::Error> {
    if !pool.fetch_one(IS_LARGE).await?.try_get("is_large")? {
        pool.execute(STATEMENT).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_analyze_is_due_once() {
        let schedule = AnalyzeSchedule::default();
        let due = (0..30_000).filter(|_| schedule.is_due_after(1)).count();
        assert_eq!(due, ANALYZE_AFTER.len());
        let schedule = AnalyzeSchedule::default();
        let due = (0..1_000).filter(|_| schedule.is_due_after(64)).count();
        assert_eq!(due, ANALYZE_AFTER.len());
    }
}
