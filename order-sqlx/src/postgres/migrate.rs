//! Brings the tables up to date.

use super::access::Access;
use super::dialect::{BEGIN, store_error};
use order_core::ports::StoreError;
use sqlx::Executor as _;
use sqlx::migrate::{MigrateError, Migrator};

/// Where we note which migrations were run: the host's own are noted elsewhere.
const NOTED_IN: &str = "orders.migrations";

/// Whoever else starts waits here, without a limit: what is waited for may be long, and has an end.
const WAIT: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
     SET LOCAL idle_in_transaction_session_timeout = 0; \
     SELECT pg_advisory_xact_lock(hashtextextended('orders.migrations', 0))";

/// Makes the schema where it is missing: one who may not is not to be told where it is there.
const SCHEMA: &str = "DO $$ BEGIN IF to_regnamespace('orders') IS NULL THEN \
     CREATE SCHEMA orders; END IF; END $$";

enum Failed {
    Migrating(MigrateError),
    Isolating(StoreError),
}

impl<E: Into<MigrateError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Migrating(error.into())
    }
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    migrator.dangerous_set_table_name(NOTED_IN);
    // The driver's lock outlives the transaction; ours goes with it.
    migrator.set_locking(false);
    migrator
}

/// Runs the migrations that were not run yet, all in one transaction. Whoever starts at the same
/// time waits, and finds them done.
pub(super) async fn migrate(access: Access) -> Result<(), StoreError> {
    // A task of its own: a caller who goes away leaves no transaction open.
    let migration = tokio::spawn(async move {
        let mut transaction = access.pool().begin_with(BEGIN).await?;
        transaction.execute(WAIT).await?;
        transaction.execute(SCHEMA).await?;
        migrator()
            .run_direct(None, &mut *transaction, false)
            .await?;
        access
            .isolate(&mut transaction)
            .await
            .map_err(Failed::Isolating)?;
        transaction.commit().await?;
        Ok(())
    });
    match migration.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Failed::Migrating(MigrateError::Execute(error)))) => Err(store_error(error)),
        Ok(Err(Failed::Migrating(error))) => Err(StoreError::Failed(Box::new(error))),
        Ok(Err(Failed::Isolating(error))) => Err(error),
        Err(stopped) => Err(StoreError::Unavailable(Box::new(stopped))),
    }
}
