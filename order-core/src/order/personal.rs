//! All of an order that is about a person, in one place, so that it can be erased.
//!
//! Nothing here is ever shown by `Debug`, and none of it is part of an event's or an order's own
//! serialized form: it is stored beside them.

use crate::value::{CountryCode, InvalidReason, InvalidValue, Label, PaymentToken};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a shipment goes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Who receives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// Street and number.
    pub line1: Label,
    /// Anything that does not fit the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<Label>,
    /// Town.
    pub city: Label,
    /// State, province or prefecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Label>,
    /// Postal code; some countries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<Label>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: CountryCode,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address([redacted])")
    }
}

/// How the customer is reached.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawContact")]
#[non_exhaustive]
pub struct Contact {
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Label>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContact {
    #[serde(default)]
    email: Option<Label>,
    #[serde(default)]
    phone: Option<Label>,
}

impl TryFrom<RawContact> for Contact {
    type Error = InvalidValue;

    fn try_from(raw: RawContact) -> Result<Self, Self::Error> {
        Self::new(raw.email, raw.phone)
    }
}

impl Contact {
    /// How a customer is reached.
    ///
    /// # Errors
    /// If the e-mail address has no `@` with something on both sides, or contains a space.
    pub fn new(email: Option<Label>, phone: Option<Label>) -> Result<Self, InvalidValue> {
        let plausible = email.as_ref().is_none_or(|email| {
            let text = email.as_str();
            !text.contains(char::is_whitespace)
                && text
                    .rsplit_once('@')
                    .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        });
        if plausible {
            Ok(Self { email, phone })
        } else {
            Err(InvalidValue::new("email", InvalidReason::NotAnEmail))
        }
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact([redacted])")
    }
}

/// All of an order that erasure removes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonalData {
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// How the customer is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What the payment provider knows the payment method by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_token: Option<PaymentToken>,
}

impl PersonalData {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.shipping_address.is_none() && self.contact.is_none() && self.payment_token.is_none()
    }

    /// This data with what `newer` has put over it.
    #[must_use]
    pub fn overlaid(self, newer: Self) -> Self {
        Self {
            shipping_address: newer.shipping_address.or(self.shipping_address),
            contact: newer.contact.or(self.contact),
            payment_token: newer.payment_token.or(self.payment_token),
        }
    }
}
