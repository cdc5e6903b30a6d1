//! Builders of valid values, from literals. They panic on an invalid literal.

mod requests;

pub use requests::{PlaceBuilder, import_order, place, place_order};

use chrono::DateTime;
use order_core::money::{Amount, Currency, Money};
use order_core::new_order::NewLine;
use order_core::order::{Address, Contact, SkuQuantity, UnitSelection};
use order_core::ports::{CallContext, Idempotency, Worker};
use order_core::time::{Timestamp, after};
use order_core::value::{
    Code, CustomerId, Email, ExternalEventId, IdempotencyKey, Label, OrderId, PaymentToken, Phone,
    Quantity, Reason, ShortText, Sku, StorefrontId,
};
use std::fmt::Display;
use std::time::Duration;
use uuid::Builder;

#[expect(clippy::panic, reason = "a wrong literal is a mistake in the test")]
fn literal<T, E: Display>(parsed: Result<T, E>) -> T {
    match parsed {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

/// Returns this SKU.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn sku(text: &str) -> Sku {
    literal(Sku::parse(text))
}

/// Returns this customer id.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn customer(text: &str) -> CustomerId {
    literal(CustomerId::parse(text))
}

/// Returns this storefront id. That of the default storefront is `StorefrontId::default()`.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn storefront(text: &str) -> StorefrontId {
    literal(StorefrontId::parse(text))
}

/// Returns this label.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn label(text: &str) -> Label {
    literal(Label::parse(text))
}

/// Returns this short text.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn short_text(text: &str) -> ShortText {
    literal(ShortText::parse(text))
}

/// Returns this e-mail address.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn email(text: &str) -> Email {
    literal(Email::parse(text))
}

/// Returns this phone number.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn phone(text: &str) -> Phone {
    literal(Phone::parse(text))
}

/// Returns this reason.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn reason(text: &str) -> Reason {
    literal(Reason::parse(text))
}

/// Returns this code.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn code(text: &str) -> Code {
    literal(Code::parse(text))
}

/// Returns this payment token.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn token(text: &str) -> PaymentToken {
    literal(PaymentToken::parse(text))
}

/// Returns the id of an external event.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn fact_id(text: &str) -> ExternalEventId {
    literal(ExternalEventId::parse(text))
}

/// Returns this worker.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn worker(text: &str) -> Worker {
    literal(Worker::parse(text))
}

/// Returns the order id of this number, in the form of a UUIDv7 made at [`noon`]. Ids sort by their
/// numbers.
#[must_use]
pub fn order_id(number: u64) -> OrderId {
    let mut random = [0_u8; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let millis = u64::try_from(noon().timestamp_millis()).unwrap_or_default();
    OrderId::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// Returns this quantity.
///
/// # Panics
/// If it is zero, or too large for one line.
#[must_use]
pub fn quantity(units: u32) -> Quantity {
    literal(Quantity::new(units))
}

/// Returns a line without a price: the inventory service quotes one.
///
/// # Panics
/// If the literals are not valid.
#[must_use]
pub fn line(sku_text: &str, units: u32) -> NewLine {
    NewLine::new(sku(sku_text), quantity(units))
}

/// Returns a line with an agreed unit price, in minor units.
///
/// # Panics
/// If the literals are not valid.
#[must_use]
pub fn priced(sku_text: &str, units: u32, unit_price: i64) -> NewLine {
    line(sku_text, units).at(Amount::new(unit_price))
}

/// Returns a quantity of a SKU.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn units(sku_text: &str, quantity: u32) -> SkuQuantity {
    SkuQuantity::new(sku(sku_text), quantity)
}

/// Returns a selection of units of a SKU, as commands name them.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn select(sku_text: &str, quantity: u32) -> UnitSelection {
    UnitSelection::of_sku(sku(sku_text), quantity)
}

/// Returns an amount of US cents.
#[must_use]
pub const fn usd(minor: i64) -> Money {
    Money::new(Amount::new(minor), Currency::USD)
}

/// Returns noon of 2 January 2026, UTC, when tests begin unless they set another time.
#[must_use]
pub fn noon() -> Timestamp {
    const SECONDS: i64 = 1_767_355_200;
    DateTime::from_timestamp(SECONDS, 0).unwrap_or_default()
}

/// Returns the instant `seconds` after [`noon`].
#[must_use]
pub fn at(seconds: u64) -> Timestamp {
    after(noon(), Duration::from_secs(seconds))
}

/// Returns the context of a call for the default storefront with this idempotency key and a deadline
/// one hour after [`noon`].
#[must_use]
pub fn call(key: &str) -> CallContext {
    call_at(&StorefrontId::default(), key)
}

/// Returns the context of a call for this storefront with this idempotency key and a deadline one hour
/// after [`noon`].
#[must_use]
pub fn call_at(storefront: &StorefrontId, key: &str) -> CallContext {
    CallContext::new(storefront.clone(), key, at(3_600))
}

/// Returns an address in Sydney.
///
/// # Panics
/// Never.
#[must_use]
pub fn address() -> Address {
    Address {
        name: Some(short_text("Ada Lovelace")),
        line1: short_text("1 Main St"),
        line2: None,
        city: short_text("Sydney"),
        region: Some(short_text("NSW")),
        postal_code: Some(short_text("2000")),
        country: literal("AU".parse()),
    }
}

/// Returns the contact of the person at [`address`].
///
/// # Panics
/// Never.
#[must_use]
pub fn contact() -> Contact {
    Contact::new(
        Some(email("ada@example.com")),
        Some(phone("+61 2 5550 0000")),
    )
}

/// Returns the idempotency key of a request. The fingerprint is a function of the key, so that the same
/// key means the same request.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn idempotency(operation: &str, key: &str) -> Idempotency {
    let mut fingerprint = [0_u8; 32];
    for (byte, index) in key.bytes().zip((0..fingerprint.len()).cycle()) {
        if let Some(slot) = fingerprint.get_mut(index) {
            *slot = slot.rotate_left(1) ^ byte;
        }
    }
    Idempotency {
        operation: operation.to_owned(),
        key: literal(IdempotencyKey::parse(key)),
        fingerprint,
    }
}
