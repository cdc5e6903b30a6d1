//! The port `Inventory`, on tables beside the orders.
//!
//! Products are in [`products`], reservations are made in [`mod@reserve`] and go on in
//! [`reservations`], their expiry is in [`expiry`]. Every call ends at its deadline, whether or not the
//! database has answered.

pub(crate) mod expiry;
mod products;
pub(crate) mod reservation_rows;
pub(crate) mod reservations;
pub(crate) mod reserve;

use super::StoreInventory;
use super::dialect::Connection;
use super::retry::{TxFuture, retry_read};
use async_trait::async_trait;
use futures::future::{Either, select};
use order_core::order::{SkuQuantity, merge_by_sku};
use order_core::ports::{
    CallContext, Inventory, Product, ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceError,
    StockOutcome, StoreError, StoredReservation,
};
use order_core::reference::Reference;
use order_core::time::{Timestamp, after, between};
use order_core::value::{Code, Sku, StorefrontId};
use reservation_rows::ReservationKey;
use reserve::ReservationRequest;
use std::pin::pin;
use std::time::Duration;

impl StoreInventory {
    /// Adds a product to a storefront, unless it exists: then it is left unchanged. Returns whether it
    /// was added.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
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

    /// Adds or overwrites a product of a storefront: its name, its price, and the units that can be
    /// reserved from now on, not counting those that are reserved already.
    ///
    /// To add units while orders are placed, use [`restock`](Self::restock).
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
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
        write: for<'c> fn(&'c mut Connection, &'c StorefrontId, &'c Product) -> TxFuture<'c, bool>,
    ) -> Result<bool, StoreError> {
        let (storefront, product) = (storefront.clone(), product.clone());
        self.store
            .writer()
            .write(move |connection| {
                let (storefront, product) = (storefront.clone(), product.clone());
                Box::pin(async move { write(connection, &storefront, &product).await })
            })
            .await
    }

    /// Adds units to a product. Returns how many can be reserved then; `None` if there is no such
    /// product.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
    pub async fn restock(
        &self,
        storefront: &StorefrontId,
        sku: &Sku,
        units: u32,
    ) -> Result<Option<u32>, StoreError> {
        let (storefront, sku) = (storefront.clone(), sku.clone());
        self.store
            .writer()
            .write(move |connection| {
                let (storefront, sku) = (storefront.clone(), sku.clone());
                Box::pin(
                    async move { products::restock(connection, &storefront, &sku, units).await },
                )
            })
            .await
    }

    /// Lists the products of a storefront in the order of their SKUs, after `after`, at most
    /// `limit`. Units of an expired reservation count as available once [`sweep`](Self::sweep) has
    /// returned them.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
    pub async fn list_products(
        &self,
        storefront: &StorefrontId,
        after: Option<&Sku>,
        limit: u32,
    ) -> Result<Vec<Product>, StoreError> {
        retry_read(self.store.read_pool(), || async {
            let mut reader = self.store.read_connection(Some(storefront)).await?;
            products::list(&mut reader, storefront, after, limit).await
        })
        .await
    }

    /// Expires reservations whose time has passed, in all storefronts, at most `limit` of them, the
    /// oldest first, and returns their units to stock. Returns how many; if it is `limit`, there may
    /// be more.
    ///
    /// Availability is correct without it, but expired reservations slow other reservations down.
    /// Call it regularly.
    ///
    /// # Errors
    /// If the database is unavailable, or reports an error.
    pub async fn sweep(&self, limit: u32) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.store
            .writer()
            .write(move |connection| Box::pin(expiry::sweep(connection, now, limit)))
            .await
    }

    /// Waits for an answer until the deadline of the call.
    async fn until_deadline<T>(
        &self,
        call: &CallContext,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ServiceError> {
        let left = between(self.clock.now(), call.deadline);
        if left.is_zero() {
            return Err(ServiceError::unavailable("the deadline has passed", None));
        }
        match select(pin!(answer), self.clock.sleep(left)).await {
            Either::Left((answer, _)) => answer
                .map_err(|error| ServiceError::unknown("the stock gave no answer").because(error)),
            Either::Right(((), _)) => Err(ServiceError::unknown("the stock was too slow")),
        }
    }

    /// Runs a transaction on a reservation.
    async fn with_reservation<T, F>(
        &self,
        call: &CallContext,
        id: &Reference,
        work: F,
    ) -> Result<T, ServiceError>
    where
        T: Send + Sync + 'static,
        F: for<'c> Fn(&'c mut Connection, ReservationKey, Timestamp) -> TxFuture<'c, T>
            + Send
            + Sync
            + 'static,
    {
        let key = ReservationKey::new(&call.storefront, id);
        let now = self.clock.now();
        let answer = self
            .store
            .writer()
            .write(move |connection| work(connection, key.clone(), now));
        self.until_deadline(call, answer).await
    }
}

#[async_trait]
impl Inventory for StoreInventory {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let now = self.clock.now();
        let answer = retry_read(self.store.read_pool(), || async {
            let mut reader = self.store.read_connection(Some(&call.storefront)).await?;
            products::find(&mut reader, &call.storefront, skus, now).await
        });
        self.until_deadline(call, answer).await
    }

    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let lines = merge_by_sku(reserve.lines.iter().cloned());
        let now = self.clock.now();
        let key = ReservationKey::new(&call.storefront, &reserve.id);
        let answer = async {
            let request = ReservationRequest::new(key, lines, now, after(now, reserve.ttl))?;
            self.store.writer().reserve(request).await
        };
        let reserved = self.until_deadline(call, answer).await?;
        reserved.map_err(|reserve::OtherLines| {
            let message = "the id was used for other lines";
            Code::parse("reservation_differs").map_or_else(
                |_| ServiceError::unknown(message),
                |code| ServiceError::refused(code, message),
            )
        })
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        let lines = merge_by_sku(lines.iter().cloned());
        self.with_reservation(call, id, move |connection, key, now| {
            let lines = lines.clone();
            Box::pin(async move { reservations::revise(connection, &key, &lines, now).await })
        })
        .await
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        self.with_reservation(call, id, move |connection, key, now| {
            Box::pin(
                async move { reservations::extend(connection, &key, now, after(now, ttl)).await },
            )
        })
        .await
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        self.with_reservation(call, id, |connection, key, now| {
            Box::pin(async move { reservations::commit(connection, &key, now).await })
        })
        .await
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        self.with_reservation(call, id, |connection, key, now| {
            Box::pin(async move { reservations::release(connection, &key, now).await })
        })
        .await
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        let key = ReservationKey::new(&call.storefront, id);
        let now = self.clock.now();
        let answer = retry_read(self.store.read_pool(), || async {
            let mut reader = self.store.read_connection(Some(&call.storefront)).await?;
            reservations::find(&mut reader, &key, now).await
        });
        self.until_deadline(call, answer).await
    }
}
