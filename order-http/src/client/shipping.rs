//! The shipping service over HTTP.

use super::request::Request;
use super::service::{ServiceClient, connections};
use super::{ClientError, ClientSettings};
use async_trait::async_trait;
use order_core::money::{Amount, Currency, Money};
use order_core::order::{Address, SkuUnits};
use order_core::ports::{
    Call, Clock, FulfillmentRequest, OutsideError, Rate, RatesRequest, Recall, Shipping,
};
use order_core::reference::Reference;
use order_core::value::{Label, OrderId};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// [`Shipping`] over HTTP: `/rates` and `/fulfillments`.
#[derive(Debug)]
pub struct HttpShipping {
    service: ServiceClient,
}

#[derive(Serialize)]
struct Parcel<'a> {
    address: &'a Address,
    lines: &'a [SkuUnits],
}

#[derive(Serialize)]
struct Fulfillment<'a> {
    reference: String,
    order_id: OrderId,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    lines: &'a [SkuUnits],
}

#[derive(Deserialize)]
struct Rates {
    data: Vec<Quote>,
}

#[derive(Deserialize)]
struct Quote {
    service: Label,
    amount: Amount,
    currency: Currency,
    days: u32,
}

impl HttpShipping {
    /// The shipping service at this address.
    ///
    /// # Errors
    /// [`ClientError`] if the address is none, or TLS cannot be set up.
    pub fn new(
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        Self::over(connections(settings)?, address, settings, clock)
    }

    pub(super) fn over(
        http: reqwest::Client,
        address: &str,
        settings: &ClientSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let service = ServiceClient::new("shipping", address, http, settings, clock)?;
        Ok(Self { service })
    }
}

#[async_trait]
impl Shipping for HttpShipping {
    async fn rates(&self, call: &Call, request: &RatesRequest) -> Result<Vec<Rate>, OutsideError> {
        let question = Request::question("POST /rates", &["rates"]).json(&Parcel {
            address: &request.address,
            lines: &request.lines,
        });
        let answer = self.service.send(call, question).await?;
        answer.done()?;
        let rates: Rates = answer.json()?;
        let read = |quote: Quote| {
            let price = Money::new(quote.amount, quote.currency);
            Rate::new(quote.service, price, quote.days)
        };
        Ok(rates.data.into_iter().map(read).collect())
    }

    async fn request(&self, call: &Call, request: &FulfillmentRequest) -> Result<(), OutsideError> {
        let write = Request::write("POST /fulfillments", Method::POST, &["fulfillments"]);
        let write = write.json(&Fulfillment {
            reference: request.reference.to_string(),
            order_id: request.order,
            address: request.address.as_ref(),
            lines: &request.lines,
        });
        self.service.send(call, write).await?.done()
    }

    async fn recall(&self, call: &Call, reference: &Reference) -> Result<Recall, OutsideError> {
        let reference = reference.to_string();
        let write = Request::write(
            "DELETE /fulfillments/{reference}",
            Method::DELETE,
            &["fulfillments", &reference],
        );
        let answer = self.service.send(call, write).await?;
        if answer.is_success() || answer.is_not_found() {
            return Ok(Recall::Recalled);
        }
        let code = answer.given_code();
        match (answer.status, code.as_ref().map(|code| code.as_str())) {
            (409, None | Some("already_shipped")) => Ok(Recall::AlreadyShipped),
            _ => Err(answer.refusal()),
        }
    }
}
