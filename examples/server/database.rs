//! The database: an SQLite file, or Postgres.

use order_core::ports::{Clock, EffectQueue, Inventory, OrderStore, Product, StoreError};
use order_core::value::StorefrontId;
use order_sqlx::{PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, postgres, sqlite};
use std::sync::Arc;

/// How the URL of an SQLite file begins.
pub(crate) const SQLITE: &str = "sqlite:";
/// How the URL of a Postgres database begins.
pub(crate) const POSTGRES: [&str; 2] = ["postgres:", "postgresql:"];

/// An open database.
pub(crate) enum Database {
    /// A file.
    Sqlite(SqliteStore),
    /// A server.
    Postgres(PostgresStore),
}

impl Database {
    /// Opens the database of this URL, with its tables up to date.
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

    /// Its orders, and their effects.
    pub(crate) fn store(&self) -> (Arc<dyn OrderStore>, Arc<dyn EffectQueue>) {
        match self {
            Self::Sqlite(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
            Self::Postgres(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
        }
    }

    /// Its stock, which begins with these products.
    ///
    /// # Errors
    /// If the database gives no answer.
    pub(crate) async fn stock(
        &self,
        clock: &Arc<dyn Clock>,
        products: &[Product],
    ) -> Result<Arc<dyn Inventory>, StoreError> {
        let shop = StorefrontId::default();
        match self {
            Self::Sqlite(store) => {
                let stock = sqlite::SqlInventory::new(store, clock.clone());
                for product in products {
                    stock.add_product(&shop, product).await?;
                }
                Ok(Arc::new(stock))
            }
            Self::Postgres(store) => {
                let stock = postgres::SqlInventory::new(store, clock.clone());
                for product in products {
                    stock.add_product(&shop, product).await?;
                }
                Ok(Arc::new(stock))
            }
        }
    }

    /// Writes what is still to be written, and closes it.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}
