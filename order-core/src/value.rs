//! Values that are valid by construction: identifiers, texts, quantities and sequence numbers.
//!
//! Each constructor validates, so that no code behind it has to validate again. A refusal is an
//! [`InvalidValue`], which names the type and the rule but never contains the value, since that may
//! be personal data. Nothing here trims, folds case or otherwise repairs its input.
//!
//! | file | has |
//! |---|---|
//! | `identifier`, `order_id`, `placement_id`, `sequence_number`, `version` | ids and numbers |
//! | `code`, `country_code`, `quantity`, `tracking_url`, `payment_token` | one value each |
//! | `text` | texts for people, e-mail and phone |
//! | `validate`, `invalid_value`, `text_value` | the rules, the error, and the macro that joins them |
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

mod code;
mod country_code;
mod identifier;
mod invalid_value;
mod order_id;
mod payment_token;
mod placement_id;
mod quantity;
mod sequence_number;
mod text;
mod text_value;
mod tracking_url;
mod validate;
mod version;

pub use code::Code;
pub use country_code::CountryCode;
pub use identifier::{
    CustomerId, ExternalEventId, ExternalReference, IdempotencyKey, ProviderId, Sku, StorefrontId,
    TrackingNumber,
};
pub use invalid_value::{InvalidReason, InvalidValue};
pub use order_id::OrderId;
pub use payment_token::PaymentToken;
pub use placement_id::PlacementId;
pub use quantity::Quantity;
pub use sequence_number::{
    CaptureNo, FulfillmentNo, HoldNo, LineNo, PaymentAttemptNo, RefundNo, ReservationNo, ReturnNo,
};
pub use text::{Carrier, Email, Label, Phone, ProductName, Reason, ShortText};
pub use tracking_url::TrackingUrl;
pub use version::Version;
