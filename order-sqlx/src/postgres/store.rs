//! The store on Postgres: how it is opened, and where it reads and writes. The ports it implements
//! are in `shared`.

use super::batch::loader::OrderLoader;
use super::dialect::{self, Connection};
use super::migrate;
use super::options::PostgresOptions;
use super::pool::ScopedPool;
use super::shared::error::DbError;
use super::tx::{ReadConnection, set_scope};
use super::writer::Writer;
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::PgPool;
use std::fmt;
use std::sync::Arc;

/// Orders, effects and outbox in a Postgres database.
///
/// Cheap to clone; clones are the same store. It must be used within a tokio runtime.
///
/// ```no_run
/// # async fn started() -> Result<(), order_core::ports::StoreError> {
/// use order_sqlx::postgres::{PostgresOptions, PostgresStore};
///
/// let store = PostgresStore::connect("postgres://localhost/shop", PostgresOptions::new()).await?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: ScopedPool,
    writer: Arc<Writer>,
    loader: Arc<OrderLoader>,
}

impl PostgresStore {
    /// Connects to a database by its URL. Call [`migrate`](Self::migrate) next.
    ///
    /// # Errors
    /// If the URL is invalid, or the database cannot be reached.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let pool = options.pool(url)?;
        pool.acquire().await.map_err(dialect::store_error)?;
        Ok(Self::from_pool(pool))
    }

    /// Creates a store on the connection pool of a host. Call [`migrate`](Self::migrate) next.
    ///
    /// Timeouts and the plan mode are as the host has configured its connections. On connections of
    /// its own ([`connect`](Self::connect)) the store has each statement planned once, by index
    /// scans, which stays right while tables grow; here, run `ANALYZE` after a bulk import.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self::on(ScopedPool::new(pool))
    }

    fn on(pool: ScopedPool) -> Self {
        Self {
            writer: Arc::new(Writer::new(pool.clone())),
            loader: Arc::new(OrderLoader::new(pool.clone())),
            pool,
        }
    }

    /// Returns the same store with row-level security: the database itself isolates storefronts.
    /// Call it before [`migrate`](Self::migrate), which enables it for good.
    ///
    /// What the store does for one storefront is limited to the rows of that storefront, whatever
    /// the statement says; runners and relays work for all. It is off by default because every
    /// statement then needs a transaction, which costs three round trips more. A host that reads
    /// with SQL names the storefronts it means by
    /// `SELECT set_config('orders.storefronts', 'one,two', true)` in its transaction; without it, it
    /// sees no rows. Once it is enabled, every process must use it.
    ///
    /// The role of the connections must own the tables and be subject to row-level security: no
    /// superuser, and without `BYPASSRLS`.
    #[must_use]
    pub fn with_row_level_security(self) -> Self {
        Self::on(self.pool.with_row_level_security())
    }

    /// Creates the tables, or migrates them to this version: all or nothing, forwards only.
    /// Processes that start at the same time may all call it.
    ///
    /// # Errors
    /// If the database is unavailable, if an object of the host's in the schema `orders` has the
    /// name of one of the store's, or if a newer version of this crate has migrated the tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::migrate(self.pool.clone()).await
    }

    /// Finishes accepted writes, and closes all connections, those of a pool it was
    /// [given](Self::from_pool) included. Later calls fail as
    /// [`Unavailable`](StoreError::Unavailable).
    pub async fn close(&self) {
        self.writer.close().await;
        self.loader.close().await;
        self.pool.pool().close().await;
    }

    /// Reads an order, in a batch with those that others read at the same time.
    pub(super) async fn find_order(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.loader.load(storefront, id).await
    }

    /// Reads orders in one statement; as many as were asked for, in their order.
    pub(super) async fn find_orders(
        &self,
        orders: &[(StorefrontId, OrderId)],
    ) -> Result<Vec<Option<Order>>, StoreError> {
        self.loader.load_many(orders).await
    }

    /// Returns the pool of [`read_connection`](Self::read_connection).
    pub(super) const fn read_pool(&self) -> &PgPool {
        self.pool.pool()
    }

    /// Returns a connection to read the rows of a storefront; `None`: of all storefronts.
    pub(super) async fn read_connection(
        &self,
        storefront: Option<&StorefrontId>,
    ) -> Result<ReadConnection, DbError> {
        ReadConnection::begin(&self.pool, storefront).await
    }

    /// Limits the transaction of a host to storefronts, if row-level security is on.
    pub(super) async fn restrict_to(
        &self,
        connection: &mut Connection,
        storefronts: impl Iterator<Item = &StorefrontId>,
    ) -> Result<(), DbError> {
        match self.pool.scope(storefronts) {
            Some(scope) => Ok(set_scope(connection, &scope).await?),
            None => Ok(()),
        }
    }

    pub(super) const fn writer(&self) -> &Arc<Writer> {
        &self.writer
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
