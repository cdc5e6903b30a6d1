//! The four statuses of an order: one is stored, three are derived from its parts.

use super::{CaptureStatus, Order, PaymentAttemptStatus, ReservationStatus, ShipmentStatus};

string_enum! {
    /// The stored status. No command sets it: events change it, by the transition table.
    pub enum OrderStatus as "order status" {
        /// Placed; customer or stock not confirmed yet.
        Pending = "pending",
        /// Customer and stock are confirmed; the payment due before release is missing.
        Confirmed = "confirmed",
        /// Released: may be packed and shipped.
        Processing = "processing",
        /// Everything was delivered and paid.
        Completed = "completed",
        /// A cancel was accepted; its compensation is in progress.
        Cancelling = "cancelling",
        /// Cancelled, and everything compensated.
        Cancelled = "cancelled",
        /// Rejected because of its customer, its stock, its prices or an outage.
        Rejected = "rejected",
        /// The deadline passed before release.
        Expired = "expired",
    }
}

impl OrderStatus {
    /// Returns whether the order ended: completed, cancelled, rejected or expired.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Completed | Self::Cancelled | Self::Rejected | Self::Expired => true,
            Self::Pending | Self::Confirmed | Self::Processing | Self::Cancelling => false,
        }
    }

    /// Returns whether the order will not be fulfilled (cancelling, cancelled, rejected or expired),
    /// so that its money is refunded and its stock released.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Cancelling | Self::Cancelled | Self::Rejected | Self::Expired => true,
            Self::Pending | Self::Confirmed | Self::Processing | Self::Completed => false,
        }
    }
}

string_enum! {
    /// The status of all payments and refunds together. Derived, by first match in this order.
    pub enum PaymentStatus as "payment status" {
        /// Nothing is owed.
        NotRequired = "not_required",
        /// More was captured than is owed, and the excess is not being refunded.
        Overpaid = "overpaid",
        /// Everything captured was refunded.
        Refunded = "refunded",
        /// Part of what was captured was refunded.
        PartiallyRefunded = "partially_refunded",
        /// Everything owed was captured.
        Paid = "paid",
        /// Part of what is owed was captured.
        PartiallyPaid = "partially_paid",
        /// The outcome of an attempt or a capture is open.
        Pending = "pending",
        /// Authorized, nothing captured.
        Authorized = "authorized",
        /// The last attempt was declined.
        Failed = "failed",
        /// The last authorization was voided or expired.
        Voided = "voided",
        /// Nothing was paid, and no attempt is open.
        Unpaid = "unpaid",
    }
}

string_enum! {
    /// The status of all fulfillments and the reservation together. Derived.
    pub enum FulfillmentStatus as "fulfillment status" {
        /// No stock is reserved.
        Unallocated = "unallocated",
        /// Stock is reserved or committed.
        Allocated = "allocated",
        /// Requested from the warehouse.
        Released = "released",
        /// Some units have shipped.
        PartiallyShipped = "partially_shipped",
        /// All units have shipped.
        Shipped = "shipped",
        /// Some units were delivered.
        PartiallyDelivered = "partially_delivered",
        /// All units were delivered.
        Delivered = "delivered",
        /// Nothing will be shipped.
        Cancelled = "cancelled",
    }
}

string_enum! {
    /// The status of all returns together. Derived.
    pub enum ReturnStatus as "return status" {
        /// There is no return, or none that is open.
        None = "none",
        /// A return is open.
        Requested = "requested",
        /// Some of the shipped units were returned.
        PartiallyReturned = "partially_returned",
        /// All shipped units were returned.
        Returned = "returned",
    }
}

impl Order {
    /// Derives the payment status.
    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        let balance = self.balance();
        let in_doubt = self.has_open_attempt()
            || self
                .payments
                .iter()
                .flat_map(|attempt| &attempt.captures)
                .any(|capture| capture.status == CaptureStatus::Unknown);
        if balance.captured > 0 {
            let unrefunded = balance.captured - balance.refunded;
            return if unrefunded - balance.refunds_pending > balance.owed {
                PaymentStatus::Overpaid
            } else if unrefunded <= 0 {
                PaymentStatus::Refunded
            } else if balance.refunded > 0 {
                PaymentStatus::PartiallyRefunded
            } else if unrefunded >= balance.owed {
                PaymentStatus::Paid
            } else {
                PaymentStatus::PartiallyPaid
            };
        }
        if in_doubt {
            return PaymentStatus::Pending;
        }
        if balance.authorized > 0 {
            return PaymentStatus::Authorized;
        }
        if balance.owed == 0 && self.payments.is_empty() && !self.status.is_closed() {
            return PaymentStatus::NotRequired;
        }
        match self.payments.last().map(|attempt| attempt.status) {
            Some(PaymentAttemptStatus::Declined) => PaymentStatus::Failed,
            Some(PaymentAttemptStatus::Voided | PaymentAttemptStatus::Expired) => {
                PaymentStatus::Voided
            }
            Some(
                PaymentAttemptStatus::Created
                | PaymentAttemptStatus::Dispatched
                | PaymentAttemptStatus::RequiresAction
                | PaymentAttemptStatus::Unknown
                | PaymentAttemptStatus::Authorized
                | PaymentAttemptStatus::Captured,
            )
            | None => PaymentStatus::Unpaid,
        }
    }

    /// Derives the fulfillment status.
    #[must_use]
    pub fn fulfillment_status(&self) -> FulfillmentStatus {
        let units = |of: fn(&super::OrderLine) -> u32| {
            self.lines
                .iter()
                .map(|line| u64::from(of(line)))
                .sum::<u64>()
        };
        let (remaining, shipped, delivered) = (
            units(super::OrderLine::remaining),
            units(|line| line.shipped),
            units(|line| line.delivered),
        );
        if delivered > 0 {
            return if delivered >= remaining {
                FulfillmentStatus::Delivered
            } else {
                FulfillmentStatus::PartiallyDelivered
            };
        }
        if shipped > 0 {
            return if shipped >= remaining {
                FulfillmentStatus::Shipped
            } else {
                FulfillmentStatus::PartiallyShipped
            };
        }
        if self.status.is_closed() || remaining == 0 {
            return FulfillmentStatus::Cancelled;
        }
        if self
            .fulfillments
            .iter()
            .any(|one| one.status == ShipmentStatus::Released)
        {
            return FulfillmentStatus::Released;
        }
        match self.reservation.as_ref().map(|held| held.status) {
            Some(ReservationStatus::Held | ReservationStatus::Committed) => {
                FulfillmentStatus::Allocated
            }
            Some(
                ReservationStatus::Requested
                | ReservationStatus::Rejected
                | ReservationStatus::Released
                | ReservationStatus::Expired,
            )
            | None => FulfillmentStatus::Unallocated,
        }
    }

    /// Derives the return status.
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
        if self.has_open_return() {
            ReturnStatus::Requested
        } else {
            ReturnStatus::None
        }
    }
}
