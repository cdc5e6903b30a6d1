//! Requests and commands that begin an order.

use super::{
    address, contact, customer, idempotency, noon, order_id, priced, storefront, token, units,
};
use order_core::command::{ImportOrder, PlaceOrder};
use order_core::event::Actor;
use order_core::money::{Amount, Currency};
use order_core::new_order::{NewLine, NewOrder};
use order_core::order::{Adjustment, OrderStatus, PersonalData};
use order_core::ports::PlaceOrderRequest;
use order_core::value::{ExternalReference, StorefrontId};

/// Returns a builder of a request to place an order: by `cus_1` at the default storefront, shipped to
/// [`address`], paid with `tok_visa`; two units of `abc` at 19.99 USD unless lines are added.
///
/// ```
/// use order_testing::builders::{place, priced};
///
/// let place = place().line(priced("tea", 3, 500)).token("tok_declined").build();
/// assert_eq!(place.order.lines.len(), 1);
/// ```
///
/// # Panics
/// Never.
pub fn place() -> PlaceBuilder {
    let mut order = NewOrder::new(customer("cus_1"), Vec::new());
    order.personal = PersonalData {
        shipping_address: Some(address()),
        contact: Some(contact()),
        payment_token: Some(token("tok_visa")),
    };
    PlaceBuilder(PlaceOrderRequest::new(StorefrontId::default(), order))
}

/// Builds a request to place an order. See [`place`].
#[derive(Debug, Clone)]
#[must_use]
pub struct PlaceBuilder(PlaceOrderRequest);

impl PlaceBuilder {
    /// Sets the storefront.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn storefront(mut self, text: &str) -> Self {
        self.0.storefront = storefront(text);
        self
    }

    /// Sets the customer.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn customer(mut self, text: &str) -> Self {
        self.0.order.customer_id = customer(text);
        self
    }

    /// Adds a line.
    pub fn line(mut self, line: NewLine) -> Self {
        self.0.order.lines.push(line);
        self
    }

    /// Sets the currency.
    pub fn currency(mut self, currency: Currency) -> Self {
        self.0.order.currency = Some(currency);
        self
    }

    /// Adds an adjustment.
    pub fn adjustment(mut self, adjustment: Adjustment) -> Self {
        self.0.order.adjustments.push(adjustment);
        self
    }

    /// Sets the payment token.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn token(mut self, text: &str) -> Self {
        self.0.order.personal.payment_token = Some(token(text));
        self
    }

    /// Removes the payment token.
    pub fn without_token(mut self) -> Self {
        self.0.order.personal.payment_token = None;
        self
    }

    /// Removes all personal data: address, contact and payment token.
    pub fn without_personal(mut self) -> Self {
        self.0.order.personal = PersonalData::default();
        self
    }

    /// Sets the actor.
    pub fn actor(mut self, actor: Actor) -> Self {
        self.0.actor = actor;
        self
    }

    /// Sets the idempotency key, of the operation `place`.
    ///
    /// # Panics
    /// If the literal is not valid.
    pub fn key(mut self, key: &str) -> Self {
        self.0.idempotency = Some(idempotency("place", key));
        self
    }

    /// Returns the request.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn build(mut self) -> PlaceOrderRequest {
        if self.0.order.lines.is_empty() {
            self.0.order.lines.push(priced("abc", 2, 1_999));
        }
        self.0
    }
}

/// Returns a command to place an order of these lines, with the id [`order_id`] of 1; everything else is
/// as in [`place`].
///
/// # Panics
/// Never.
#[must_use]
pub fn place_order(lines: Vec<NewLine>) -> PlaceOrder {
    let PlaceOrderRequest {
        storefront,
        mut order,
        ..
    } = place().build();
    order.lines = lines;
    PlaceOrder::new(order_id(1), storefront, order)
}

/// Returns a command to import an order of two units of `abc` at 10.00 with this status: a
/// completed order is delivered and paid, one closed earlier has all its units cancelled.
///
/// # Panics
/// Never.
#[must_use]
pub fn import_order(status: OrderStatus) -> ImportOrder {
    let all = vec![units("abc", 2)];
    let (shipped, cancelled, captured) = match status {
        OrderStatus::Completed => (all, Vec::new(), 2_000),
        OrderStatus::Cancelled | OrderStatus::Rejected | OrderStatus::Expired => {
            (Vec::new(), all, 0)
        }
        OrderStatus::Pending
        | OrderStatus::Confirmed
        | OrderStatus::Processing
        | OrderStatus::Cancelling => (Vec::new(), Vec::new(), 0),
    };
    let mut import = ImportOrder::new(
        place_order(vec![priced("abc", 2, 1_000)]),
        super::literal(ExternalReference::parse("old-1")),
        noon(),
        status,
    );
    import.delivered.clone_from(&shipped);
    import.shipped = shipped;
    import.cancelled = cancelled;
    import.captured = Amount::new(captured);
    import
}
