//! The body of `POST /v1/orders`.

use super::address::{AddressWire, ContactWire};
use super::lines::{AdjustmentWire, NewLineWire};
use super::{Faults, Object, Wire};
use order_core::command::NewLine;
use order_core::money::Currency;
use order_core::order::{Adjustment, Metadata, PersonalData};
use order_core::value::{CustomerId, PaymentToken};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What pays for an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PaymentMethod)]
pub(crate) struct PaymentMethodWire {
    /// What the payment provider knows the payment method by. Never shown again.
    #[schema(required = true, value_type = String, max_length = 255, example = "tok_visa")]
    #[serde(default)]
    token: Option<String>,
}

impl Wire for PaymentMethodWire {
    type Core = PaymentToken;

    fn read(self, faults: &mut Faults) -> Option<PaymentToken> {
        faults.required("token", self.token, PaymentToken::parse)
    }
}

/// A wish to place an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceOrder, example = json!({
    "customer_id": "cus_123", "currency": "USD",
    "lines": [{"sku": "abc123", "quantity": 2, "unit_price": 1999}],
    "adjustments": [{"kind": "shipping", "amount": 500, "label": "Standard"}],
    "shipping_address": {"name": "Ada", "line1": "1 Main St", "city": "Sydney",
                         "postal_code": "2000", "country": "AU"},
    "contact": {"email": "ada@example.com"},
    "payment": {"token": "tok_visa"},
    "metadata": {"channel": "web"}
}))]
pub(crate) struct PlaceWire {
    /// Who orders.
    #[schema(required = true, value_type = String, max_length = 128)]
    #[serde(default)]
    customer_id: Option<String>,
    /// ISO 4217; none: the storefront's.
    #[schema(pattern = "^[A-Z]{3}$")]
    #[serde(default)]
    currency: Option<String>,
    /// What is ordered.
    #[schema(required = true, value_type = Vec<NewLineWire>, min_items = 1, max_items = 500)]
    #[serde(default)]
    lines: Option<Vec<Object<NewLineWire>>>,
    /// Shipping, tax, discounts and fees.
    #[schema(value_type = Option<Vec<AdjustmentWire>>)]
    #[serde(default)]
    adjustments: Option<Vec<Object<AdjustmentWire>>>,
    /// Where it goes.
    #[schema(value_type = Option<AddressWire>)]
    #[serde(default)]
    shipping_address: Option<Object<AddressWire>>,
    /// How the customer is reached.
    #[schema(value_type = Option<ContactWire>)]
    #[serde(default)]
    contact: Option<Object<ContactWire>>,
    /// What pays for it; without it the order waits, confirmed and unpaid.
    #[schema(value_type = Option<PaymentMethodWire>)]
    #[serde(default)]
    payment: Option<Object<PaymentMethodWire>>,
    /// The caller's own data: at most 50 entries and 16 KiB.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

/// An order as it is asked for.
pub(crate) struct Wish {
    pub(crate) customer_id: CustomerId,
    pub(crate) currency: Option<Currency>,
    pub(crate) lines: Vec<NewLine>,
    pub(crate) adjustments: Vec<Adjustment>,
    pub(crate) personal: PersonalData,
    pub(crate) metadata: Metadata,
}

impl Wire for PlaceWire {
    type Core = Wish;

    fn read(self, faults: &mut Faults) -> Option<Wish> {
        let customer_id = faults.required("customer_id", self.customer_id, CustomerId::parse);
        let currency = faults.optional("currency", self.currency, Currency::try_from);
        let lines = faults.each_required("lines", self.lines);
        let adjustments = faults.each("adjustments", self.adjustments.unwrap_or_default());
        let shipping_address = faults.within_optional("shipping_address", self.shipping_address);
        let contact = faults.within_optional("contact", self.contact);
        let payment_token = faults.within_optional("payment", self.payment);
        let metadata = faults.check("metadata", Metadata::new(self.metadata.unwrap_or_default()));
        Some(Wish {
            customer_id: customer_id?,
            currency: currency?,
            lines: lines?,
            adjustments: adjustments?,
            personal: PersonalData {
                shipping_address: shipping_address?,
                contact: contact?,
                payment_token: payment_token?,
            },
            metadata: metadata?,
        })
    }
}
