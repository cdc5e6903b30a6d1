//! The store on SQLite: how it is opened, and where it reads and writes. The ports it implements are
//! in `shared`.

use super::dialect::{self, Connection, Db};
use super::migrate;
use super::options::SqliteOptions;
use super::shared::encode::json_rows;
use super::shared::error::DbError;
use super::shared::retry::retry_read;
use super::shared::rows;
use super::writer::Writer;
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use std::fmt;
use std::sync::Arc;

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
    /// Opens a file, given as a path or as `sqlite:path`, or an in-memory database
    /// (`sqlite::memory:`), which lasts as long as the store. Call [`migrate`](Self::migrate) next.
    ///
    /// # Errors
    /// If the file cannot be opened, or is no database.
    pub async fn connect(location: &str, options: SqliteOptions) -> Result<Self, StoreError> {
        let (writer, readers) = options.open(location).await?;
        Ok(Self {
            readers,
            writer: Arc::new(Writer::new(writer)),
        })
    }

    /// Creates a store on the connection pool of a host. Call [`migrate`](Self::migrate) next.
    ///
    /// Durability and the busy timeout are as the host has configured its connections:
    /// `journal_mode=WAL`, `synchronous=FULL` and a busy timeout are what [`SqliteOptions`] would
    /// set. The store writes through one connection at a time.
    #[must_use]
    pub fn from_pool(pool: SqlitePool) -> Self {
        Self {
            readers: pool.clone(),
            writer: Arc::new(Writer::new(pool)),
        }
    }

    /// Creates the tables, or migrates them to this version: all or nothing, forwards only.
    /// Processes that start at the same time may all call it.
    ///
    /// # Errors
    /// If the database is unavailable, if a table of the host's has the name of one of the store's,
    /// or if a newer version of this crate has migrated the tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::migrate(self.writer.pool().clone()).await
    }

    /// Finishes accepted writes, and closes all connections, those of a pool it was
    /// [given](Self::from_pool) included. Later calls fail as
    /// [`Unavailable`](StoreError::Unavailable).
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
        self.writer.pool().close().await;
    }

    pub(super) async fn find_order(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        retry_read(&self.readers, || self.read_order(storefront, id)).await
    }

    async fn read_order(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, DbError> {
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

    /// Reads orders in one statement; as many as were asked for, in their order.
    pub(super) async fn find_orders(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        retry_read(&self.readers, || self.read_orders(orders)).await
    }

    async fn read_orders(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, DbError> {
        let asked: Vec<_> = orders
            .iter()
            .enumerate()
            .map(|(position, (storefront, id))| {
                (position, storefront.as_str(), dialect::bind_id(*id))
            })
            .collect();
        let found = sqlx::query(concat!(
            "SELECT CAST(n.value ->> 0 AS BIGINT) AS position, o.storefront AS storefront,",
            " o.order_id AS order_id, o.version AS version, o.document AS document,",
            " o.personal AS personal FROM ",
            rows!("$1"),
            " JOIN ",
            table!("orders"),
            " AS o ON o.storefront = n.value ->> 1 AND o.order_id = n.value ->> 2",
        ))
        .bind(json_rows(&asked)?)
        .fetch_all(&self.readers)
        .await?;
        rows::placed(found, orders.len())?
            .iter()
            .map(|row| row.as_ref().map(rows::order).transpose())
            .collect()
    }

    /// Returns the pool of [`read_connection`](Self::read_connection).
    pub(super) const fn read_pool(&self) -> &SqlitePool {
        &self.readers
    }

    /// Returns a connection to read through, for any storefront.
    pub(super) async fn read_connection(
        &self,
        _: Option<&StorefrontId>,
    ) -> Result<PoolConnection<Db>, DbError> {
        Ok(self.readers.acquire().await?)
    }

    /// Does nothing: SQLite has no row-level security.
    #[expect(clippy::unused_async, reason = "Postgres sets the scope here")]
    pub(super) async fn restrict_to(
        &self,
        _: &mut Connection,
        _: impl Iterator<Item = &StorefrontId>,
    ) -> Result<(), DbError> {
        Ok(())
    }

    pub(super) const fn writer(&self) -> &Arc<Writer> {
        &self.writer
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
