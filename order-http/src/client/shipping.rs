//! The client of the shipping service.

use super::request::ServiceRequest;
use super::service_client::{ServiceClient, connection_pool};
use super::{ClientConfig, ClientError};
use async_trait::async_trait;
use order_core::money::{Amount, Currency, Money};
use order_core::order::{Address, SkuQuantity};
use order_core::ports::{
    CallContext, Clock, FulfillmentRequest, RatesRequest, Recall, ServiceError, Shipping,
    ShippingRate,
};
use order_core::reference::Reference;
use order_core::value::{OrderId, ShortText};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Shipping`] over HTTP: `/rates` and `/fulfillments`.
#[derive(Debug)]
pub struct HttpShipping {
    service: ServiceClient,
}

#[derive(Serialize)]
struct RatesBody<'a> {
    address: &'a Address,
    lines: &'a [SkuQuantity],
}

#[derive(Serialize)]
struct FulfillmentBody<'a> {
    reference: String,
    order_id: OrderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    lines: &'a [SkuQuantity],
}

#[derive(Deserialize)]
struct RatesResponse {
    data: Vec<RateEntry>,
}

#[derive(Deserialize)]
struct RateEntry {
    service: ShortText,
    amount: Amount,
    currency: Currency,
    days: u32,
}

impl HttpShipping {
    /// Makes the client of the shipping service at this URL, with a connection pool of its own.
    ///
    /// # Errors
    /// [`ClientError`] if the URL is not valid, or TLS cannot be set up.
    pub fn new(
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::with_pool(connection_pool(config)?, address, config, clock)
    }

    pub(super) fn with_pool(
        http: reqwest::Client,
        address: &str,
        config: &ClientConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("shipping", address, http, config, clock)?;
        Ok(Self { service })
    }
}

#[async_trait]
impl Shipping for HttpShipping {
    async fn rates(
        &self,
        call: &CallContext,
        request: &RatesRequest,
    ) -> Result<Vec<ShippingRate>, ServiceError> {
        let read = ServiceRequest::read_by_post("POST /rates", &["rates"]).json(&RatesBody {
            address: &request.address,
            lines: &request.lines,
        });
        let response = self.service.send(call, read).await?;
        response.require_success()?;
        let rates: RatesResponse = response.json()?;
        let parse = |rate: RateEntry| {
            let price = Money::new(rate.amount, rate.currency);
            ShippingRate::new(rate.service, price, rate.days)
        };
        Ok(rates.data.into_iter().map(parse).collect())
    }

    async fn request(
        &self,
        call: &CallContext,
        request: &FulfillmentRequest,
    ) -> Result<(), ServiceError> {
        let write = ServiceRequest::write("POST /fulfillments", Method::POST, &["fulfillments"]);
        let write = write.json(&FulfillmentBody {
            reference: request.reference.to_string(),
            order_id: request.order,
            address: request.address.as_ref(),
            lines: &request.lines,
        });
        self.service.send(call, write).await?.require_success()
    }

    async fn recall(
        &self,
        call: &CallContext,
        reference: &Reference,
    ) -> Result<Recall, ServiceError> {
        let reference = reference.to_string();
        let write = ServiceRequest::write(
            "DELETE /fulfillments/{reference}",
            Method::DELETE,
            &["fulfillments", &reference],
        );
        let response = self.service.send(call, write).await?;
        if response.is_success() || response.is_not_found() {
            return Ok(Recall::Recalled);
        }
        let code = response.refusal_code();
        match (response.status, code.as_ref().map(|code| code.as_str())) {
            (409, None | Some("already_shipped")) => Ok(Recall::AlreadyShipped),
            _ => Err(response.refusal()),
        }
    }
}
