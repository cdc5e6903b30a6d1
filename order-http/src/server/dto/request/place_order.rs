//! The body of `POST /v1/orders`.

use super::lines::NewLineBody;
use super::payments::PaymentMethodBody;
use crate::server::dto::address::{AddressDto, ContactDto};
use crate::server::dto::adjustment::AdjustmentDto;
use crate::server::dto::json_object::JsonObject;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::money::Currency;
use order_core::new_order::NewOrder;
use order_core::order::{Metadata, PersonalData};
use order_core::value::CustomerId;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A new order.
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
pub(crate) struct PlaceOrderBody {
    #[schema(required = true, value_type = String, max_length = 128)]
    #[serde(default)]
    customer_id: Option<String>,
    /// ISO 4217; absent for the storefront's default.
    #[schema(pattern = "^[A-Z]{3}$")]
    #[serde(default)]
    currency: Option<String>,
    #[schema(required = true, value_type = Vec<NewLineBody>, min_items = 1, max_items = 500)]
    #[serde(default)]
    lines: Option<Vec<JsonObject<NewLineBody>>>,
    /// Shipping, tax, discounts and fees.
    #[schema(value_type = Option<Vec<AdjustmentDto>>)]
    #[serde(default)]
    adjustments: Option<Vec<JsonObject<AdjustmentDto>>>,
    #[schema(value_type = Option<AddressDto>)]
    #[serde(default)]
    shipping_address: Option<JsonObject<AddressDto>>,
    #[schema(value_type = Option<ContactDto>)]
    #[serde(default)]
    contact: Option<JsonObject<ContactDto>>,
    /// The payment method; without one the order is confirmed unpaid, and waits for a payment.
    #[schema(value_type = Option<PaymentMethodBody>)]
    #[serde(default)]
    payment: Option<JsonObject<PaymentMethodBody>>,
    /// The caller's own data: at most 50 entries and 16 KiB.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
}

impl RequestBody for PlaceOrderBody {
    /// Who places the order, where and under which idempotency key is not in the body.
    type Core = NewOrder;

    fn parse(self, errors: &mut ValidationErrors) -> Option<NewOrder> {
        let customer_id = errors.required("customer_id", self.customer_id, CustomerId::parse);
        let currency = errors.optional("currency", self.currency, Currency::try_from);
        let lines = errors.required_list("lines", self.lines);
        let adjustments = errors.list("adjustments", self.adjustments.unwrap_or_default());
        let shipping_address = errors.optional_object("shipping_address", self.shipping_address);
        let contact = errors.optional_object("contact", self.contact);
        let payment_token = errors.optional_object("payment", self.payment);
        let metadata = errors.check("metadata", Metadata::new(self.metadata.unwrap_or_default()));
        let mut order = NewOrder::new(customer_id?, lines?);
        order.currency = currency?;
        order.adjustments = adjustments?;
        order.personal = PersonalData {
            shipping_address: shipping_address?,
            contact: contact?,
            payment_token: payment_token?,
        };
        order.metadata = metadata?;
        Some(order)
    }
}
