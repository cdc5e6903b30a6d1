//! The client of the customer service.

use super::request::ServiceRequest;
use super::response::ServiceResponse;
use super::service_client::{ServiceClient, connection_pool};
use super::{ClientConfig, ClientError};
use async_trait::async_trait;
use moka::future::Cache;
use order_core::ports::{CallContext, Clock, Customer, CustomerStatus, Customers, ServiceError};
use order_core::value::{CustomerId, Email, ShortText, StorefrontId};
use serde::Deserialize;
use std::sync::Arc;

/// [`Customers`] over HTTP: `GET /customers/{id}`.
///
/// Active customers are cached for a short while
/// ([`with_customer_cache`](ClientConfig::with_customer_cache)); blocked and missing ones never are, so
/// that a customer who has just registered can order.
#[derive(Debug)]
pub struct HttpCustomers {
    service: ServiceClient,
    cache: Option<Cache<(StorefrontId, CustomerId), Customer>>,
}

#[derive(Deserialize)]
struct CustomerResponse {
    id: CustomerId,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    status: String,
}

impl HttpCustomers {
    /// Makes the client of the customer service at this URL, with a connection pool of its own.
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
        let service = ServiceClient::new("customer", address, http, config, clock)?;
        let is_cached = !config.cache_ttl.is_zero() && config.cache_entries > 0;
        let cache = is_cached.then(|| {
            Cache::builder()
                .max_capacity(config.cache_entries)
                .time_to_live(config.cache_ttl)
                .build()
        });
        Ok(Self { service, cache })
    }
}

#[async_trait]
impl Customers for HttpCustomers {
    async fn find(
        &self,
        call: &CallContext,
        id: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        let cache_key = (call.storefront.clone(), id.clone());
        if let Some(cache) = &self.cache
            && let Some(customer) = cache.get(&cache_key).await
        {
            return Ok(Some(customer));
        }
        let request = ServiceRequest::read("GET /customers/{id}", &["customers", id.as_str()]);
        let response = self.service.send(call, request).await?;
        if response.is_not_found() {
            return Ok(None);
        }
        response.require_success()?;
        let customer = parse(&response, id)?;
        if let Some(cache) = &self.cache
            && customer.status == CustomerStatus::Active
        {
            cache.insert(cache_key, customer.clone()).await;
        }
        Ok(Some(customer))
    }
}

fn parse(response: &ServiceResponse, id: &CustomerId) -> Result<Customer, ServiceError> {
    let found: CustomerResponse = response.json()?;
    let status = match found.status.as_str() {
        "active" => CustomerStatus::Active,
        "blocked" => CustomerStatus::Blocked,
        _ => return Err(response.operation.unreadable()),
    };
    if found.id != *id {
        return Err(response.operation.unreadable());
    }
    Ok(Customer::new(
        found.id,
        found.name.and_then(|name| ShortText::parse(name).ok()),
        found.email.and_then(|email| Email::parse(email).ok()),
        status,
    ))
}
