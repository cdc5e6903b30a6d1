//! Addresses and contacts.

use super::{Faults, Wire};
use order_core::order::{Address, Contact};
use order_core::value::{CountryCode, Label};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a shipment goes.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Address)]
pub(crate) struct AddressWire {
    /// Who receives it.
    #[schema(example = "Ada")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Street and number.
    #[schema(required = true, value_type = String, max_length = 200, example = "1 Main St")]
    #[serde(default)]
    line1: Option<String>,
    /// Anything that does not fit the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line2: Option<String>,
    /// Town.
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
    /// Country, ISO 3166-1 alpha-2.
    #[schema(required = true, value_type = String, pattern = "^[A-Z]{2}$", example = "AU")]
    #[serde(default)]
    country: Option<String>,
}

impl Wire for AddressWire {
    type Core = Address;

    fn read(self, faults: &mut Faults) -> Option<Address> {
        let name = faults.optional("name", self.name, Label::parse);
        let line1 = faults.required("line1", self.line1, Label::parse);
        let line2 = faults.optional("line2", self.line2, Label::parse);
        let city = faults.required("city", self.city, Label::parse);
        let region = faults.optional("region", self.region, Label::parse);
        let postal_code = faults.optional("postal_code", self.postal_code, Label::parse);
        let country = faults.required("country", self.country, CountryCode::parse);
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

impl From<&Address> for AddressWire {
    fn from(address: &Address) -> Self {
        let text = |label: &Option<Label>| label.clone().map(String::from);
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

/// How a customer is reached.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Contact)]
pub(crate) struct ContactWire {
    /// E-mail address.
    #[schema(example = "ada@example.com")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
}

impl Wire for ContactWire {
    type Core = Contact;

    fn read(self, faults: &mut Faults) -> Option<Contact> {
        let email = faults.optional("email", self.email, Label::parse);
        let phone = faults.optional("phone", self.phone, Label::parse);
        faults.check("email", Contact::new(email?, phone?))
    }
}

impl From<&Contact> for ContactWire {
    fn from(contact: &Contact) -> Self {
        Self {
            email: contact.email.clone().map(String::from),
            phone: contact.phone.clone().map(String::from),
        }
    }
}
