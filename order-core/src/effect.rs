//! Effects: the work that an event causes at external services.
//!
//! An [`Effect`] is stored in the same commit as the event that caused it (transactional outbox) and
//! carried out later, at least once, by whichever worker leases it. Its id is the idempotency key and
//! the same at every attempt. This module never carries anything out.

use crate::dependency::Dependency;
use crate::event::{Event, EventPayload};
use crate::order::{Order, SkuQuantity};
use crate::value::{
    CaptureNo, Code, FulfillmentNo, OrderId, PaymentAttemptNo, RefundNo, ReservationNo,
    StorefrontId, Version,
};
use serde::{Deserialize, Serialize};
use std::fmt;

string_enum! {
    /// The subject of a message to the customer.
    pub enum NotificationKind as "notification kind" {
        /// The order is confirmed.
        OrderConfirmed = "order_confirmed",
        /// The order was rejected.
        OrderRejected = "order_rejected",
        /// The order expired.
        OrderExpired = "order_expired",
        /// The order is cancelled.
        OrderCancelled = "order_cancelled",
        /// Some units were cancelled.
        LinesCancelled = "lines_cancelled",
        /// A payment was declined.
        PaymentDeclined = "payment_declined",
        /// The customer has to act, such as by confirming the payment with the bank.
        PaymentActionRequired = "payment_action_required",
        /// A fulfillment was shipped.
        Shipped = "shipped",
        /// A fulfillment was delivered.
        Delivered = "delivered",
        /// An amount was refunded.
        Refunded = "refunded",
        /// A return was approved.
        ReturnApproved = "return_approved",
        /// A return was rejected.
        ReturnRejected = "return_rejected",
    }
}

/// The kind of work, with the part of the order that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectKind {
    /// Fetch prices and names of the products.
    QuotePrices,
    /// Check that the customer exists and may order.
    VerifyCustomer,
    /// Reserve stock.
    ReserveStock {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units to reserve.
        lines: Vec<SkuQuantity>,
    },
    /// Change the units of a reservation.
    ReviseStock {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units that the reservation is to have.
        lines: Vec<SkuQuantity>,
    },
    /// Extend a reservation.
    ExtendStock {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// Deduct the reserved units from stock for good (stock commit).
    CommitStock {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// Release the units of a reservation.
    ReleaseStock {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// Authorize a payment, or capture it at once.
    AuthorizePayment {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// Capture an authorized amount.
    CapturePayment {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
    },
    /// Void the uncaptured rest of an authorization.
    VoidPayment {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// Refund a captured amount.
    RefundPayment {
        /// Number of the refund.
        refund: RefundNo,
    },
    /// Request a fulfillment from the warehouse.
    RequestFulfillment {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Recall a fulfillment from the warehouse.
    RecallFulfillment {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Send a message to the customer.
    Notify {
        /// The subject of the message.
        #[serde(rename = "notice")]
        notification: NotificationKind,
    },
}

impl EffectKind {
    /// Returns the stable name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::QuotePrices => "quote_prices",
            Self::VerifyCustomer => "verify_customer",
            Self::ReserveStock { .. } => "reserve_stock",
            Self::ReviseStock { .. } => "revise_stock",
            Self::ExtendStock { .. } => "extend_stock",
            Self::CommitStock { .. } => "commit_stock",
            Self::ReleaseStock { .. } => "release_stock",
            Self::AuthorizePayment { .. } => "authorize_payment",
            Self::CapturePayment { .. } => "capture_payment",
            Self::VoidPayment { .. } => "void_payment",
            Self::RefundPayment { .. } => "refund_payment",
            Self::RequestFulfillment { .. } => "request_fulfillment",
            Self::RecallFulfillment { .. } => "recall_fulfillment",
            Self::Notify { .. } => "notify",
        }
    }

    /// Returns the stable name as a code.
    #[must_use]
    pub const fn code(&self) -> Code {
        Code::literal(self.name())
    }

    /// Returns the external service that carries it out.
    #[must_use]
    pub const fn dependency(&self) -> Dependency {
        match self {
            Self::VerifyCustomer => Dependency::Customers,
            Self::QuotePrices
            | Self::ReserveStock { .. }
            | Self::ReviseStock { .. }
            | Self::ExtendStock { .. }
            | Self::CommitStock { .. }
            | Self::ReleaseStock { .. } => Dependency::Inventory,
            Self::AuthorizePayment { .. }
            | Self::CapturePayment { .. }
            | Self::VoidPayment { .. }
            | Self::RefundPayment { .. } => Dependency::Payments,
            Self::RequestFulfillment { .. } | Self::RecallFulfillment { .. } => {
                Dependency::Shipping
            }
            Self::Notify { .. } => Dependency::Notifications,
        }
    }

    /// Returns whether it compensates for (undoes) earlier work. Such an effect is retried until it
    /// succeeds and is never parked.
    #[must_use]
    pub const fn is_compensation(&self) -> bool {
        match self {
            Self::ReleaseStock { .. }
            | Self::VoidPayment { .. }
            | Self::RefundPayment { .. }
            | Self::RecallFulfillment { .. } => true,
            Self::QuotePrices
            | Self::VerifyCustomer
            | Self::ReserveStock { .. }
            | Self::ReviseStock { .. }
            | Self::ExtendStock { .. }
            | Self::CommitStock { .. }
            | Self::AuthorizePayment { .. }
            | Self::CapturePayment { .. }
            | Self::RequestFulfillment { .. }
            | Self::Notify { .. } => false,
        }
    }
}

/// Identifies an effect: the event that caused it, and its index among the effects of that event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct EffectId {
    /// The order.
    pub order: OrderId,
    /// Version of the event that caused it.
    pub version: Version,
    /// Index among the effects of that event, from 0.
    pub index: u8,
}

impl EffectId {
    /// Creates an id.
    #[must_use]
    pub const fn new(order: OrderId, version: Version, index: u8) -> Self {
        Self {
            order,
            version,
            index,
        }
    }
}

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-e{}.{}", self.order, self.version, self.index)
    }
}

impl std::str::FromStr for EffectId {
    type Err = crate::value::InvalidValue;

    /// Parses an id that [`Display`](fmt::Display) wrote.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = crate::value::InvalidValue::new(
            "effect id",
            crate::value::InvalidReason::NotAReference,
        );
        let (order, rest) = text.rsplit_once("-e").ok_or(invalid)?;
        let (version, index) = rest.split_once('.').ok_or(invalid)?;
        Ok(Self {
            order: OrderId::parse(order).map_err(|_| invalid)?,
            version: Version::new(version.parse().map_err(|_| invalid)?),
            index: index.parse().map_err(|_| invalid)?,
        })
    }
}

