//! The JSON bodies of the inventory service, sent and received. No rule about stock is here.

use chrono::{DateTime, Utc};
use order_core::money::{Amount, Currency, Money};
use order_core::order::{Shortage, SkuQuantity};
use order_core::ports::{Product, StoredReservation, StoredReservationStatus};
use order_core::time::truncated;
use order_core::value::{ProductName, Sku};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(super) struct ReserveBody<'a> {
    pub(super) id: String,
    pub(super) lines: &'a [SkuQuantity],
    pub(super) ttl_seconds: u64,
}

#[derive(Serialize)]
pub(super) struct ReviseBody<'a> {
    pub(super) lines: &'a [SkuQuantity],
}

#[derive(Serialize)]
pub(super) struct ExtendBody {
    pub(super) ttl_seconds: u64,
}

#[derive(Deserialize)]
pub(super) struct ProductsResponse {
    pub(super) data: Vec<ProductEntry>,
}

#[derive(Deserialize)]
pub(super) struct ProductEntry {
    sku: Sku,
    #[serde(default)]
    name: Option<String>,
    unit_price: Amount,
    currency: Currency,
    available: i64,
}

impl ProductEntry {
    /// Returns the product; `None` if its price is negative. A name that is not valid is left out, and
    /// negative stock counts as none.
    pub(super) fn product(self) -> Option<Product> {
        if self.unit_price.is_negative() {
            return None;
        }
        let available = u32::try_from(self.available.max(0)).unwrap_or(u32::MAX);
        Some(Product::new(
            self.sku,
            self.name.and_then(|name| ProductName::parse(name).ok()),
            Money::new(self.unit_price, self.currency),
            available,
        ))
    }
}

#[derive(Deserialize)]
pub(super) struct ReservedResponse {
    pub(super) expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(super) struct ExtendedResponse {
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) expires_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct ReservationResponse {
    status: String,
    lines: Vec<SkuQuantity>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

impl ReservationResponse {
    /// Returns the reservation; `None` if its status is unknown.
    pub(super) fn reservation(self) -> Option<StoredReservation> {
        let status = match self.status.as_str() {
            "held" => StoredReservationStatus::Held,
            "committed" => StoredReservationStatus::Committed,
            "released" => StoredReservationStatus::Released,
            "expired" => StoredReservationStatus::Expired,
            _ => return None,
        };
        let is_held = status == StoredReservationStatus::Held;
        let expires_at = self.expires_at.filter(|_| is_held).map(truncated);
        Some(StoredReservation::new(status, self.lines, expires_at))
    }
}

#[derive(Deserialize)]
pub(super) struct InsufficientStockResponse {
    pub(super) lines: Vec<ShortLine>,
}

#[derive(Deserialize)]
pub(super) struct ShortLine {
    sku: Sku,
    requested: u32,
    available: i64,
}

impl InsufficientStockResponse {
    pub(super) fn shortages(self) -> Vec<Shortage> {
        let shortage = |line: ShortLine| {
            let available = u32::try_from(line.available.max(0)).unwrap_or(u32::MAX);
            Shortage::new(line.sku, line.requested, available)
        };
        self.lines.into_iter().map(shortage).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct UnknownSkusResponse {
    pub(super) skus: Vec<Sku>,
}
