//! The database: an SQLite file, or Postgres.

use order_core::ports::{Clock, EffectQueue, Inventory, OrderStore, Product, StoreError};
use order_core::value::StorefrontId;
use order_sqlx::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, postgres, sqlite};
use std::sync::Arc;

/// Scheme of an SQLite URL.
pub(crate) const SQLITE: &str = "sqlite:";
/// Schemes of a Postgres URL.
pub(crate) const POSTGRES: [&str; 2] = ["postgres:", "postgresql:"];

/// An open database.
pub(crate) enum Database {
    /// An SQLite file.
    Sqlite(SqliteStore),
    /// A Postgres database.
    Postgres(PostgresStore),
}

impl Database {
    /// Opens the database of this URL, and migrates it.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with(SQLITE) {
            let store = SqliteStore::connect(url, SqliteOptions::new()).await?;
            store.migrate().await?;
            Ok(Self::Sqlite(store))
        } else {
            let store = PostgresStore::connect(url, PostgresOptions::new()).await?;
            store.migrate().await?;
            Ok(Self::Postgres(store))
        }
    }

    /// Returns the order store and its effect queue.
    pub(crate) fn store(&self) -> (Arc<dyn OrderStore>, Arc<dyn EffectQueue>) {
        match self {
            Self::Sqlite(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
            Self::Postgres(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
        }
    }

    /// Returns the inventory in this database, with these products added.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub(crate) async fn inventory(
        &self,
        clock: &Arc<dyn Clock>,
        products: &[Product],
    ) -> Result<Arc<dyn Inventory>, StoreError> {
        let storefront = StorefrontId::default();
        match self {
            Self::Sqlite(store) => {
                let inventory = sqlite::SqliteInventory::new(store, clock.clone());
                for product in products {
                    inventory.add_product(&storefront, product).await?;
                }
                Ok(Arc::new(inventory))
            }
            Self::Postgres(store) => {
                let inventory = postgres::PostgresInventory::new(store, clock.clone());
                for product in products {
                    inventory.add_product(&storefront, product).await?;
                }
                Ok(Arc::new(inventory))
            }
        }
    }

    /// Writes pending changes, and closes the database.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}
