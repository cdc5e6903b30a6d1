//! The mock inventory, as a port.

use std::time::Duration;

use async_trait::async_trait;
use order_core::money::{Amount, Money};
use order_core::order::{Shortage, SkuUnits};
use order_core::ports::{
    self, Call, OutsideError, Product, ReservationView, Reserve, ReserveOutcome, ReviseOutcome,
    StockOutcome,
};
use order_core::reference::Reference;
use order_core::value::{InvalidValue, ProductName, Sku};

use super::{InProcess, refused, unreadable};
use crate::outside::inventory::{InventoryError, Reservation, ReservationStatus};
use crate::outside::{Inventory, Line, inventory};

#[async_trait]
impl ports::Inventory for InProcess<Inventory> {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let asked: Vec<String> = skus.iter().map(|sku| sku.as_str().to_owned()).collect();
        let faults = self.service.faults();
        let found = self
            .call(call, "GET /products", faults, move |service| {
                service.products(&asked)
            })
            .await?
            .map_err(|error| no(&error.into()))?;
        found.into_iter().map(product).collect()
    }

    async fn reserve(
        &self,
        call: &Call,
        reserve: &Reserve,
    ) -> Result<ReserveOutcome, OutsideError> {
        let (id, lines, ttl) = (reserve.id.to_string(), lines(&reserve.lines), reserve.ttl);
        let faults = self.service.faults();
        let made = self
            .call(call, "POST /reservations", faults, move |service| {
                service.reserve(&id, &lines, ttl)
            })
            .await?;
        match made {
            Ok(Reservation { expires_at, .. }) => Ok(ReserveOutcome::Reserved { expires_at }),
            Err(InventoryError::InsufficientStock { lines }) => Ok(ReserveOutcome::Insufficient {
                shortages: shortages(lines)?,
            }),
            Err(InventoryError::UnknownSku { skus }) => Ok(ReserveOutcome::UnknownSkus {
                skus: skus_of(skus)?,
            }),
            Err(InventoryError::Gone { .. }) => Ok(ReserveOutcome::Gone),
            Err(error) => Err(no(&error)),
        }
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        units: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        let (id, lines, faults) = (id.to_string(), lines(units), self.service.faults());
        let revised = self
            .call(call, "PUT /reservations/{id}", faults, move |service| {
                service.revise(&id, &lines)
            })
            .await?;
        match revised {
            Ok(_) => Ok(ReviseOutcome::Revised),
            Err(InventoryError::InsufficientStock { lines }) => Ok(ReviseOutcome::Insufficient {
                shortages: shortages(lines)?,
            }),
            Err(InventoryError::UnknownSku { skus }) => Ok(ReviseOutcome::UnknownSkus {
                skus: skus_of(skus)?,
            }),
            Err(InventoryError::Gone { .. } | InventoryError::NotFound { .. }) => {
                Ok(ReviseOutcome::Gone)
            }
            Err(error) => Err(no(&error)),
        }
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/extend";
        let done = self.call(call, operation, faults, move |service| {
            service.extend(&id, ttl)
        });
        outcome(done.await?)
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/commit";
        let done = self.call(call, operation, faults, move |service| service.commit(&id));
        outcome(done.await?)
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let operation = "POST /reservations/{id}/release";
        let done = self.call(call, operation, faults, move |service| service.release(&id));
        done.await?.map(drop).map_err(|error| no(&error))
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        let (id, faults) = (id.to_string(), self.service.faults());
        let found = self
            .call(call, "GET /reservations/{id}", faults, move |service| {
                service.find(&id)
            })
            .await?
            .map_err(|_| unreadable())?;
        found.map(view).transpose()
    }
}

fn no(error: &InventoryError) -> OutsideError {
    match error {
        InventoryError::NotSaved(_) => OutsideError::unknown("the state file cannot be written"),
        InventoryError::BadFile(_) => unreadable(),
        InventoryError::Invalid(_)
        | InventoryError::InsufficientStock { .. }
        | InventoryError::UnknownSku { .. }
        | InventoryError::NotFound { .. }
        | InventoryError::Differs { .. }
        | InventoryError::Gone { .. } => refused(error.code()),
    }
}

fn outcome(done: Result<Reservation, InventoryError>) -> Result<StockOutcome, OutsideError> {
    match done {
        Ok(reservation) => {
            let is_held = reservation.status == ReservationStatus::Held;
            let expires_at = is_held.then_some(reservation.expires_at);
            Ok(StockOutcome::Done { expires_at })
        }
        Err(InventoryError::Gone { .. } | InventoryError::NotFound { .. }) => {
            Ok(StockOutcome::Gone)
        }
        Err(error) => Err(no(&error)),
    }
}

fn invalid(error: InvalidValue) -> OutsideError {
    OutsideError::unavailable("the mock inventory holds what no order can", None).because(error)
}

fn product(product: inventory::Product) -> Result<Product, OutsideError> {
    let unreadable = || OutsideError::unavailable("not a currency", None);
    let currency = product.currency.parse().map_err(|_| unreadable())?;
    Ok(Product::new(
        Sku::parse(product.sku).map_err(invalid)?,
        ProductName::parse(product.name).ok(),
        Money::new(Amount::new(product.unit_price), currency),
        product.available,
    ))
}

fn view(reservation: Reservation) -> Result<ReservationView, OutsideError> {
    let status = match reservation.status {
        ReservationStatus::Held => ports::ReservationStatus::Held,
        ReservationStatus::Committed => ports::ReservationStatus::Committed,
        ReservationStatus::Released => ports::ReservationStatus::Released,
        ReservationStatus::Expired => ports::ReservationStatus::Expired,
    };
    let units = reservation.lines.into_iter().map(|line| {
        let sku = Sku::parse(line.sku).map_err(invalid)?;
        Ok(SkuUnits::new(sku, line.quantity))
    });
    let is_held = status == ports::ReservationStatus::Held;
    Ok(ReservationView::new(
        status,
        units.collect::<Result<_, OutsideError>>()?,
        is_held.then_some(reservation.expires_at),
    ))
}

fn lines(units: &[SkuUnits]) -> Vec<Line> {
    let line = |one: &SkuUnits| Line::new(one.sku.as_str(), one.quantity);
    units.iter().map(line).collect()
}

fn skus_of(skus: Vec<String>) -> Result<Vec<Sku>, OutsideError> {
    let parse = |sku| Sku::parse(sku).map_err(invalid);
    skus.into_iter().map(parse).collect()
}

fn shortages(lines: Vec<inventory::Shortage>) -> Result<Vec<Shortage>, OutsideError> {
    let shortage = |line: inventory::Shortage| {
        let sku = Sku::parse(line.sku).map_err(invalid)?;
        Ok(Shortage::new(sku, line.requested, line.available))
    };
    lines.into_iter().map(shortage).collect()
}
