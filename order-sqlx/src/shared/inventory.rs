//! The port of the inventory service, on tables beside the orders.

use super::Store;
use super::dialect::Connection;
use super::products;
use super::reservations::{self, Key};
use super::unit::Running;
use async_trait::async_trait;
use futures::future::{Either, select};
use order_core::order::{SkuUnits, merge_by_sku};
use order_core::ports::{
    Call, Clock, Inventory, OutsideError, Product, ReservationView, Reserve, ReserveOutcome,
    ReviseOutcome, StockOutcome, StoreError,
};
use order_core::reference::Reference;
use order_core::time::{Timestamp, after, between};
use order_core::value::{Code, Sku, StorefrontId};
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Stock in SQL: products and reservations in tables beside the orders, for those who have no
/// inventory service of their own.
///
/// A conditional update is what keeps stock from being oversold, with a `CHECK` constraint behind
/// it. Stock is by storefront. A reservation that has lapsed is given back when its own order comes
/// back to it, when another wants its units, or by [`sweep`](Self::sweep).
///
/// It shares the database of a store and needs [`migrate`](Store::migrate) to have been called.
#[derive(Clone)]
pub struct SqlInventory {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl SqlInventory {
    /// The stock in the database of this store, by this clock.
    #[must_use]
    pub fn new(store: &Store, clock: Arc<dyn Clock>) -> Self {
        Self {
            store: store.clone(),
            clock,
        }
    }

    /// The store whose database it is in.
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Adds a product to a storefront, unless it is there already: then nothing is changed. Answers
    /// whether it was added.
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn add_product(
        &self,
        storefront: &StorefrontId,
        product: &Product,
    ) -> Result<bool, StoreError> {
        self.write_product(storefront, product, |connection, storefront, product| {
            Box::pin(products::add(connection, storefront, product))
        })
        .await
    }

    /// Makes a product of a storefront as it is given, its name, its price and the units that can
    /// be reserved from now on. Units that are reserved already are not among them.
    ///
    /// To bring in goods while orders are placed, use [`restock`](Self::restock).
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn put_product(
        &self,
        storefront: &StorefrontId,
        product: &Product,
    ) -> Result<(), StoreError> {
        self.write_product(storefront, product, |connection, storefront, product| {
            Box::pin(products::put(connection, storefront, product))
        })
        .await?;
        Ok(())
    }

    async fn write_product(
        &self,
        storefront: &StorefrontId,
        product: &Product,
        write: for<'c> fn(&'c mut Connection, &'c StorefrontId, &'c Product) -> Running<'c, bool>,
    ) -> Result<bool, StoreError> {
        let (storefront, product) = (storefront.clone(), product.clone());
        self.store
            .writes()
            .write(move |connection| {
                let (storefront, product) = (storefront.clone(), product.clone());
                Box::pin(async move { write(connection, &storefront, &product).await })
            })
            .await
    }

    /// Adds units to a product. Answers how many can be reserved then; `None` if there is no such
    /// product.
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn restock(
        &self,
        storefront: &StorefrontId,
        sku: &Sku,
        units: u32,
    ) -> Result<Option<u32>, StoreError> {
        let (storefront, sku) = (storefront.clone(), sku.clone());
        self.store
            .writes()
            .write(move |connection| {
                let (storefront, sku) = (storefront.clone(), sku.clone());
                Box::pin(
                    async move { products::restock(connection, &storefront, &sku, units).await },
                )
            })
            .await
    }

    /// The products of a storefront by SKU, from behind `from_behind`, at most `limit`. Units whose
    /// reservation has lapsed count as available once they are [swept](Self::sweep).
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn list_products(
        &self,
        storefront: &StorefrontId,
        from_behind: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Product>, StoreError> {
        self.store
            .ask(|| async {
                let mut reader = self.store.reader(Some(storefront)).await?;
                products::list(&mut reader, storefront, from_behind, limit).await
            })
            .await
    }

    /// Gives back reservations that have lapsed by now, of all storefronts, at most `limit` of
    /// them, the longest lapsed first. Answers how many: as long as it is `limit`, there may be
    /// more.
    ///
    /// Stock is right without it, but the more has lapsed, the longer the others look. Call it now
    /// and then.
    ///
    /// # Errors
    /// If the store gave no answer.
    pub async fn sweep(&self, limit: u32) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.store
            .writes()
            .write(move |connection| Box::pin(reservations::sweep(connection, now, limit)))
            .await
    }

    /// Waits for an answer until the call's deadline.
    async fn in_time<T>(
        &self,
        call: &Call,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, OutsideError> {
        let left = between(self.clock.now(), call.deadline);
        if left.is_zero() {
            return Err(OutsideError::unavailable("the deadline has passed", None));
        }
        match select(pin!(answer), self.clock.sleep(left)).await {
            Either::Left((answer, _)) => answer
                .map_err(|error| OutsideError::unknown("the stock gave no answer").because(error)),
            Either::Right(((), _)) => Err(OutsideError::unknown("the stock was too slow")),
        }
    }

    /// Runs a unit of work on a reservation.
    async fn on<T, F>(&self, call: &Call, id: &Reference, work: F) -> Result<T, OutsideError>
    where
        T: Send + Sync + 'static,
        F: for<'c> Fn(&'c mut Connection, Key, Timestamp) -> Running<'c, T> + Send + Sync + 'static,
    {
        let key = Key::new(&call.storefront, id);
        let now = self.clock.now();
        let answer = self
            .store
            .writes()
            .write(move |connection| work(connection, key.clone(), now));
        self.in_time(call, answer).await
    }
}

impl fmt::Debug for SqlInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlInventory").finish_non_exhaustive()
    }
}

#[async_trait]
impl Inventory for SqlInventory {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let now = self.clock.now();
        let answer = self.store.ask(|| async {
            let mut reader = self.store.reader(Some(&call.storefront)).await?;
            products::find(&mut reader, &call.storefront, skus, now).await
        });
        self.in_time(call, answer).await
    }

    async fn reserve(
        &self,
        call: &Call,
        reserve: &Reserve,
    ) -> Result<ReserveOutcome, OutsideError> {
        let lines = merge_by_sku(reserve.lines.iter().cloned());
        let now = self.clock.now();
        let key = Key::new(&call.storefront, &reserve.id);
        let answer = self
            .store
            .writes()
            .reserve(key, lines, now, after(now, reserve.ttl));
        let reserved = self.in_time(call, answer).await?;
        reserved.map_err(|reservations::OtherLines| {
            let message = "the id was used for other lines";
            Code::parse("reservation_differs").map_or_else(
                |_| OutsideError::unknown(message),
                |code| OutsideError::refused(code, message),
            )
        })
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        let lines = merge_by_sku(lines.iter().cloned());
        self.on(call, id, move |connection, key, now| {
            let lines = lines.clone();
            Box::pin(async move { reservations::revise(connection, &key, &lines, now).await })
        })
        .await
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        self.on(call, id, move |connection, key, now| {
            Box::pin(
                async move { reservations::extend(connection, &key, now, after(now, ttl)).await },
            )
        })
        .await
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        self.on(call, id, |connection, key, now| {
            Box::pin(async move { reservations::commit(connection, &key, now).await })
        })
        .await
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        self.on(call, id, |connection, key, now| {
            Box::pin(async move { reservations::release(connection, &key, now).await })
        })
        .await
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        let key = Key::new(&call.storefront, id);
        let now = self.clock.now();
        let answer = self.store.ask(|| async {
            let mut reader = self.store.reader(Some(&call.storefront)).await?;
            reservations::find(&mut reader, &key, now).await
        });
        self.in_time(call, answer).await
    }
}
