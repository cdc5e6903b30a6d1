//! A reservation of stock, as the service answers it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::line_item::LineItem;

/// Status of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MockReservationStatus {
    /// Its units are reserved until it expires.
    Held,
    /// Its units have left the stock for good, unless they are released.
    Committed,
    /// Its units are free again.
    Released,
    /// Its hold ran out, and its units are free again.
    Expired,
}

/// A reservation of stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockReservation {
    /// The id that the caller chose.
    pub id: String,
    /// Its status.
    pub status: MockReservationStatus,
    /// The units it reserves, or reserved last: one line per SKU, in their order.
    pub lines: Vec<LineItem>,
    /// When a held one expires; for any other, when it would have.
    pub expires_at: DateTime<Utc>,
}

/// A product with less stock than requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MockShortage {
    /// The product's SKU.
    pub sku: String,
    /// Units requested.
    pub requested: u32,
    /// Units that could be reserved: the free ones, and those the reservation has already.
    pub available: u32,
}
