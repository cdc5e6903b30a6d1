//! The client of the inventory service.

mod messages;

use self::messages::{
    ExtendBody, ExtendedResponse, InsufficientStockResponse, ProductEntry, ProductsResponse,
    ReservationResponse, ReserveBody, ReservedResponse, ReviseBody, UnknownSkusResponse,
};
use super::request::ServiceRequest;
use super::response::ServiceResponse;
use super::service_client::{ServiceClient, connection_pool};
use super::{ClientConfig, ClientError};
use async_trait::async_trait;
use futures::future::try_join_all;
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{
    CallContext, Clock, Inventory, Product, ReserveOutcome, ReserveRequest, ReviseOutcome,
    ServiceError, StockOutcome, StoredReservation,
};
use order_core::reference::Reference;
use order_core::time::truncated;
use order_core::value::Sku;
use reqwest::Method;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of products in one request.
const MAX_PRODUCTS: usize = 100;

/// The maximum length of a query string of SKUs, in bytes: many servers refuse a URL of more than 8 KiB.
const MAX_QUERY_BYTES: usize = 4 * 1024;

/// [`Inventory`] over HTTP: `/products` and `/reservations`.
///
/// Products are read in batches of up to 100. A reservation is gone where the service answers 404 or
/// 410 for it; 409 with the code `reservation_released` or
/// `reservation_expired`; or, when it is revised, extended or committed, any 409 other than
/// `insufficient_stock`.
#[derive(Debug)]
pub struct HttpInventory {
    service: ServiceClient,
}

impl HttpInventory {
    /// Makes the client of the inventory service at this URL, with a connection pool of its own.
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
        let service = ServiceClient::new("inventory", address, http, config, clock)?;
        Ok(Self { service })
    }

    async fn product_batch(
        &self,
        call: &CallContext,
        skus: &[&Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let request = ServiceRequest::read("GET /products", &["products"]);
        let request = skus
            .iter()
            .fold(request, |request, sku| request.query("sku", sku.as_str()));
        let response = self.service.send(call, request).await?;
        response.require_success()?;
        let found: ProductsResponse = response.json()?;
        let products = found.data.into_iter().map(ProductEntry::product);
        let mut products = products
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| response.operation.unreadable())?;
        // Products that were not requested are dropped, and so are duplicates.
        let mut wanted: BTreeSet<&Sku> = skus.iter().copied().collect();
        products.retain(|product| wanted.remove(&product.sku));
        Ok(products)
    }

    /// Makes a write to one reservation.
    fn write(
        operation: &'static str,
        method: Method,
        id: &Reference,
        action: Option<&str>,
    ) -> ServiceRequest {
        let id = id.to_string();
        let path: Vec<&str> = ["reservations", &id].into_iter().chain(action).collect();
        ServiceRequest::write(operation, method, &path)
    }
}

#[async_trait]
impl Inventory for HttpInventory {
    async fn products(
        &self,
        call: &CallContext,
        skus: &[Sku],
    ) -> Result<Vec<Product>, ServiceError> {
        let batches = batches(skus);
        let reads = batches.iter().map(|batch| self.product_batch(call, batch));
        Ok(try_join_all(reads).await?.concat())
    }

    async fn reserve(
        &self,
        call: &CallContext,
        reserve: &ReserveRequest,
    ) -> Result<ReserveOutcome, ServiceError> {
        let write = ServiceRequest::write("POST /reservations", Method::POST, &["reservations"]);
        let write = write.json(&ReserveBody {
            id: reserve.id.to_string(),
            lines: &reserve.lines,
            ttl_seconds: whole_seconds(reserve.ttl),
        });
        let response = self.service.send(call, write).await?;
        if response.is_success() {
            let reserved: ReservedResponse = response.json()?;
            let expires_at = truncated(reserved.expires_at);
            return Ok(ReserveOutcome::Reserved { expires_at });
        }
        match classify_rejection(&response) {
            Rejection::Insufficient(shortages) => Ok(ReserveOutcome::Insufficient { shortages }),
            Rejection::UnknownSkus(skus) => Ok(ReserveOutcome::UnknownSkus { skus }),
            Rejection::Gone => Ok(ReserveOutcome::Gone),
            // A 404 or 410 without such a code is about the service, not about a reservation.
            Rejection::NotFound | Rejection::Other => Err(response.refusal()),
        }
    }