/// Work to be done at an external service.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// Its id, which is sent to the external service as the idempotency key.
    pub id: EffectId,
    /// The storefront of the order.
    pub storefront: StorefrontId,
    /// The kind of work.
    pub kind: EffectKind,
}

impl Effect {
    /// Creates an effect.
    #[must_use]
    pub const fn new(id: EffectId, storefront: StorefrontId, kind: EffectKind) -> Self {
        Self {
            id,
            storefront,
            kind,
        }
    }
}

/// Returns the effects of an event. `order` is the order after the event was applied. An order without
/// a contact has nobody to notify.
#[must_use]
pub fn effects(order: &Order, event: &Event) -> Vec<Effect> {
    (0_u8..)
        .zip(effect_kinds(order, &event.payload))
        .filter(|(_, kind)| is_due_to_somebody(order, kind))
        .map(|(index, kind)| {
            Effect::new(
                EffectId::new(order.id, event.version, index),
                order.storefront.clone(),
                kind,
            )
        })
        .collect()
}

fn is_due_to_somebody(order: &Order, kind: &EffectKind) -> bool {
    !matches!(kind, EffectKind::Notify { .. }) || order.personal.contact.is_some()
}

fn notify(notification: NotificationKind) -> Vec<EffectKind> {
    vec![EffectKind::Notify { notification }]
}

