//! The inventory service over HTTP.

mod wire;

use self::wire::{Extend, Held, Holding, Lines, Products, Reserved, Short, Unknown};
use super::answer::Answer;
use super::request::Request;
use super::service::{ServiceClient, connections};
use super::{ClientError, ClientSettings};
use async_trait::async_trait;
use futures::future::try_join_all;
use order_core::order::{Shortage, SkuUnits};
use order_core::ports::{
    Call, Clock, Inventory, OutsideError, Product, ReservationView, Reserve, ReserveOutcome,
    ReviseOutcome, StockOutcome,
};
use order_core::reference::Reference;
use order_core::time::truncated;
use order_core::value::Sku;
use reqwest::Method;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The most products asked for at once.
const PRODUCTS_AT_ONCE: usize = 100;

/// The most bytes of an address that SKUs may take: many servers refuse one of more than 8 KiB.
const QUERY_BYTES: usize = 4 * 1024;

/// [`Inventory`] over HTTP: `/products` and `/reservations`.
///
/// Products are asked for together, up to 100 with one request. A reservation is gone where the
/// service answers 404 or 410 for it; 409 with the code `reservation_released` or
/// `reservation_expired`; or, when it is revised, extended or committed, any 409 other than
/// `insufficient_stock`.
#[derive(Debug)]
pub struct HttpInventory {
    service: ServiceClient,
}

impl HttpInventory {
    /// The inventory service at this address.
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
        let service = ServiceClient::new("inventory", address, http, settings, clock)?;
        Ok(Self { service })
    }

    async fn some_products(
        &self,
        call: &Call,
        skus: &[&Sku],
    ) -> Result<Vec<Product>, OutsideError> {
        let request = Request::read("GET /products", &["products"]);
        let request = skus
            .iter()
            .fold(request, |request, sku| request.query("sku", sku.as_str()));
        let answer = self.service.send(call, request).await?;
        answer.done()?;
        let found: Products = answer.json()?;
        let products = found.data.into_iter().map(wire::Found::product);
        let mut products = products
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| answer.asked.unreadable())?;
        // What was not asked for is nobody's business, and twice is once.
        let mut wanted: BTreeSet<&Sku> = skus.iter().copied().collect();
        products.retain(|product| wanted.remove(&product.sku));
        Ok(products)
    }

    /// A write to one reservation.
    fn write(
        operation: &'static str,
        method: Method,
        id: &Reference,
        action: Option<&str>,
    ) -> Request {
        let id = id.to_string();
        let path: Vec<&str> = ["reservations", &id].into_iter().chain(action).collect();
        Request::write(operation, method, &path)
    }
}

#[async_trait]
impl Inventory for HttpInventory {
    async fn products(&self, call: &Call, skus: &[Sku]) -> Result<Vec<Product>, OutsideError> {
        let parts = in_parts(skus);
        let asked = parts.iter().map(|part| self.some_products(call, part));
        Ok(try_join_all(asked).await?.concat())
    }

    async fn reserve(
        &self,
        call: &Call,
        reserve: &Reserve,
    ) -> Result<ReserveOutcome, OutsideError> {
        let write = Request::write("POST /reservations", Method::POST, &["reservations"]);
        let write = write.json(&wire::Reserve {
            id: reserve.id.to_string(),
            lines: &reserve.lines,
            ttl_seconds: whole_seconds(reserve.ttl),
        });
        let answer = self.service.send(call, write).await?;
        if answer.is_success() {
            let reserved: Reserved = answer.json()?;
            let expires_at = truncated(reserved.expires_at);
            return Ok(ReserveOutcome::Reserved { expires_at });
        }
        match no(&answer) {
            No::Insufficient(shortages) => Ok(ReserveOutcome::Insufficient { shortages }),
            No::UnknownSkus(skus) => Ok(ReserveOutcome::UnknownSkus { skus }),
            No::Gone => Ok(ReserveOutcome::Gone),
            // A 404 or 410 without such a code is about the service, not about a reservation.
            No::Missing | No::Other => Err(answer.refusal()),
        }
    }

    async fn revise(
        &self,
        call: &Call,
        id: &Reference,
        lines: &[SkuUnits],
    ) -> Result<ReviseOutcome, OutsideError> {
        let write = Self::write("PUT /reservations/{id}", Method::PUT, id, None);
        let answer = self
            .service
            .send(call, write.json(&Lines { lines }))
            .await?;
        if answer.is_success() {
            return Ok(ReviseOutcome::Revised);
        }
        match no(&answer) {
            No::Insufficient(shortages) => Ok(ReviseOutcome::Insufficient { shortages }),
            No::UnknownSkus(skus) => Ok(ReviseOutcome::UnknownSkus { skus }),
            No::Gone | No::Missing => Ok(ReviseOutcome::Gone),
            No::Other if answer.status == 409 => Ok(ReviseOutcome::Gone),
            No::Other => Err(answer.refusal()),
        }
    }

