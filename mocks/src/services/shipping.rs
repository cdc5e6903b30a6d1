//! The shipping service: quotes rates, and takes the fulfillments a warehouse is asked to ship.
//!
//! A fulfillment can be recalled until it is shipped, and never after.

mod address;
mod error;
mod fulfillment;
mod rates;
mod service;

pub use address::MockAddress;
pub use error::ShippingError;
pub use fulfillment::{MockFulfillment, MockFulfillmentRequest, MockFulfillmentStatus};
pub use rates::MockShippingRate;
pub use service::MockShipping;
