//! Every command and every fact in several forms that fit, or nearly fit, an order.
//!
//! The two big matches have no arm for the rest: a new command or fact does not compile until
//! somebody has said here which forms of it are tried.

mod commands;
mod facts;

pub use commands::commands;
pub use facts::facts;

use order_core::command::{ImportOrder, NewLine, PlaceOrder};
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{Metadata, Order, OrderStatus, Tracking};
use order_core::testing::builders::{
    address, at, contact, customer, noon, order_id, priced, token, units,
};
use order_core::time::Timestamp;
use order_core::value::{ExternalReference, FulfillmentNo, StorefrontId};

/// More than any order has of anything.
const NONE_SUCH: u32 = 9;

/// A wish to place an order of two units of `abc` at 10.00, with a payment method.
#[must_use]
pub fn place_order(lines: Vec<NewLine>) -> PlaceOrder {
    PlaceOrder {
        id: order_id(1),
        storefront: StorefrontId::default(),
        customer_id: customer("cus_1"),
        currency: None,
        lines,
        adjustments: Vec::new(),
        personal: order_core::order::PersonalData {
            shipping_address: Some(address()),
            contact: Some(contact()),
            payment_token: Some(token("tok_visa")),
        },
        metadata: Metadata::default(),
    }
}

/// A wish to import such an order.
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
    ImportOrder {
        order: place_order(vec![priced("abc", 2, 1_000)]),
        reference: ExternalReference::parse("old-1").expect("a reference"),
        placed_at: noon(),
        status,
        delivered: shipped.clone(),
        shipped,
        cancelled,
        captured: Amount::new(captured),
        refunded: Amount::ZERO,
    }
}

/// When a fact or command happens to an order: the instant of its last event, or its deadline for
/// the fact that the deadline has passed.
#[must_use]
pub fn instant(order: &Order, fact: Option<&Fact>) -> Timestamp {
    match fact {
        Some(Fact::DeadlinePassed) => order.deadline().unwrap_or(order.updated_at()),
        _ => order.updated_at().max(at(0)),
    }
}

fn tracking() -> Tracking {
    Tracking::new("dhl".parse().ok(), "T1".parse().ok(), None)
}

fn fulfillments(order: &Order) -> impl Iterator<Item = FulfillmentNo> {
    order
        .fulfillments()
        .iter()
        .map(|one| one.no)
        .chain([FulfillmentNo::new(NONE_SUCH)])
}
