//! Where an order stands: one stored status, three derived from its parts.

use super::{AttemptState, CaptureState, FulfillmentState, Order, ReservationState, ReturnState};

coded! {
    /// The stored status. No command sets it: events move it, by the transition table.
    pub enum OrderStatus as "order status" {
        /// Placed; customer or stock are not settled yet.
        Pending = "pending",
        /// Customer and stock are settled; what is due first is not paid yet.
        Confirmed = "confirmed",
        /// Released: it may be packed and shipped.
        Processing = "processing",
        /// Everything was delivered and paid.
        Completed = "completed",
        /// A cancel was accepted and is being carried out.
        Cancelling = "cancelling",
        /// Cancelled; nothing is kept.
        Cancelled = "cancelled",
        /// Refused for its customer or its stock.
        Rejected = "rejected",
        /// Its deadline passed before it was released.
        Expired = "expired",
    }
}

impl OrderStatus {
    /// Whether the order ended: completed, cancelled, rejected or expired.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Cancelled | Self::Rejected | Self::Expired => true,
            Self::Pending | Self::Confirmed | Self::Processing | Self::Cancelling => false,
        }
    }

    /// Whether the order will not go on: whatever is held for it is to be given back.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Cancelling | Self::Cancelled | Self::Rejected | Self::Expired => true,
            Self::Pending | Self::Confirmed | Self::Processing | Self::Completed => false,
        }
    }
}

coded! {
    /// What the payments and refunds add up to. Derived, by first match in this order.
    pub enum PaymentStatus as "payment status" {
        /// There is nothing to pay.
        NotRequired = "not_required",
        /// More was captured than is owed, and is not refunded yet.
        Overpaid = "overpaid",
        /// All that was captured went back.
        Refunded = "refunded",
        /// Part of what was captured went back.
        PartiallyRefunded = "partially_refunded",
        /// All that is owed was captured.
        Paid = "paid",
        /// Part of what is owed was captured.
        PartiallyPaid = "partially_paid",
        /// An attempt is under way, or its outcome unknown.
        Pending = "pending",
        /// Authorized, not captured.
        Authorized = "authorized",
        /// The last attempt was declined or failed.
        Failed = "failed",
        /// The last authorization was voided or expired.
        Voided = "voided",
        /// Nothing was paid or tried.
        Unpaid = "unpaid",
    }
}

coded! {
    /// What the fulfillments and the reservation add up to. Derived.
    pub enum FulfillmentStatus as "fulfillment status" {
        /// No stock is set aside.
        Unallocated = "unallocated",
        /// Stock is set aside.
        Allocated = "allocated",
        /// The warehouse was asked.
        Released = "released",
        /// Some units have left.
        PartiallyShipped = "partially_shipped",
        /// All units have left.
        Shipped = "shipped",
        /// Some units have arrived.
        PartiallyDelivered = "partially_delivered",
        /// All units have arrived.
        Delivered = "delivered",
        /// Nothing will be shipped.
        Cancelled = "cancelled",
    }
}

coded! {
    /// What the returns add up to. Derived.
    pub enum ReturnStatus as "return status" {
        /// Nothing comes back.
        None = "none",
        /// A return is open.
        Requested = "requested",
        /// Some of what was shipped came back.
        PartiallyReturned = "partially_returned",
        /// All that was shipped came back.
        Returned = "returned",
    }
}

impl Order {
    /// What its payments and refunds add up to.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        let ledger = self.ledger();
        let in_doubt = self.has_open_attempt()
            || self
                .payments
                .iter()
                .flat_map(|attempt| &attempt.captures)
                .any(|capture| capture.state == CaptureState::Unknown);
        if ledger.captured > 0 {
            let kept = ledger.captured - ledger.refunded;
            return if kept - ledger.refunding > ledger.owed {
                PaymentStatus::Overpaid
            } else if kept <= 0 {
                PaymentStatus::Refunded
            } else if ledger.refunded > 0 {
                PaymentStatus::PartiallyRefunded
            } else if kept >= ledger.owed {
                PaymentStatus::Paid
            } else {
                PaymentStatus::PartiallyPaid
            };
        }
        if in_doubt {
            return PaymentStatus::Pending;
        }
        if ledger.authorized > 0 {
            return PaymentStatus::Authorized;
        }
        if ledger.owed == 0 && self.payments.is_empty() && !self.status.is_closed() {
            return PaymentStatus::NotRequired;
        }
        match self.payments.last().map(|attempt| attempt.state) {
            Some(AttemptState::Declined) => PaymentStatus::Failed,
            Some(AttemptState::Voided | AttemptState::Expired) => PaymentStatus::Voided,
            Some(
                AttemptState::Created
                | AttemptState::Dispatched
                | AttemptState::RequiresAction
                | AttemptState::Unknown
                | AttemptState::Authorized
                | AttemptState::Captured,
            )
            | None => PaymentStatus::Unpaid,
        }
    }

    /// What its fulfillments and its reservation add up to.
    #[must_use]
    pub fn fulfillment_status(&self) -> FulfillmentStatus {
        let units = |of: fn(&super::Line) -> u32| {
            self.lines
                .iter()
                .map(|line| u64::from(of(line)))
                .sum::<u64>()
        };
        let (active, shipped, delivered) = (
            units(super::Line::active),
            units(|line| line.shipped),
            units(|line| line.delivered),
        );
        if delivered > 0 {
            return if delivered >= active {
                FulfillmentStatus::Delivered
            } else {
                FulfillmentStatus::PartiallyDelivered
            };
        }
        if shipped > 0 {
            return if shipped >= active {
                FulfillmentStatus::Shipped
            } else {
                FulfillmentStatus::PartiallyShipped
            };
        }
        if self.status.is_closed() || active == 0 {
            return FulfillmentStatus::Cancelled;
        }
        if self
            .fulfillments
            .iter()
            .any(|one| one.state == FulfillmentState::Released)
        {
            return FulfillmentStatus::Released;
        }
        match self.reservation.as_ref().map(|held| held.state) {
            Some(ReservationState::Held | ReservationState::Committed) => {
                FulfillmentStatus::Allocated
            }
            Some(
                ReservationState::Requested
                | ReservationState::Rejected
                | ReservationState::Released
                | ReservationState::Expired,
            )
            | None => FulfillmentStatus::Unallocated,
        }
    }

    /// What its returns add up to.
    #[must_use]
    pub fn return_status(&self) -> ReturnStatus {
        let (mut returned, mut shipped) = (0_u64, 0_u64);
        for line in &self.lines {
            returned += u64::from(line.returned);
            shipped += u64::from(line.shipped);
        }
        if returned > 0 {
            return if returned >= shipped {
                ReturnStatus::Returned
            } else {
                ReturnStatus::PartiallyReturned
            };
        }
        let open = self.returns.iter().any(|one| match one.state {
            ReturnState::Requested | ReturnState::Approved | ReturnState::Received => true,
            ReturnState::Closed | ReturnState::Rejected | ReturnState::Cancelled => false,
        });
        if open {
            ReturnStatus::Requested
        } else {
            ReturnStatus::None
        }
    }
}
