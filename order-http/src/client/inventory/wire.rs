//! What is said to the inventory service, and what it says.

use chrono::{DateTime, Utc};
use order_core::money::{Amount, Currency, Money};
use order_core::order::{Shortage, SkuUnits};
use order_core::ports::{Product, ReservationStatus, ReservationView};
use order_core::time::truncated;
use order_core::value::{ProductName, Sku};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(super) struct Reserve<'a> {
    pub(super) id: String,
    pub(super) lines: &'a [SkuUnits],
    pub(super) ttl_seconds: u64,
}

#[derive(Serialize)]
pub(super) struct Lines<'a> {
    pub(super) lines: &'a [SkuUnits],
}

#[derive(Serialize)]
pub(super) struct Extend {
    pub(super) ttl_seconds: u64,
}

#[derive(Deserialize)]
pub(super) struct Products {
    pub(super) data: Vec<Found>,
}

#[derive(Deserialize)]
pub(super) struct Found {
    sku: Sku,
    #[serde(default)]
    name: Option<String>,
    unit_price: Amount,
    currency: Currency,
    available: i64,
}

impl Found {
    /// The product; none if it has a negative price. A name that is not fit to be shown is left out,
    /// and stock that was oversold elsewhere is none.
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
pub(super) struct Reserved {
    pub(super) expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(super) struct Held {
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) expires_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct Holding {
    status: String,
    lines: Vec<SkuUnits>,
    #[serde(default)]
    expires_at: Option<DateTime<Utc>>,
}

impl Holding {
    /// The reservation; none if its status is not one we know.
    pub(super) fn view(self) -> Option<ReservationView> {
        let status = match self.status.as_str() {
            "held" => ReservationStatus::Held,
            "committed" => ReservationStatus::Committed,
            "released" => ReservationStatus::Released,
            "expired" => ReservationStatus::Expired,
            _ => return None,
        };
        let is_held = status == ReservationStatus::Held;
        let expires_at = self.expires_at.filter(|_| is_held).map(truncated);
        Some(ReservationView::new(status, self.lines, expires_at))
    }
}

#[derive(Deserialize)]
pub(super) struct Short {
    pub(super) lines: Vec<ShortLine>,
}

#[derive(Deserialize)]
pub(super) struct ShortLine {
    sku: Sku,
    requested: u32,
    available: i64,
}

impl Short {
    pub(super) fn shortages(self) -> Vec<Shortage> {
        let read = |line: ShortLine| {
            let available = u32::try_from(line.available.max(0)).unwrap_or(u32::MAX);
            Shortage::new(line.sku, line.requested, available)
        };
        self.lines.into_iter().map(read).collect()
    }
}

#[derive(Deserialize)]
pub(super) struct Unknown {
    pub(super) skus: Vec<Sku>,
}
