//! Values that are valid because they exist: identifiers, texts, quantities and counters.
//!
//! Each type is made by a constructor that checks, so that no code behind it has to check again.
//! What was wrong is said by an [`InvalidValue`], which names the type and the rule but never
//! repeats the value, since that may be personal. Nothing here trims, folds case or otherwise
//! repairs what it is given.
//!
//! Lengths count characters (Unicode scalar values), not bytes. *Visible ASCII* means the
//! characters `!` to `~`, without the space.
//!
//! ```
//! use order_core::value::{InvalidReason, Quantity, Sku};
//!
//! let sku = Sku::parse("TEA-GREEN-250G")?;
//! assert_eq!(sku.as_str(), "TEA-GREEN-250G");
//!
//! let refused = Sku::parse("x".repeat(65)).unwrap_err();
//! assert_eq!(refused.to_string(), "a sku has at most 64 characters");
//! assert_eq!(refused.reason(), InvalidReason::TooLong { max: 64 });
//! assert!(Quantity::new(0).is_err());
//! # Ok::<(), order_core::value::InvalidValue>(())
//! ```

mod identifier;
mod invalid;
mod number;
mod order_id;
mod ordinal;
mod payment_token;
mod place;
mod rule;
mod text;

pub use identifier::{
    Code, CustomerId, ExternalReference, FactId, IdempotencyKey, ProviderId, Sku, StorefrontId,
    TrackingNumber,
};
pub use invalid::{InvalidReason, InvalidValue};
pub use number::{Quantity, Version};
pub use order_id::OrderId;
pub use ordinal::{
    AttemptNo, CaptureNo, FulfillmentNo, HoldNo, LineId, RefundNo, ReservationNo, ReturnNo,
};
pub use payment_token::PaymentToken;
pub use place::{CountryCode, TrackingUrl};
pub use text::{Carrier, Label, ProductName, Reason};
