//! Addresses and contacts, as they are read and written.

use super::validation::{RequestBody, ValidationErrors};
use order_core::order::{Address, Contact};
use order_core::value::{CountryCode, Email, Phone, ShortText};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A shipping address.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Address)]
pub(crate) struct AddressDto {
    /// The recipient.
    #[schema(example = "Ada")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Street and number.
    #[schema(required = true, value_type = String, max_length = 200, example = "1 Main St")]
    #[serde(default)]
    line1: Option<String>,
    /// Apartment, building or company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    /// City or town.
    #[schema(required = true, value_type = String, max_length = 200, example = "Sydney")]
    #[serde(default)]
    city: Option<String>,
    /// State, province or prefecture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Postal code; some countries have none.
    #[schema(example = "2000")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(required = true, value_type = String, pattern = "^[A-Z]{2}$", example = "AU")]
    #[serde(default)]
    country: Option<String>,
}

impl RequestBody for AddressDto {
    type Core = Address;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Address> {
        let name = errors.optional("name", self.name, ShortText::parse);
        let line1 = errors.required("line1", self.line1, ShortText::parse);
        let line2 = errors.optional("line2", self.line2, ShortText::parse);
        let city = errors.required("city", self.city, ShortText::parse);
        let region = errors.optional("region", self.region, ShortText::parse);
        let postal_code = errors.optional("postal_code", self.postal_code, ShortText::parse);
        let country = errors.required("country", self.country, CountryCode::parse);
        Some(Address {
            name: name?,
            line1: line1?,
            line2: line2?,
            city: city?,
            region: region?,
            postal_code: postal_code?,
            country: country?,
        })
    }
}

impl From<&Address> for AddressDto {
    fn from(address: &Address) -> Self {
        let text = |text: &Option<ShortText>| text.clone().map(String::from);
        Self {
            name: text(&address.name),
            line1: Some(address.line1.to_string()),
            line2: text(&address.line2),
            city: Some(address.city.to_string()),
            region: text(&address.region),
            postal_code: text(&address.postal_code),
            country: Some(address.country.to_string()),
        }
    }
}

/// How to reach a customer.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Contact)]
pub(crate) struct ContactDto {
    #[schema(example = "ada@example.com")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl RequestBody for ContactDto {
    type Core = Contact;

    fn parse(self, errors: &mut ValidationErrors) -> Option<Contact> {
        let email = errors.optional("email", self.email, Email::parse);
        let phone = errors.optional("phone", self.phone, Phone::parse);
        Some(Contact::new(email?, phone?))
    }
}

impl From<&Contact> for ContactDto {
    fn from(contact: &Contact) -> Self {
        Self {
            email: contact.email.clone().map(String::from),
            phone: contact.phone.clone().map(String::from),
        }
    }
}
