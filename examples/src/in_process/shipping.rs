//! The mock shipping service, as a port.

use async_trait::async_trait;
use order_core::money::{Amount, Money};
use order_core::order::{Address as OrderAddress, SkuUnits};
use order_core::ports::{self, Call, OutsideError, Rate, RatesRequest, Recall};
use order_core::reference::Reference;
use order_core::value::Label;

use super::{InProcess, refused};
use crate::outside::shipping::{Address, FulfillmentRequest, ShippingError};
use crate::outside::{Line, Shipping, shipping};

#[async_trait]
impl ports::Shipping for InProcess<Shipping> {
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError> {
        let (address, lines) = (address(&request.address)?, lines(&request.lines));
        let faults = self.service.faults();
        let rates = self
            .call(call, "POST /rates", faults, move |service| {
                service.rates(&address, &lines)
            })
            .await?
            .map_err(|error| no(&error))?;
        rates.into_iter().map(rate).collect()
    }

    async fn request(
        &self,
        call: &Call,
        request: &ports::FulfillmentRequest,
    ) -> Result<(), OutsideError> {
        let asked = FulfillmentRequest {
            reference: request.reference.to_string(),
            order_id: request.order.to_string(),
            address: request.address.as_ref().map(address).transpose()?,
            lines: lines(&request.lines),
        };
        let faults = self.service.faults();
        self.call(call, "POST /fulfillments", faults, move |service| {
            service.request(&asked)
        })
        .await?
        .map(drop)
        .map_err(|error| no(&error))
    }

    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let recalled = self
            .call(call, "DELETE /fulfillments", faults, move |service| {
                service.recall(&reference)
            })
            .await?;
        match recalled {
            Ok(_) => Ok(Recall::Recalled),
            Err(ShippingError::AlreadyShipped { .. }) => Ok(Recall::AlreadyShipped),
            Err(error) => Err(no(&error)),
        }
    }
}

fn no(error: &ShippingError) -> OutsideError {
    match error {
        ShippingError::NotSaved(_) => OutsideError::unknown("the state file cannot be written"),
        ShippingError::Invalid(_)
        | ShippingError::ReferenceReused { .. }
        | ShippingError::Recalled { .. }
        | ShippingError::AlreadyShipped { .. }
        | ShippingError::NotFound { .. } => refused(error.code()),
    }
}

fn lines(units: &[SkuUnits]) -> Vec<Line> {
    let line = |one: &SkuUnits| Line::new(one.sku.as_str(), one.quantity);
    units.iter().map(line).collect()
}

fn address(address: &OrderAddress) -> Result<Address, OutsideError> {
    serde_json::to_value(address)
        .and_then(serde_json::from_value)
        .map_err(|_| refused("invalid_request"))
}

fn rate(rate: shipping::Rate) -> Result<Rate, OutsideError> {
    let unreadable = || OutsideError::unavailable("a rate makes no sense", None);
    let currency = rate.currency.parse().map_err(|_| unreadable())?;
    let service = Label::parse(rate.service).map_err(|_| unreadable())?;
    let price = Money::new(Amount::new(rate.amount), currency);
    Ok(Rate::new(service, price, rate.days))
}
