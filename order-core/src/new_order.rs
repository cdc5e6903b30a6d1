//! An order as requested: shared by the request, the command and the payload of the placed event.
//!
//! Prices and names that are left out are quoted by the inventory service. There is no rule here:
//! what is allowed is in [`decide`](mod@crate::decide).

use crate::money::{Amount, Currency};
use crate::order::{Adjustment, Metadata, PersonalData};
use crate::value::{CustomerId, ProductName, Quantity, Sku};

/// The content of an order: customer, lines, adjustments, personal data and metadata.
///
/// ```
/// use order_core::new_order::{NewLine, NewOrder};
/// use order_core::value::{CustomerId, Quantity, Sku};
///
/// let line = NewLine::new(Sku::parse("TEA-GREEN-250G")?, Quantity::new(2)?);
/// let mut order = NewOrder::new(CustomerId::parse("ada")?, vec![line]);
/// order.personal.payment_token = Some("tok_visa".parse()?);
/// # Ok::<(), order_core::value::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewOrder {
    /// The customer who orders.
    pub customer_id: CustomerId,
    /// Currency of every amount; absent: the storefront's.
    pub currency: Option<Currency>,
    /// Lines, at least one.
    pub lines: Vec<NewLine>,
    /// Shipping, tax, discounts and fees. An adjustment of one line names it by its position, from 1.
    pub adjustments: Vec<Adjustment>,
    /// Shipping address, contact and payment token.
    pub personal: PersonalData,
    /// The caller's own data.
    pub metadata: Metadata,
}

impl NewOrder {
    /// Makes an order of these lines for this customer, in the storefront's currency.
    #[must_use]
    pub fn new(customer_id: CustomerId, lines: Vec<NewLine>) -> Self {
        Self {
            customer_id,
            currency: None,
            lines,
            adjustments: Vec::new(),
            personal: PersonalData::default(),
            metadata: Metadata::default(),
        }
    }
}

/// A line as requested.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewLine {
    /// The product.
    pub sku: Sku,
    /// Units ordered.
    pub quantity: Quantity,
    /// Agreed price of one unit, in minor units; absent: what the inventory service quotes.
    pub unit_price: Option<Amount>,
    /// Name of the product; absent: what the inventory service says.
    pub name: Option<ProductName>,
}

impl NewLine {
    /// Makes a line of one product at the price that the inventory service quotes.
    #[must_use]
    pub const fn new(sku: Sku, quantity: Quantity) -> Self {
        Self {
            sku,
            quantity,
            unit_price: None,
            name: None,
        }
    }

    /// Returns the line with an agreed price of one unit, in minor units.
    #[must_use]
    pub fn at(self, unit_price: Amount) -> Self {
        Self {
            unit_price: Some(unit_price),
            ..self
        }
    }
}
