//! Small functions that make values for tests.
//!
//! They take literals, and panic on one that is not valid: a test with a wrong literal is wrong.

use crate::command::NewLine;
use crate::event::Actor;
use crate::money::{Amount, Currency, Money};
use crate::order::{Address, Adjustment, Contact, PersonalData, SkuUnits};
use crate::ports::{Call, Idempotency, Place, Worker};
use crate::time::{Timestamp, after};
use crate::value::{
    Code, CustomerId, FactId, IdempotencyKey, Label, OrderId, PaymentToken, Quantity, Reason, Sku,
    StorefrontId,
};
use chrono::DateTime;
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

/// This SKU.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn sku(text: &str) -> Sku {
    literal(Sku::parse(text))
}

/// This customer.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn customer(text: &str) -> CustomerId {
    literal(CustomerId::parse(text))
}

/// This storefront. The default one is `StorefrontId::default()`.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn storefront(text: &str) -> StorefrontId {
    literal(StorefrontId::parse(text))
}

/// This label.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn label(text: &str) -> Label {
    literal(Label::parse(text))
}

/// This reason.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn reason(text: &str) -> Reason {
    literal(Reason::parse(text))
}

/// This code.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn code(text: &str) -> Code {
    literal(Code::parse(text))
}

/// This payment token.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn token(text: &str) -> PaymentToken {
    literal(PaymentToken::parse(text))
}

/// The id of an outside event.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn fact_id(text: &str) -> FactId {
    literal(FactId::parse(text))
}

/// This worker.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn worker(text: &str) -> Worker {
    literal(Worker::parse(text))
}

/// The order id of this number: UUIDv7 in shape, made at [`noon`]. Ids sort by their numbers.
#[must_use]
pub fn order_id(number: u64) -> OrderId {
    let mut random = [0_u8; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    let millis = u64::try_from(noon().timestamp_millis()).unwrap_or_default();
    OrderId::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// So many units.
///
/// # Panics
/// If there are none, or too many for one line.
#[must_use]
pub fn quantity(units: u32) -> Quantity {
    literal(Quantity::new(units))
}

/// A line without a price: the inventory service quotes it.
///
/// # Panics
/// If the literals are not valid.
#[must_use]
pub fn line(sku_text: &str, units: u32) -> NewLine {
    NewLine::new(sku(sku_text), quantity(units))
}

/// A line at an agreed price of one, in minor units.
///
/// # Panics
/// If the literals are not valid.
#[must_use]
pub fn priced(sku_text: &str, units: u32, unit_price: i64) -> NewLine {
    line(sku_text, units).at(Amount::new(unit_price))
}

/// So many units of a SKU.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn units(sku_text: &str, quantity: u32) -> SkuUnits {
    SkuUnits::new(sku(sku_text), quantity)
}

/// So many US cents.
#[must_use]
pub const fn usd(minor: i64) -> Money {
    Money::new(Amount::new(minor), Currency::USD)
}

/// Noon of 2 January 2026, UTC: when tests begin unless they say otherwise.
#[must_use]
pub fn noon() -> Timestamp {
    const SECONDS: i64 = 1_767_355_200;
    DateTime::from_timestamp(SECONDS, 0).unwrap_or_default()
}

/// So many seconds after [`noon`].
#[must_use]
pub fn at(seconds: u64) -> Timestamp {
    after(noon(), Duration::from_secs(seconds))
}

/// A call for the default storefront with this key, and an hour from [`noon`] to answer it.
#[must_use]
pub fn call(key: &str) -> Call {
    call_at(&StorefrontId::default(), key)
}

/// A call for this storefront with this key, and an hour from [`noon`] to answer it.
#[must_use]
pub fn call_at(storefront: &StorefrontId, key: &str) -> Call {
    Call::new(storefront.clone(), key, at(3_600))
}

/// An address in Sydney.
///
/// # Panics
/// Never.
#[must_use]
pub fn address() -> Address {
    Address {
        name: Some(label("Ada Lovelace")),
        line1: label("1 Main St"),
        line2: None,
        city: label("Sydney"),
        region: Some(label("NSW")),
        postal_code: Some(label("2000")),
        country: literal("AU".parse()),
    }
}

/// The contact of whoever lives at [`address`].
///
/// # Panics
/// Never.
#[must_use]
pub fn contact() -> Contact {
    literal(Contact::new(
        Some(label("ada@example.com")),
        Some(label("+61 2 5550 0000")),
    ))
}

/// The idempotency key of a request; the fingerprint is made of the key, so that the same key means
/// the same request.
///
/// # Panics
/// If the literal is not valid.
#[must_use]
pub fn idempotency(operation: &str, key: &str) -> Idempotency {
    let mut fingerprint = [0_u8; 32];
    for (byte, place) in key.bytes().zip((0..fingerprint.len()).cycle()) {
        if let Some(slot) = fingerprint.get_mut(place) {
            *slot = slot.rotate_left(1) ^ byte;
        }
    }
    Idempotency {
        operation: operation.to_owned(),
        key: literal(IdempotencyKey::parse(key)),
        fingerprint,
    }
}

/// A wish to place an order: of `cus_1` at the default storefront, to [`address`] and [`contact`],
/// paid with `tok_visa`, of two `abc` at 19.99 USD unless it is given lines.
///
/// ```
/// use order_core::testing::builders::{place, priced};
///
/// let place = place().line(priced("tea", 3, 500)).token("tok_declined").build();
/// assert_eq!(place.lines.len(), 1);
/// ```
///
/// # Panics
/// Never.
pub fn place() -> PlaceBuilder {
    let mut place = Place::new(StorefrontId::default(), customer("cus_1"), Vec::new());
    place.personal = PersonalData {
        shipping_address: Some(address()),
        contact: Some(contact()),
        payment_token: Some(token("tok_visa")),
    };
    PlaceBuilder(place)
}

/// A wish to place an order, in the making. See [`place`].
#[derive(Debug, Clone)]
#[must_use]
pub struct PlaceBuilder(Place);

impl PlaceBuilder {
    /// At this storefront.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn storefront(mut self, text: &str) -> Self {
        self.0.storefront = storefront(text);
        self
    }

    /// For this customer.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn customer(mut self, text: &str) -> Self {
        self.0.customer_id = customer(text);
        self
    }

    /// With one more line.
    pub fn line(mut self, line: NewLine) -> Self {
        self.0.lines.push(line);
        self
    }

    /// In this currency.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.0.currency = Some(currency);
        self
    }

    /// With one more adjustment.
    pub fn adjustment(mut self, adjustment: Adjustment) -> Self {
        self.0.adjustments.push(adjustment);
        self
    }

    /// Paid with this token.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn token(mut self, text: &str) -> Self {
        self.0.personal.payment_token = Some(token(text));
        self
    }

    /// Without a payment method.
    pub fn without_token(mut self) -> Self {
        self.0.personal.payment_token = None;
        self
    }

    /// Without any personal data: no address, no contact, no payment method.
    pub fn without_personal(mut self) -> Self {
        self.0.personal = PersonalData::default();
        self
    }

    /// By this actor.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.0.actor = actor;
        self
    }

    /// Once only: with this idempotency key of the operation `place`.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn key(mut self, key: &str) -> Self {
        self.0.idempotency = Some(idempotency("place", key));
        self
    }

    /// The wish.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn build(mut self) -> Place {
        if self.0.lines.is_empty() {
            self.0.lines.push(priced("abc", 2, 1_999));
        }
        self.0
    }
}