fn effect_kinds(order: &Order, payload: &EventPayload) -> Vec<EffectKind> {
    match payload {
        EventPayload::OrderPlaced(placed) => {
            let mut kinds = vec![EffectKind::VerifyCustomer];
            if placed.lines.iter().any(|line| line.unit_price.is_none()) {
                kinds.push(EffectKind::QuotePrices);
            }
            if let Some(reservation) = &order.reservation {
                kinds.push(EffectKind::ReserveStock {
                    reservation: reservation.no,
                    lines: reservation.lines.clone(),
                });
            }
            kinds
        }
        EventPayload::ReservationRequested { reservation, lines } => {
            vec![EffectKind::ReserveStock {
                reservation: *reservation,
                lines: lines.clone(),
            }]
        }
        EventPayload::ReservationRevisionRequested { reservation, lines } => {
            vec![EffectKind::ReviseStock {
                reservation: *reservation,
                lines: lines.clone(),
            }]
        }
        EventPayload::ReservationExtensionRequested { reservation } => {
            vec![EffectKind::ExtendStock {
                reservation: *reservation,
            }]
        }
        EventPayload::StockCommitRequested { reservation } => vec![EffectKind::CommitStock {
            reservation: *reservation,
        }],
        EventPayload::StockReleaseRequested { reservation }
        | EventPayload::LateFactRecorded {
            reservation: Some(reservation),
            ..
        } => vec![EffectKind::ReleaseStock {
            reservation: *reservation,
        }],
        EventPayload::AttemptStarted { attempt, .. } => {
            vec![EffectKind::AuthorizePayment { attempt: *attempt }]
        }
        EventPayload::CaptureRequested {
            attempt, capture, ..
        } => vec![EffectKind::CapturePayment {
            attempt: *attempt,
            capture: *capture,
        }],
        EventPayload::VoidRequested { attempt } => {
            vec![EffectKind::VoidPayment { attempt: *attempt }]
        }
        EventPayload::RefundRequested { refund, .. } => {
            vec![EffectKind::RefundPayment { refund: *refund }]
        }
        EventPayload::FulfillmentReleased { fulfillment } => vec![EffectKind::RequestFulfillment {
            fulfillment: *fulfillment,
        }],
        EventPayload::FulfillmentRecallRequested { fulfillment } => {
            vec![EffectKind::RecallFulfillment {
                fulfillment: *fulfillment,
            }]
        }
        EventPayload::OrderConfirmed { .. } => notify(NotificationKind::OrderConfirmed),
        EventPayload::OrderRejected { .. } => notify(NotificationKind::OrderRejected),
        EventPayload::OrderExpired => notify(NotificationKind::OrderExpired),
        EventPayload::OrderCancelled => notify(NotificationKind::OrderCancelled),
        EventPayload::LinesCancelled { .. } => notify(NotificationKind::LinesCancelled),
        EventPayload::PaymentDeclined { .. } => notify(NotificationKind::PaymentDeclined),
        EventPayload::PaymentActionRequired { .. } => {
            notify(NotificationKind::PaymentActionRequired)
        }
        EventPayload::FulfillmentShipped { .. } => notify(NotificationKind::Shipped),
        EventPayload::FulfillmentDelivered { .. } => notify(NotificationKind::Delivered),
        EventPayload::RefundSucceeded { .. } => notify(NotificationKind::Refunded),
        EventPayload::ReturnApproved { .. } => notify(NotificationKind::ReturnApproved),
        EventPayload::ReturnRejected { .. } => notify(NotificationKind::ReturnRejected),
        EventPayload::OrderImported(_)
        | EventPayload::LinesPriced { .. }
        | EventPayload::CustomerVerified
        | EventPayload::CustomerAcceptedUnverified
        | EventPayload::OrderDeferred { .. }
        | EventPayload::OrderReleased
        | EventPayload::OrderCompleted
        | EventPayload::StockReserved { .. }
        | EventPayload::ReservationRejected { .. }
        | EventPayload::ReservationLost { .. }
        | EventPayload::ReservationRevised { .. }
        | EventPayload::ReservationExtended { .. }
        | EventPayload::StockCommitted { .. }
        | EventPayload::StockReleased { .. }
        | EventPayload::PaymentMethodChanged { .. }
        | EventPayload::AttemptDispatched { .. }
        | EventPayload::AttemptAbandoned { .. }
        | EventPayload::PaymentAuthorized { .. }
        | EventPayload::PaymentCaptured { .. }
        | EventPayload::PaymentUnknown { .. }
        | EventPayload::AuthorizationExpired { .. }
        | EventPayload::PaymentVoided { .. }
        | EventPayload::CaptureFailed { .. }
        | EventPayload::CaptureUnknown { .. }
        | EventPayload::RefundDispatched { .. }
        | EventPayload::RefundFailed { .. }
        | EventPayload::RefundUnknown { .. }
        | EventPayload::OrderHeld { .. }
        | EventPayload::HoldReleased { .. }
        | EventPayload::LinesRevised { .. }
        | EventPayload::RevisionSettled
        | EventPayload::RevisionReverted { .. }
        | EventPayload::AddressChanged { .. }
        | EventPayload::DetailsChanged { .. }
        | EventPayload::FulfillmentPlanned { .. }
        | EventPayload::FulfillmentCancelled { .. }
        | EventPayload::TrackingUpdated { .. }
        | EventPayload::FulfillmentLost { .. }
        | EventPayload::CancelRequested { .. }
        | EventPayload::CompensationStuck { .. }
        | EventPayload::LateFactRecorded {
            reservation: None, ..
        }
        | EventPayload::ReturnRequested { .. }
        | EventPayload::ReturnCancelled { .. }
        | EventPayload::ReturnReceived { .. }
        | EventPayload::ReturnClosed { .. }
        | EventPayload::DeletionRequested
        | EventPayload::OrderDeleted
        | EventPayload::PersonalDataErased => Vec::new(),
    }
}
