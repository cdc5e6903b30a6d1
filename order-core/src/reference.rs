//! [`Reference`]: the id of a part of an order at an external service.
//!
//! A reference consists of the order's id and a number within the order; that of the first reservation
//! may be the id of the request that placed the order. It is the same on every attempt, so that a
//! service can tell a retry from a new request. It contains no personal data.
//!
//! ```
//! use order_core::reference::Reference;
//! use order_core::value::{PaymentAttemptNo, OrderId};
//!
//! let order = OrderId::parse("01970000-0000-7000-8000-000000000001")?;
//! let reference = Reference::Attempt(order, PaymentAttemptNo::FIRST);
//! assert_eq!(reference.to_string(), "01970000-0000-7000-8000-000000000001-p1");
//! assert_eq!(reference.to_string().parse(), Ok(reference));
//! # Ok::<(), order_core::value::InvalidValue>(())
//! ```

use crate::value::{
    CaptureNo, FulfillmentNo, InvalidReason, InvalidValue, OrderId, PaymentAttemptNo, PlacementId,
    RefundNo, ReservationNo,
};
use std::fmt;
use std::str::FromStr;

/// The id of a part of an order at an external service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reference {
    /// A reservation, at the inventory service.
    Reservation(OrderId, ReservationNo),
    /// The first reservation of an order, asked for before the order is stored, at the inventory
    /// service. It is the id of the request to place the order, since each attempt of the request
    /// has another order id.
    Placement(PlacementId),
    /// A payment attempt, at the payment provider.
    Attempt(OrderId, PaymentAttemptNo),
    /// A capture of a payment attempt, at the payment provider.
    Capture(OrderId, PaymentAttemptNo, CaptureNo),
    /// A refund, at the payment provider.
    Refund(OrderId, RefundNo),
    /// A fulfillment, at the warehouse.
    Fulfillment(OrderId, FulfillmentNo),
}

impl Reference {
    /// Returns the order that it is a part of; `None` for a [`Placement`](Self::Placement).
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::Reservation(order, _)
            | Self::Attempt(order, _)
            | Self::Capture(order, _, _)
            | Self::Refund(order, _)
            | Self::Fulfillment(order, _) => Some(*order),
            Self::Placement(_) => None,
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reservation(order, no) => write!(f, "{order}-s{no}"),
            Self::Placement(placement) => write!(f, "{placement}-k"),
            Self::Attempt(order, no) => write!(f, "{order}-p{no}"),
            Self::Capture(order, attempt, no) => write!(f, "{order}-p{attempt}-c{no}"),
            Self::Refund(order, no) => write!(f, "{order}-r{no}"),
            Self::Fulfillment(order, no) => write!(f, "{order}-f{no}"),
        }
    }
}

impl FromStr for Reference {
    type Err = InvalidValue;

    /// Parses a reference that [`Display`](fmt::Display) wrote.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ID: usize = 36;
        let foreign = InvalidValue::new("reference", InvalidReason::NotAReference);
        let (order, part) = text
            .split_at_checked(ID)
            .and_then(|(order, part)| Some((order, part.strip_prefix('-')?)))
            .ok_or(foreign)?;
        if part == "k" {
            return PlacementId::parse(order)
                .map(Self::Placement)
                .map_err(|_| foreign);
        }
        let order = OrderId::parse(order).map_err(|_| foreign)?;
        let (kind, no) = part.split_at_checked(1).ok_or(foreign)?;
        match (kind, no.split_once("-c")) {
            ("s", None) => no.parse().map(|no| Self::Reservation(order, no)),
            ("p", None) => no.parse().map(|no| Self::Attempt(order, no)),
            ("p", Some((attempt, capture))) => match (attempt.parse(), capture.parse()) {
                (Ok(attempt), Ok(capture)) => Ok(Self::Capture(order, attempt, capture)),
                (Err(invalid), _) | (_, Err(invalid)) => Err(invalid),
            },
            ("r", None) => no.parse().map(|no| Self::Refund(order, no)),
            ("f", None) => no.parse().map(|no| Self::Fulfillment(order, no)),
            _ => Err(foreign),
        }
        .map_err(|_| foreign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_as_it_was_written() {
        let order = OrderId::parse("0197aaaa-0000-7000-8000-000000000001").unwrap();
        for (reference, tail) in [
            (Reference::Reservation(order, ReservationNo::new(1)), "s1"),
            (Reference::Attempt(order, PaymentAttemptNo::new(2)), "p2"),
            (
                Reference::Capture(order, PaymentAttemptNo::new(3), CaptureNo::new(4)),
                "p3-c4",
            ),
            (Reference::Refund(order, RefundNo::new(5)), "r5"),
            (Reference::Fulfillment(order, FulfillmentNo::new(6)), "f6"),
        ] {
            let written = reference.to_string();
            assert_eq!(written, format!("{order}-{tail}"));
            assert_eq!(written.parse::<Reference>().unwrap(), reference);
        }
        let placement = Reference::Placement(PlacementId::from_hash([7; 16]));
        assert_eq!(placement.to_string().parse(), Ok(placement));
        assert_eq!(placement.order(), None);
        for foreign in ["", "p1", &format!("{order}-p1-c"), &format!("{order}-x1")] {
            assert!(foreign.parse::<Reference>().is_err(), "{foreign}");
        }
    }
}