    async fn extend(
        &self,
        call: &Call,
        id: &Reference,
        ttl: Duration,
    ) -> Result<StockOutcome, OutsideError> {
        let operation = "POST /reservations/{id}/extend";
        let write = Self::write(operation, Method::POST, id, Some("extend"));
        let write = write.json(&Extend {
            ttl_seconds: whole_seconds(ttl),
        });
        let answer = self.service.send(call, write).await?;
        if !answer.is_success() {
            return gone(&answer);
        }
        let held: Held = answer.json()?;
        let is_taken = held.status.as_deref() == Some("committed");
        let expires_at = held.expires_at.filter(|_| !is_taken).map(truncated);
        if expires_at.is_none() && !is_taken {
            return Err(answer.asked.unreadable());
        }
        Ok(StockOutcome::Done { expires_at })
    }

    async fn commit(&self, call: &Call, id: &Reference) -> Result<StockOutcome, OutsideError> {
        let operation = "POST /reservations/{id}/commit";
        let write = Self::write(operation, Method::POST, id, Some("commit"));
        let answer = self.service.send(call, write).await?;
        if answer.is_success() {
            Ok(StockOutcome::Done { expires_at: None })
        } else {
            gone(&answer)
        }
    }

    async fn release(&self, call: &Call, id: &Reference) -> Result<(), OutsideError> {
        let operation = "POST /reservations/{id}/release";
        let write = Self::write(operation, Method::POST, id, Some("release"));
        let answer = self.service.send(call, write).await?;
        match no(&answer) {
            _ if answer.is_success() => Ok(()),
            No::Gone | No::Missing => Ok(()),
            No::Insufficient(_) | No::UnknownSkus(_) | No::Other => Err(answer.refusal()),
        }
    }

    async fn find(
        &self,
        call: &Call,
        id: &Reference,
    ) -> Result<Option<ReservationView>, OutsideError> {
        let reference = id.to_string();
        let request = Request::read("GET /reservations/{id}", &["reservations", &reference]);
        let answer = self.service.send(call, request).await?;
        if answer.is_not_found() {
            return Ok(None);
        }
        answer.done()?;
        let holding: Holding = answer.json()?;
        let view = holding.view().ok_or_else(|| answer.asked.unreadable())?;
        Ok(Some(view))
    }
}

/// How an inventory service says no.
enum No {
    Insufficient(Vec<Shortage>),
    UnknownSkus(Vec<Sku>),
    /// The reservation was there and is no longer.
    Gone,
    /// There is nothing in this place.
    Missing,
    Other,
}

fn no(answer: &Answer) -> No {
    let code = answer.given_code();
    let code = code.as_ref().map(|code| code.as_str());
    match (answer.status, code) {
        (409, Some("insufficient_stock")) => match answer.json::<Short>() {
            Ok(short) if !short.lines.is_empty() => No::Insufficient(short.shortages()),
            Ok(_) | Err(_) => No::Other,
        },
        (422, Some("unknown_sku")) => match answer.json::<Unknown>() {
            Ok(unknown) if !unknown.skus.is_empty() => No::UnknownSkus(unknown.skus),
            Ok(_) | Err(_) => No::Other,
        },
        (409 | 410, Some("reservation_released" | "reservation_expired")) => No::Gone,
        _ if answer.is_not_found() => No::Missing,
        _ => No::Other,
    }
}

fn gone(answer: &Answer) -> Result<StockOutcome, OutsideError> {
    match no(answer) {
        No::Gone | No::Missing => Ok(StockOutcome::Gone),
        No::Other if answer.status == 409 => Ok(StockOutcome::Gone),
        No::Insufficient(_) | No::UnknownSkus(_) | No::Other => Err(answer.refusal()),
    }
}

/// At least as long as asked for.
fn whole_seconds(span: Duration) -> u64 {
    span.as_secs()
        .saturating_add(u64::from(span.subsec_nanos() > 0))
        .max(1)
}

/// Each SKU once, in parts that fit an address.
fn in_parts(skus: &[Sku]) -> Vec<Vec<&Sku>> {
    let each_once: BTreeSet<&Sku> = skus.iter().collect();
    let mut parts: Vec<Vec<&Sku>> = Vec::new();
    let mut bytes = 0;
    for sku in each_once {
        let more = query_bytes(sku);
        match parts.last_mut() {
            Some(part) if part.len() < PRODUCTS_AT_ONCE && bytes + more <= QUERY_BYTES => {
                part.push(sku);
                bytes += more;
            }
            _ => {
                parts.push(vec![sku]);
                bytes = more;
            }
        }
    }
    parts
}

/// What a SKU takes in an address, `&sku=` included: what is not a letter or a digit is written in
/// three.
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
    fn products_are_asked_for_a_hundred_at_a_time() {
        let sizes = |skus: &[Sku]| in_parts(skus).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(&[]), [0_usize; 0]);
        assert_eq!(sizes(&skus(250, |n| format!("s{n}"))), [100, 100, 50]);
        assert_eq!(sizes(&skus(250, |_| "same".to_owned())), [1]);
    }

    #[test]
    fn long_skus_do_not_make_an_address_too_long() {
        let long = skus(100, |n| format!("{n}-{}", "緑".repeat(50)));
        let parts = in_parts(&long);
        assert_eq!(parts.concat().len(), 100);
        for part in parts {
            assert!(part.iter().map(|sku| query_bytes(sku)).sum::<usize>() <= QUERY_BYTES);
        }
    }

    #[test]
    fn a_hold_is_never_shorter_than_asked_for() {
        for (span, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (900_000, 900)] {
            assert_eq!(whole_seconds(Duration::from_millis(span)), seconds);
        }
    }
}
