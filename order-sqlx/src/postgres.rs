//! Orders in a Postgres database, shared by as many processes as there are.
//!
//! [`PostgresStore`] implements [`OrderStore`](order_core::ports::OrderStore),
//! [`EffectQueue`](order_core::ports::EffectQueue) and [`Outbox`](order_core::ports::Outbox);
//! [`SqlInventory`] implements [`Inventory`](order_core::ports::Inventory) on tables beside them.
//!
//! # In a database of the host's
//!
//! Everything is in a schema of its own, `orders`, and so are the notes of which migrations were
//! run. Nothing of the host's is read or changed. A host that has a pool gives it to
//! [`PostgresStore::from_pool`], and commits orders in its own transactions with
//! [`PostgresStore::commit_in`].
//!
//! # Reading
//!
//! Orders that several callers look for at once are looked up as one statement: many callers share
//! one round trip.
//!
//! # Writing
//!
//! Changes of orders that arrive while others are being written go out together as the next
//! statement, one for all of them, each with an outcome of its own: many callers share one round
//! trip and one sync to disk. Two such statements may be under way at once, about different orders.
//! Reservations of stock go the same way, in a line of their own, with the units of a product summed:
//! buyers of the same product do not wait for each other's locks.
//! Whatever does not fit such a statement, and everything else, is a transaction on a connection of
//! its own. Every write runs in a task of its own, so a caller may go away at any moment.
//!
//! A write that others came in between of is tried again, a few times. Where the connection is lost
//! and nobody knows whether a change was stored, it is asked for again, and what is found is compared
//! with what was meant: a change is neither lost nor stored twice.

#[macro_use]
mod dialect;
mod access;
mod changes;
mod finds;
mod migrate;
mod options;
mod statement;
mod statistics;
mod stock;
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
pub use options::PostgresOptions;

use PostgresStore as Store;
use access::Access;
use finds::Finds;
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::PgPool;
use std::fmt;
use std::sync::Arc;
use writer::Writer;

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
    access: Access,
    writer: Arc<Writer>,
    finds: Arc<Finds>,
}

impl PostgresStore {
    /// Connects to a database by its URL. Call [`migrate`](Self::migrate) next.
    ///
    /// # Errors
    /// If the URL makes no sense, or the database cannot be reached.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let pool = options.pool(url)?;
        pool.acquire().await.map_err(dialect::store_error)?;
        Ok(Self::from_pool(pool))
    }

    /// A store in a database that the host has a pool for. Call [`migrate`](Self::migrate) next.
    ///
    /// Time-outs are as the host has configured its connections, and so is how statements are
    /// planned. On connections of its own ([`connect`](Self::connect)) the store has each planned
    /// once, by an index whatever the tables hold by then; here, run `ANALYZE` after bringing in many
    /// orders at once.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self::through(Access::new(pool))
    }

    fn through(access: Access) -> Self {
        Self {
            writer: Arc::new(Writer::new(access.clone())),
            finds: Arc::new(Finds::new(access.clone())),
            access,
        }
    }

    /// The same store with row-level security: the database itself keeps storefronts apart. Call it
    /// before [`migrate`](Self::migrate), which turns it on for good.
    ///
    /// What the store does for one storefront is limited to the rows of that storefront, whatever
    /// its statements ask for; what runners and relays do is for all of them. It is off by default
    /// because each statement then takes a transaction, which is three round trips more. A host that
    /// reads with SQL says which storefronts it means by
    /// `SELECT set_config('orders.storefronts', 'one,two', true)` in its transaction, and sees nothing
    /// without. Once it is on, every process must have it on.
    ///
    /// The role of the connections must own the tables and be subject to row-level security: no
    /// superuser, and without `BYPASSRLS`.
    #[must_use]
    pub fn isolated(self) -> Self {
        Self::through(self.access.isolated())
    }

    /// Makes the tables, or brings them up to date: all or nothing, forwards only. Processes that
    /// start at the same time may all call it.
    ///
    /// # Errors
    /// If the store gave no answer, if something of the host's is in the schema `orders` and has the
    /// name of something of ours, or if the tables were made by a newer version of this crate.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        migrate::migrate(self.access.clone()).await
    }

    /// Writes what it was given to write, and closes all connections, those of the pool it was
    /// [given](Self::from_pool) among them. What is asked for later is
    /// [`Unavailable`](StoreError::Unavailable).
    pub async fn close(&self) {
        self.writer.close().await;
        self.finds.close().await;
        self.access.pool().close().await;
    }

    /// The order with this id at this storefront, among others.
    async fn look_up(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        self.finds.find(storefront, id).await
    }

    /// Where it reads.
    const fn reads(&self) -> &PgPool {
        self.access.pool()
    }

    /// A connection to read what belongs to this storefront; none: to all.
    async fn reader(
        &self,
        storefront: Option<&StorefrontId>,
    ) -> Result<access::Reader, failure::Failure> {
        self.access.reader(storefront).await
    }

    /// Limits a transaction of the host's to storefronts, where these are isolated.
    async fn limit_to(
        &self,
        connection: &mut dialect::Connection,
        storefronts: impl Iterator<Item = &StorefrontId>,
    ) -> Result<(), failure::Failure> {
        match self.access.scope(storefronts) {
            Some(scope) => Ok(access::limit(connection, &scope).await?),
            None => Ok(()),
        }
    }

    /// Where it writes.
    const fn writes(&self) -> &Arc<Writer> {
        &self.writer
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
