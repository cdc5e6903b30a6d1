//! Brings the tables up to date.

use super::dialect::{BEGIN, Pool, store_error};
use order_core::ports::StoreError;
use sqlx::migrate::{MigrateError, Migrator};

/// Where we note which migrations were run: the host's own are noted elsewhere.
const NOTED_IN: &str = "order_migrations";

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.dangerous_set_table_name(NOTED_IN);
    migrator
}

/// Runs the migrations that were not run yet, all in one transaction. Whoever starts at the same
/// time waits, and finds them done.
pub(super) async fn migrate(pool: Pool) -> Result<(), StoreError> {
    // A task of its own: a caller who goes away leaves no transaction open.
    let migration = tokio::spawn(async move {
        let mut transaction = pool.begin_with(BEGIN).await?;
        migrator()
            .run_direct(None, &mut *transaction, false)
            .await?;
        transaction.commit().await?;
        Ok::<(), MigrateError>(())
    });
    match migration.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(MigrateError::Execute(error))) => Err(store_error(error)),
        Ok(Err(error)) => Err(StoreError::Failed(Box::new(error))),
        Err(stopped) => Err(StoreError::Unavailable(Box::new(stopped))),
    }
}