    async fn revise(
        &self,
        call: &CallContext,
        id: &Reference,
        lines: &[SkuQuantity],
    ) -> Result<ReviseOutcome, ServiceError> {
        let write = Self::write("PUT /reservations/{id}", Method::PUT, id, None);
        let response = self
            .service
            .send(call, write.json(&ReviseBody { lines }))
            .await?;
        if response.is_success() {
            return Ok(ReviseOutcome::Revised);
        }
        match classify_rejection(&response) {
            Rejection::Insufficient(shortages) => Ok(ReviseOutcome::Insufficient { shortages }),
            Rejection::UnknownSkus(skus) => Ok(ReviseOutcome::UnknownSkus { skus }),
            Rejection::Gone | Rejection::NotFound => Ok(ReviseOutcome::Gone),
            Rejection::Other if response.status == 409 => Ok(ReviseOutcome::Gone),
            Rejection::Other => Err(response.refusal()),
        }
    }

    async fn extend(
        &self,
        call: &CallContext,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, ServiceError> {
        let operation = "POST /reservations/{id}/extend";
        let write = Self::write(operation, Method::POST, id, Some("extend"));
        let write = write.json(&ExtendBody {
            ttl_seconds: whole_seconds(ttl),
        });
        let response = self.service.send(call, write).await?;
        if !response.is_success() {
            return gone_or_refused(&response);
        }
        let extended: ExtendedResponse = response.json()?;
        let is_committed = extended.status.as_deref() == Some("committed");
        let expires_at = extended.expires_at.filter(|_| !is_committed).map(truncated);
        if expires_at.is_none() && !is_committed {
            return Err(response.operation.unreadable());
        }
        Ok(StockOutcome::Done { expires_at })
    }

    async fn commit(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<StockOutcome, ServiceError> {
        let operation = "POST /reservations/{id}/commit";
        let write = Self::write(operation, Method::POST, id, Some("commit"));
        let response = self.service.send(call, write).await?;
        if response.is_success() {
            Ok(StockOutcome::Done { expires_at: None })
        } else {
            gone_or_refused(&response)
        }
    }

    async fn release(&self, call: &CallContext, id: &Reference) -> Result<(), ServiceError> {
        let operation = "POST /reservations/{id}/release";
        let write = Self::write(operation, Method::POST, id, Some("release"));
        let response = self.service.send(call, write).await?;
        match classify_rejection(&response) {
            _ if response.is_success() => Ok(()),
            Rejection::Gone | Rejection::NotFound => Ok(()),
            Rejection::Insufficient(_) | Rejection::UnknownSkus(_) | Rejection::Other => {
                Err(response.refusal())
            }
        }
    }

    async fn find(
        &self,
        call: &CallContext,
        id: &Reference,
    ) -> Result<Option<StoredReservation>, ServiceError> {
        let reference = id.to_string();
        let request = ServiceRequest::read("GET /reservations/{id}", &["reservations", &reference]);
        let response = self.service.send(call, request).await?;
        if response.is_not_found() {
            return Ok(None);
        }
        response.require_success()?;
        let found: ReservationResponse = response.json()?;
        let reservation = found.reservation();
        reservation
            .map(Some)
            .ok_or_else(|| response.operation.unreadable())
    }
}

/// Why the inventory service rejected a request.
enum Rejection {
    Insufficient(Vec<Shortage>),
    UnknownSkus(Vec<Sku>),
    /// The reservation existed and does no longer.
    Gone,
    /// The resource does not exist.
    NotFound,
    Other,
}

fn classify_rejection(response: &ServiceResponse) -> Rejection {
    let code = response.refusal_code();
    let code = code.as_ref().map(|code| code.as_str());
    match (response.status, code) {
        (409, Some("insufficient_stock")) => match response.json::<InsufficientStockResponse>() {
            Ok(short) if !short.lines.is_empty() => Rejection::Insufficient(short.shortages()),
            Ok(_) | Err(_) => Rejection::Other,
        },
        (422, Some("unknown_sku")) => match response.json::<UnknownSkusResponse>() {
            Ok(unknown) if !unknown.skus.is_empty() => Rejection::UnknownSkus(unknown.skus),
            Ok(_) | Err(_) => Rejection::Other,
        },
        (409 | 410, Some("reservation_released" | "reservation_expired")) => Rejection::Gone,
        _ if response.is_not_found() => Rejection::NotFound,
        _ => Rejection::Other,
    }
}

fn gone_or_refused(response: &ServiceResponse) -> Result<StockOutcome, ServiceError> {
    match classify_rejection(response) {
        Rejection::Gone | Rejection::NotFound => Ok(StockOutcome::Gone),
        Rejection::Other if response.status == 409 => Ok(StockOutcome::Gone),
        Rejection::Insufficient(_) | Rejection::UnknownSkus(_) | Rejection::Other => {
            Err(response.refusal())
        }
    }
}

/// Rounds up to whole seconds, at least one.
fn whole_seconds(span: Duration) -> u64 {
    span.as_secs()
        .saturating_add(u64::from(span.subsec_nanos() > 0))
        .max(1)
}

/// Splits SKUs into batches that fit a URL, each SKU once.
fn batches(skus: &[Sku]) -> Vec<Vec<&Sku>> {
    let unique: BTreeSet<&Sku> = skus.iter().collect();
    let mut batches: Vec<Vec<&Sku>> = Vec::new();
    let mut bytes = 0;
    for sku in unique {
        let more = query_bytes(sku);
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_PRODUCTS && bytes + more <= MAX_QUERY_BYTES => {
                batch.push(sku);
                bytes += more;
            }
            _ => {
                batches.push(vec![sku]);
                bytes = more;
            }
        }
    }
    batches
}

/// Returns the length of a SKU in a query string, in bytes, `&sku=` included; percent-encoding takes
/// three bytes for each that is not a letter or a digit.
fn query_bytes(sku: &Sku) -> usize {
    let encoded = |b: u8| if b.is_ascii_alphanumeric() { 1 } else { 3 };
    5 + sku.as_str().bytes().map(encoded).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skus(count: usize, text: impl Fn(usize) -> String) -> Vec<Sku> {
        (0..count).map(|n| Sku::parse(text(n)).unwrap()).collect()
    }

    #[test]
    fn products_are_read_a_hundred_at_a_time() {
        let sizes = |skus: &[Sku]| batches(skus).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), [0_usize; 0]);
        assert_eq!(sizes(&skus(250, |n| format!("s{n}"))), [100, 100, 50]);
        assert_eq!(sizes(&skus(250, |_| "same".to_owned())), [1]);
    }

    #[test]
    fn long_skus_do_not_make_a_url_too_long() {
        let long = skus(100, |n| format!("{n}-{}", "緑".repeat(50)));
        let batches = batches(&long);
        assert_eq!(batches.concat().len(), 100);
        for batch in batches {
            assert!(batch.iter().map(|sku| query_bytes(sku)).sum::<usize>() <= MAX_QUERY_BYTES);
        }
    }

    #[test]
    fn a_reservation_is_never_shorter_than_requested() {
        for (span, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (900_000, 900)] {
            assert_eq!(whole_seconds(Duration::from_millis(span)), seconds);
        }
    }
}
