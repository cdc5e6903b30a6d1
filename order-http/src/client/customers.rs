//! The customer service over HTTP.

use super::answer::Answer;
use super::request::Request;
use super::service::{ServiceClient, connections};
use super::{ClientError, ClientSettings};
use async_trait::async_trait;
use moka::future::Cache;
use order_core::ports::{Call, Clock, Customer, CustomerStatus, Customers, OutsideError};
use order_core::value::{CustomerId, Label, StorefrontId};
use serde::Deserialize;
use std::sync::Arc;

/// [`Customers`] over HTTP: `GET /customers/{id}`.
///
/// Active customers are remembered for a short while
/// ([`with_customer_cache`](ClientSettings::with_customer_cache)); blocked and missing ones never
/// are, so that a customer who has just registered can order.
#[derive(Debug)]
pub struct HttpCustomers {
    service: ServiceClient,
    active: Option<Cache<(StorefrontId, CustomerId), Customer>>,
}

#[derive(Deserialize)]
struct Found {
    id: CustomerId,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    status: String,
}

impl HttpCustomers {
    /// The customer service at this address.
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
        let service = ServiceClient::new("customer", address, http, settings, clock)?;
        let remembers = !settings.cache_ttl.is_zero() && settings.cache_entries > 0;
        let active = remembers.then(|| {
            Cache::builder()
                .max_capacity(settings.cache_entries)
                .time_to_live(settings.cache_ttl)
                .build()
        });
        Ok(Self { service, active })
    }
}

#[async_trait]
impl Customers for HttpCustomers {
    async fn find(&self, call: &Call, id: &CustomerId) -> Result<Option<Customer>, OutsideError> {
        let place = (call.storefront.clone(), id.clone());
        if let Some(active) = &self.active
            && let Some(customer) = active.get(&place).await
        {
            return Ok(Some(customer));
        }
        let request = Request::read("GET /customers/{id}", &["customers", id.as_str()]);
        let answer = self.service.send(call, request).await?;
        if answer.is_not_found() {
            return Ok(None);
        }
        answer.done()?;
        let customer = read(&answer, id)?;
        if let Some(active) = &self.active
            && customer.status == CustomerStatus::Active
        {
            active.insert(place, customer.clone()).await;
        }
        Ok(Some(customer))
    }
}

fn read(answer: &Answer, id: &CustomerId) -> Result<Customer, OutsideError> {
    let found: Found = answer.json()?;
    let status = match found.status.as_str() {
        "active" => CustomerStatus::Active,
        "blocked" => CustomerStatus::Blocked,
        _ => return Err(answer.asked.unreadable()),
    };
    if found.id != *id {
        return Err(answer.asked.unreadable());
    }
    let label = |text: Option<String>| text.and_then(|text| Label::parse(text).ok());
    Ok(Customer::new(
        found.id,
        label(found.name),
        label(found.email),
        status,
    ))
}
