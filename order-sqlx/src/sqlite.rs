//! Orders in an SQLite file: the embedded default.
//!
//! [`SqliteStore`] implements [`OrderStore`](order_core::ports::OrderStore),
//! [`EffectQueue`](order_core::ports::EffectQueue) and [`Outbox`](order_core::ports::Outbox);
//! [`SqlInventory`] implements [`Inventory`](order_core::ports::Inventory) on tables in the same
//! file.
//!
//! # In a file of the host's
//!
//! All tables, views and indexes begin with `order_`, and migrations are noted in
//! `order_migrations`, so that they live beside the host's own. Nothing of the host's is read or
//! changed. A host that has a pool gives it to [`SqliteStore::from_pool`], and commits orders in
//! its own transactions with [`SqliteStore::commit_in`].
//!
//! # Writing
//!
//! SQLite has one writer at a time. Whatever is asked for while a transaction is being written goes
//! out together as the next one, each with an outcome of its own: many callers share one sync to
//! disk. Every write runs in a task of its own, so a caller may go away at any moment.
//!
//! # Stock
//!
//! ```
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! use order_core::testing::builders::{call, noon, sku, usd};
//! use order_core::testing::ManualClock;
//! use order_core::ports::{Inventory as _, Product};
//! use order_core::value::StorefrontId;
//! use order_sqlx::sqlite::{SqlInventory, SqliteOptions, SqliteStore};
//! use std::sync::Arc;
//!
//! let store = SqliteStore::connect("sqlite::memory:", SqliteOptions::new()).await?;
//! store.migrate().await?;
//! let inventory = SqlInventory::new(&store, Arc::new(ManualClock::new(noon())));
//! let tea = Product::new(sku("tea"), None, usd(500), 12);
//! inventory.put_product(&StorefrontId::default(), &tea).await?;
//! assert_eq!(inventory.products(&call("k1"), &[sku("tea"), sku("coal")]).await?, [tea]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod dialect;
mod migrate;
mod options;
mod writer;

#[path = "shared/commit.rs"]
mod commit;
#[path = "shared/effects.rs"]
mod effects;
#[path = "shared/failure.rs"]
mod failure;
#[path = "shared/inventory.rs"]
mod inventory;
#[path = "shared/keys.rs"]
mod keys;
#[path = "shared/line.rs"]
mod line;
#[path = "shared/list.rs"]
mod list;
#[path = "shared/outbox.rs"]
mod outbox;
#[path = "shared/prepared.rs"]
mod prepared;
#[path = "shared/products.rs"]
mod products;
#[path = "shared/record.rs"]
mod record;
#[path = "shared/reservations.rs"]
mod reservations;
#[path = "shared/retention.rs"]
mod retention;
#[path = "shared/rows.rs"]
mod rows;
#[path = "shared/store.rs"]
mod store;
#[path = "shared/unit.rs"]
mod unit;

pub use inventory::SqlInventory;
pub use options::SqliteOptions;

use SqliteStore as Store;
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use std::fmt;
use std::sync::Arc;
use writer::Writer;

/// Orders, effects and outbox in an SQLite file.
///
/// Cheap to clone; clones are the same store. It must be used within a tokio runtime.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use order_core::ports::OrderStore as _;
/// use order_sqlx::sqlite::{SqliteOptions, SqliteStore};
///
/// let store = SqliteStore::connect("sqlite::memory:", SqliteOptions::new()).await?;
/// store.migrate().await?;
/// store.ping().await?;
/// # Ok::<(), order_core::ports::StoreError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    writer: Arc<Writer>,
}

impl SqliteStore {
    /// Opens a file, named by its path or as `sqlite:path`, or a database in memory
    /// (`sqlite::memory:`), which lasts as long as the store. Call [`migrate`](Self::migrate) next.
    ///
    /// # Errors
    /// If the file cannot be opened, or is no database.
    pub async fn connect(place: &str, options: SqliteOptions) -> Result<Self, StoreError> {
        let (writer, readers) = options.open(place).await?;
        Ok(Self {
            readers,
            writer: Arc::new(Writer::new(writer)),
        })
    }

    /// A store in a database that the host has a pool for. Call [`migrate`](Self::migrate) next.
    ///
    /// How durable a commit is, and how long it waits for other writers, is as the host has
    /// configured its connections: `journal_mode=WAL`, `synchronous=FULL` and a busy timeout are
    /// what [`SqliteOptions`] would set. The store writes through one connection at a time.
    #[must_use]
    pub fn from_pool(pool: SqlitePool) -> Self {
        Self {
            readers: pool.clone(),
            writer: Arc::new(Writer::new(pool)),
        }
    }

    /// Makes the tables, or brings them up to date: all or nothing, forwards only. Processes that
    /// start at the same time may all call it.
    ///
    /// # Errors
    /// If the store gave no answer, if a table of the host's has the name of one of ours, or if the
    /// tables were made by a newer version of this crate.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::migrate(self.writer.pool().clone()).await
    }

    /// Writes what it was given to write, and closes all connections, those of the pool it was
    /// [given](Self::from_pool) among them. What is asked for later is
    /// [`Unavailable`](StoreError::Unavailable).
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
        self.writer.pool().close().await;
    }

    /// The order with this id at this storefront.
    async fn look_up(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.ask(|| self.order(storefront, id)).await
    }

    async fn order(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, failure::Failure> {
        sqlx::query(concat!(
            "SELECT storefront, order_id, version, document, personal FROM ",
            table!("orders"),
            " WHERE storefront = $1 AND order_id = $2",
        ))
        .bind(storefront.as_str())
        .bind(dialect::bind_id(id))
        .fetch_optional(&self.readers)
        .await?
        .as_ref()
        .map(rows::order)
        .transpose()
    }

    /// Where it reads.
    const fn reads(&self) -> &SqlitePool {
        &self.readers
    }

    /// A connection to read through.
    async fn reader(
        &self,
        _: Option<&StorefrontId>,
    ) -> Result<PoolConnection<dialect::Db>, failure::Failure> {
        Ok(self.readers.acquire().await?)
    }

    /// A file is one storefront's or trusted with all: nothing is limited.
    #[expect(clippy::unused_async, reason = "elsewhere it asks the database")]
    async fn limit_to(
        &self,
        _: &mut dialect::Connection,
        _: impl Iterator<Item = &StorefrontId>,
    ) -> Result<(), failure::Failure> {
        Ok(())
    }

    /// Where it writes.
    const fn writes(&self) -> &Arc<Writer> {
        &self.writer
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
