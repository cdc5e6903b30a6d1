//! Creates and migrates the tables.

use super::dialect::{BEGIN, store_error};
use super::pool::ScopedPool;
use order_core::ports::StoreError;
use sqlx::Executor as _;
use sqlx::migrate::{MigrateError, Migrator};

/// The table of executed migrations, apart from the host's own.
const MIGRATIONS_TABLE: &str = "orders.migrations";

/// Takes the migration lock, without a timeout: another process may migrate for long.
const LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; \
     SELECT pg_advisory_xact_lock(hashtextextended('orders.migrations', 0))";

/// Creates the schema if it is missing. `CREATE SCHEMA IF NOT EXISTS` would need the right to create one
/// even if it exists.
const CREATE_SCHEMA: &str = "DO $$ BEGIN IF to_regnamespace('orders') IS NULL THEN \
     CREATE SCHEMA orders; END IF; END $$";

enum MigrationError {
    Migration(MigrateError),
    RowLevelSecurity(StoreError),
}

impl<E: Into<MigrateError>> From<E> for MigrationError {
    fn from(error: E) -> Self {
        Self::Migration(error.into())
    }
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    // The driver's lock would outlive the transaction; `LOCK` ends with it.
    migrator.set_locking(false);
    migrator
}

/// Runs the missing migrations, all in one transaction. A process that starts at the same time waits,
/// and finds them done.
pub(super) async fn migrate(pool: ScopedPool) -> Result<(), StoreError> {
    // In a spawned task: a caller that is dropped leaves no transaction open.
    let migration = tokio::spawn(async move {
        let mut transaction = pool.pool().begin_with(BEGIN).await?;
        transaction.execute(LOCK).await?;
        transaction.execute(CREATE_SCHEMA).await?;
        migrator()
            .run_direct(None, &mut *transaction, false)
            .await?;
        pool.enable_row_level_security(&mut transaction)
            .await
            .map_err(MigrationError::RowLevelSecurity)?;
        transaction.commit().await?;
        Ok(())
    });
    match migration.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(MigrationError::Migration(MigrateError::Execute(error)))) => Err(store_error(error)),
        Ok(Err(MigrationError::Migration(error))) => Err(StoreError::Failed(Box::new(error))),
        Ok(Err(MigrationError::RowLevelSecurity(error))) => Err(error),
        Err(stopped) => Err(StoreError::Unavailable(Box::new(stopped))),
    }
}
