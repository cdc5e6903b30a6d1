//! Implements the `Shipping` port.

use async_trait::async_trait;
use order_core::money::{Amount, Money};
use order_core::order::{Address, SkuQuantity};
use order_core::ports::{self, CallContext, RatesRequest, Recall, ServiceError, ShippingRate};
use order_core::reference::Reference;
use order_core::value::ShortText;

use super::adapter::{InProcess, refused};
use crate::line_item::LineItem;
use crate::shipping::{
    MockAddress, MockFulfillmentRequest, MockShipping, MockShippingRate, ShippingError,
};

#[async_trait]
impl ports::Shipping for InProcess<MockShipping> {
    async fn rates(
        &self,
        call: &CallContext,
        request: &RatesRequest,
    ) -> Result<Vec<ShippingRate>, ServiceError> {
        let (address, lines) = (
            to_mock_address(&request.address)?,
            to_line_items(&request.lines),
        );
        let faults = self.service.faults();
        let rates = self
            .call(call, "POST /rates", faults, move |service| {
                service.rates(&address, &lines)
            })
            .await?
            .map_err(|error| to_service_error(&error))?;
        rates.into_iter().map(to_rate).collect()
    }

    async fn request(
        &self,
        call: &CallContext,
        request: &ports::FulfillmentRequest,
    ) -> Result<(), ServiceError> {
        let body = MockFulfillmentRequest {
            reference: request.reference.to_string(),
            order_id: request.order.to_string(),
            address: request.address.as_ref().map(to_mock_address).transpose()?,
            lines: to_line_items(&request.lines),
        };
        let faults = self.service.faults();
        self.call(call, "POST /fulfillments", faults, move |service| {
            service.request(&body)
        })
        .await?
        .map(drop)
        .map_err(|error| to_service_error(&error))
    }

    async fn recall(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Recall, ServiceError> {
        let (reference, faults) = (reference.to_string(), self.service.faults());
        let recalled = self
            .call(call, "DELETE /fulfillments", faults, move |service| {
                service.recall(&reference)
            })
            .await?;
        match recalled {
            Ok(_) => Ok(Recall::Recalled),
            Err(ShippingError::AlreadyShipped { .. }) => Ok(Recall::AlreadyShipped),
            Err(error) => Err(to_service_error(&error)),
        }
    }
}

fn to_service_error(error: &ShippingError) -> ServiceError {
    match error {
        ShippingError::NotSaved(_) => ServiceError::unknown("the state file cannot be written"),
        ShippingError::Invalid(_)
        | ShippingError::ReferenceReused { .. }
        | ShippingError::Recalled { .. }
        | ShippingError::AlreadyShipped { .. }
        | ShippingError::NotFound { .. } => refused(error.code()),
    }
}

fn to_line_items(units: &[SkuQuantity]) -> Vec<LineItem> {
    let line = |one: &SkuQuantity| LineItem::new(one.sku.as_str(), one.quantity);
    units.iter().map(line).collect()
}

fn to_mock_address(address: &Address) -> Result<MockAddress, ServiceError> {
    serde_json::to_value(address)
        .and_then(serde_json::from_value)
        .map_err(|_| refused("invalid_request"))
}

fn to_rate(rate: MockShippingRate) -> Result<ShippingRate, ServiceError> {
    let unreadable = || ServiceError::unavailable("a rate is not valid", None);
    let currency = rate.currency.parse().map_err(|_| unreadable())?;
    let service = ShortText::parse(rate.service).map_err(|_| unreadable())?;
    let price = Money::new(Amount::new(rate.amount), currency);
    Ok(ShippingRate::new(service, price, rate.days))
}
