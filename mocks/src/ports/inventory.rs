//! Implements the `Inventory` port.

use std::time::Duration;

use async_trait::async_trait;
use order_core::money::{Amount, Money};
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{
    self, CallContext, Product, ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceError,
    StockOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::value::{InvalidValue, ProductName, Sku};

use super::adapter::{InProcess, refused, unreadable};
use crate::inventory::{
    InventoryError, MockInventory, MockProduct, MockReservation, MockReservationStatus,
    MockShortage,
};
use crate::line_item::LineItem;

#[async_trait]
impl ports::Inventory for InProcess<MockInventory> {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let keys: Vec<String> = skus.iter().map(|sku| sku.as_str().to_owned()).collect();
        let faults = self.service.faults();
        let found = self
            .call(call, "GET /products", faults, move |service| {
                service.products(&keys)
            })
            .await?
            .map_err(|error| to_service_error(&error.into()))?;
        found.into_iter().map(to_product).collect()
    }

    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let (id, lines, ttl) = (
            reserve.id.to_string(),
            to_line_items(&reserve.lines),
            reserve.ttl,
        );
        let faults = self.service.faults();
        let reserved = self
            .call(call, "POST /reservations", faults, move |service| {
                service.reserve(&id, &lines, ttl)
            })
            .await?;
        match reserved {
            Ok(MockReservation { expires_at, .. }) => Ok(ReserveOutcome::Reserved { expires_at }),
            Err(InventoryError::InsufficientStock { lines }) => Ok(ReserveOutcome::Insufficient {
                shortages: to_shortages(lines)?,
            }),
            Err(InventoryError::UnknownSku { skus }) => Ok(ReserveOutcome::UnknownSkus {
                skus: to_skus(skus)?,
            }),
            Err(InventoryError::Gone { .. }) => Ok(ReserveOutcome::Gone),
            Err(error) => Err(to_service_error(&error)),
        }
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        units: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        let (id, lines, faults) = (id.to_string(), to_line_items(units), self.service.faults());
        let revised = self
            .call(call, "PUT /reservations/{id}", faults, move |service| {
                service.revise(&id, &lines)
            })
            .await?;
        match revised {
            Ok(_) => Ok(ReviseOutcome::Revised),
            Err(InventoryError::InsufficientStock { lines }) => Ok(ReviseOutcome::Insufficient {
                shortages: to_shortages(lines)?,
            }),
            Err(InventoryError::UnknownSku { skus }) => Ok(ReviseOutcome::UnknownSkus {
                skus: to_skus(skus)?,
            }),
            Err(InventoryError::Gone { .. } | InventoryError::NotFound { .. }) => {
                Ok(ReviseOutcome::Gone)
            }
            Err(error) => Err(to_service_error(&error)),
        }
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/extend";
        let done = self.call(call, operation, faults, move |service| {
            service.extend(&id, ttl)
        });
        stock_outcome(done.await?)
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/commit";
        let done = self.call(call, operation, faults, move |service| service.commit(&id));
        stock_outcome(done.await?)
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/release";
        let done = self.call(call, operation, faults, move |service| service.release(&id));
        done.await?
            .map(drop)
            .map_err(|error| to_service_error(&error))
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /reservations/{id}", faults, move |service| {
                service.find(&id)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(to_reservation_view).transpose()
    }
}

fn to_service_error(error: &InventoryError) -> ServiceError {
    match error {
        InventoryError::NotSaved(_) => ServiceError::unknown("the state file cannot be written"),
        InventoryError::UnreadableFile(_) => unreadable(),
        InventoryError::Invalid(_)
        | InventoryError::InsufficientStock { .. }
        | InventoryError::UnknownSku { .. }
        | InventoryError::NotFound { .. }
        | InventoryError::Differs { .. }
        | InventoryError::Gone { .. } => refused(error.code()),
    }
}

fn stock_outcome(
    done: Result<MockReservation, InventoryError>,
) -> Result<StockOutcome, ServiceError> {
    match done {
        Ok(reservation) => {
            let is_held = reservation.status == MockReservationStatus::Held;
            let expires_at = is_held.then_some(reservation.expires_at);
            Ok(StockOutcome::Done { expires_at })
        }
        Err(InventoryError::Gone { .. } | InventoryError::NotFound { .. }) => {
            Ok(StockOutcome::Gone)
        }
        Err(error) => Err(to_service_error(&error)),
    }
}

fn invalid_value(error: InvalidValue) -> ServiceError {
    ServiceError::unavailable(
        "a value of the mock inventory is not allowed in an order",
        None,
    )
    .because(error)
}

fn to_product(product: MockProduct) -> Result<Product, ServiceError> {
    let unreadable = || ServiceError::unavailable("not a currency", None);
    let currency = product.currency.parse().map_err(|_| unreadable())?;
    Ok(Product::new(
        Sku::parse(product.sku).map_err(invalid_value)?,
        ProductName::parse(product.name).ok(),
        Money::new(Amount::new(product.unit_price), currency),
        product.available,
    ))
}

fn to_reservation_view(reservation: MockReservation) -> Result<StoredReservation, ServiceError> {
    let status = match reservation.status {
        MockReservationStatus::Held => ports::StoredReservationStatus::Held,
        MockReservationStatus::Committed => ports::StoredReservationStatus::Committed,
        MockReservationStatus::Released => ports::StoredReservationStatus::Released,
        MockReservationStatus::Expired => ports::StoredReservationStatus::Expired,
    };
    let units = reservation.lines.into_iter().map(|line| {
        let sku = Sku::parse(line.sku).map_err(invalid_value)?;
        Ok(SkuQuantity::new(sku, line.quantity))
    });
    let is_held = status == ports::StoredReservationStatus::Held;
    Ok(StoredReservation::new(
        status,
        units.collect::<Result<_, ServiceError>>()?,
        is_held.then_some(reservation.expires_at),
    ))
}

fn to_line_items(units: &[SkuQuantity]) -> Vec<LineItem> {
    let line = |one: &SkuQuantity| LineItem::new(one.sku.as_str(), one.quantity);
    units.iter().map(line).collect()
}

fn to_skus(skus: Vec<String>) -> Result<Vec<Sku>, ServiceError> {
    let parse = |sku| Sku::parse(sku).map_err(invalid_value);
    skus.into_iter().map(parse).collect()
}

fn to_shortages(lines: Vec<MockShortage>) -> Result<Vec<Shortage>, ServiceError> {
    let shortage = |line: MockShortage| {
        let sku = Sku::parse(line.sku).map_err(invalid_value)?;
        Ok(Shortage::new(sku, line.requested, line.available))
    };
    lines.into_iter().map(shortage).collect()
}
