//! Creates and migrates the tables.

use super::dialect::{BEGIN, Pool, store_error};
use order_core::ports::StoreError;
use sqlx::migrate::{MigrateError, Migrator};

/// The table of executed migrations, apart from the host's own.
const MIGRATIONS_TABLE: &str = "order_migrations";

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/sqlite");
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

/// Runs the missing migrations, all in one transaction. A process that starts at the same time waits,
/// and finds them done.
pub(super) async fn migrate(pool: Pool) -> Result<(), StoreError> {
    // In a spawned task: a caller that is dropped leaves no transaction open.
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
