//! The inventory service: prices products, and reserves their stock.
//!
//! A product's file says how many units were delivered in total. The service counts the units that
//! reservations hold or have committed, and subtracts them: raising the number in the file is a
//! delivery. Stock may run out but is never sold twice, since reservations are changed one at a
//! time, each with its own checks.

mod error;
mod product;
mod reservation;
mod service;
mod stock;

pub use error::InventoryError;
pub use product::MockProduct;
pub use reservation::{MockReservation, MockReservationStatus, MockShortage};
pub use service::MockInventory;
