//! Everything in an order that is about a person, kept together so that it can be erased.
//!
//! `Debug` never shows any of it, and it is never part of the serialized form of an event or an
//! order: it is stored beside them.

use crate::value::{CountryCode, Email, PaymentToken, Phone, ShortText};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The address that a shipment goes to.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ShortText>,
    /// Street and number.
    pub line1: ShortText,
    /// Anything that does not fit into the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<ShortText>,
    /// Town or city.
    pub city: ShortText,
    /// State, province or prefecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<ShortText>,
    /// Postal code; `None` in countries without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<ShortText>,
    /// Country, ISO 3166-1 alpha-2.
    pub country: CountryCode,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address([redacted])")
    }
}

/// How the customer can be reached.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Contact {
    /// E-mail address, to which notifications go; `None` if the customer gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Telephone number; `None` if the customer gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

impl Contact {
    /// Makes a contact.
    #[must_use]
    pub const fn new(email: Option<Email>, phone: Option<Phone>) -> Self {
        Self { email, phone }
    }

    /// Returns where messages go: the e-mail address, else the phone number.
    #[must_use]
    pub fn primary(&self) -> Option<&str> {
        let email = self.email.as_ref().map(Email::as_str);
        email.or(self.phone.as_ref().map(Phone::as_str))
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact([redacted])")
    }
}

/// The personal data of an order: everything that erasure removes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonalData {
    /// The address that shipments go to; `None` if there is none or it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// How the customer can be reached; `None` if unknown or erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The provider's token for the payment method; `None` until the customer has chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_token: Option<PaymentToken>,
}

impl PersonalData {
    /// Returns whether it contains nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.shipping_address.is_none() && self.contact.is_none() && self.payment_token.is_none()
    }

    /// Returns this data, with each part replaced that `newer` has.
    #[must_use]
    pub fn overlaid(self, newer: Self) -> Self {
        Self {
            shipping_address: newer.shipping_address.or(self.shipping_address),
            contact: newer.contact.or(self.contact),
            payment_token: newer.payment_token.or(self.payment_token),
        }
    }
}
