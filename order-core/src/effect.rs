//! What must be done outside because of an event.
//!
//! An [`Effect`] is stored in the same commit as the event that caused it and carried out later,
//! at least once, by whoever gets hold of it. Its key is the same at every try.

use crate::event::{Event, Happening};
use crate::order::{Order, SkuUnits};
use crate::policy::Dependency;
use crate::value::{
    AttemptNo, CaptureNo, FulfillmentNo, OrderId, RefundNo, ReservationNo, StorefrontId, Version,
};
use serde::{Deserialize, Serialize};
use std::fmt;

coded! {
    /// What a customer is told.
    pub enum Notice as "notice" {
        /// The order is confirmed.
        OrderConfirmed = "order_confirmed",
        /// The order was refused.
        OrderRejected = "order_rejected",
        /// The order expired.
        OrderExpired = "order_expired",
        /// The order is cancelled.
        OrderCancelled = "order_cancelled",
        /// Some units were cancelled.
        LinesCancelled = "lines_cancelled",
        /// A payment was declined.
        PaymentDeclined = "payment_declined",
        /// The customer has to act with the payment provider.
        PaymentActionRequired = "payment_action_required",
        /// Units have left.
        Shipped = "shipped",
        /// Units have arrived.
        Delivered = "delivered",
        /// Money went back.
        Refunded = "refunded",
        /// A return is agreed.
        ReturnApproved = "return_approved",
        /// A return is not agreed.
        ReturnRejected = "return_rejected",
    }
}

/// What must be done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Task {
    /// Ask what the products cost and are called.
    QuotePrices,
    /// Ask whether the customer may order.
    VerifyCustomer,
    /// Set units aside.
    ReserveStock {
        /// Which reservation.
        reservation: ReservationNo,
        /// Which units.
        lines: Vec<SkuUnits>,
    },
    /// Make a reservation cover other units.
    ReviseStock {
        /// Which reservation.
        reservation: ReservationNo,
        /// Which units.
        lines: Vec<SkuUnits>,
    },
    /// Hold a reservation for longer.
    ExtendStock {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// Take the reserved units out of stock.
    CommitStock {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// Give units back.
    ReleaseStock {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// Authorize, or capture at once.
    AuthorizePayment {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// Take an authorized amount.
    CapturePayment {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
    },
    /// Give an authorization back.
    VoidPayment {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// Pay back.
    RefundPayment {
        /// Which refund.
        refund: RefundNo,
    },
    /// Ask the warehouse.
    RequestFulfillment {
        /// Which fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Ask the warehouse to call something back.
    RecallFulfillment {
        /// Which fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Write to the customer.
    Notify {
        /// What about.
        notice: Notice,
    },
}

impl Task {
    /// Its stable name.
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

    /// The outside service that does it.
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

    /// Whether it undoes something. Such an effect is tried for ever, never parked.
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

/// The name of an effect: the event that caused it, and its place among what that event caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct EffectId {
    /// The order.
    pub order: OrderId,
    /// The event that caused it.
    pub version: Version,
    /// Its place among what that event caused, from 0.
    pub index: u8,
}

impl EffectId {
    /// The effect in this place.
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

    /// Reads an id that [`Display`](fmt::Display) wrote.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let foreign = crate::value::InvalidValue::new(
            "effect id",
            crate::value::InvalidReason::NotAReference,
        );
        let (order, place) = text.rsplit_once("-e").ok_or(foreign)?;
        let (version, index) = place.split_once('.').ok_or(foreign)?;
        Ok(Self {
            order: OrderId::parse(order).map_err(|_| foreign)?,
            version: Version::new(version.parse().map_err(|_| foreign)?),
            index: index.parse().map_err(|_| foreign)?,
        })
    }
}

/// Something that must be done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// Its name, which goes to the outside service as the idempotency key.
    pub id: EffectId,
    /// The storefront of the order.
    pub storefront: StorefrontId,
    /// What must be done.
    pub task: Task,
}

impl Effect {
    /// This task, under this name.
    #[must_use]
    pub const fn new(id: EffectId, storefront: StorefrontId, task: Task) -> Self {
        Self {
            id,
            storefront,
            task,
        }
    }
}

/// What must now be done outside because of this event on this order (the event being applied).
#[must_use]
pub fn effects(order: &Order, event: &Event) -> Vec<Effect> {
    (0_u8..)
        .zip(tasks(order, &event.happening))
        .map(|(index, task)| {
            Effect::new(
                EffectId::new(order.id, event.version, index),
                order.storefront.clone(),
                task,
            )
        })
        .collect()
}

fn notify(notice: Notice) -> Vec<Task> {
    vec![Task::Notify { notice }]
}

fn tasks(order: &Order, happening: &Happening) -> Vec<Task> {
    match happening {
        Happening::OrderPlaced(placement) => {
            let mut tasks = vec![Task::VerifyCustomer];
            if placement.lines.iter().any(|line| line.unit_price.is_none()) {
                tasks.push(Task::QuotePrices);
            }
            if let Some(reservation) = &order.reservation {
                tasks.push(Task::ReserveStock {
                    reservation: reservation.no,
                    lines: reservation.covers.clone(),
                });
            }
            tasks
        }
        Happening::ReservationRequested { reservation, lines } => vec![Task::ReserveStock {
            reservation: *reservation,
            lines: lines.clone(),
        }],
        Happening::ReservationRevisionRequested { reservation, lines } => {
            vec![Task::ReviseStock {
                reservation: *reservation,
                lines: lines.clone(),
            }]
        }
        Happening::ReservationExtensionRequested { reservation } => vec![Task::ExtendStock {
            reservation: *reservation,
        }],
        Happening::StockCommitRequested { reservation } => vec![Task::CommitStock {
            reservation: *reservation,
        }],
        Happening::StockReleaseRequested { reservation }
        | Happening::LateFactRecorded {
            reservation: Some(reservation),
            ..
        } => vec![Task::ReleaseStock {
            reservation: *reservation,
        }],
        Happening::AttemptStarted { attempt, .. } => {
            vec![Task::AuthorizePayment { attempt: *attempt }]
        }
        Happening::CaptureRequested {
            attempt, capture, ..
        } => vec![Task::CapturePayment {
            attempt: *attempt,
            capture: *capture,
        }],
        Happening::VoidRequested { attempt } => vec![Task::VoidPayment { attempt: *attempt }],
        Happening::RefundRequested { refund, .. } => vec![Task::RefundPayment { refund: *refund }],
        Happening::FulfillmentReleased { fulfillment } => vec![Task::RequestFulfillment {
            fulfillment: *fulfillment,
        }],
        Happening::FulfillmentRecallRequested { fulfillment } => vec![Task::RecallFulfillment {
            fulfillment: *fulfillment,
        }],
        Happening::OrderConfirmed { .. } => notify(Notice::OrderConfirmed),
        Happening::OrderRejected { .. } => notify(Notice::OrderRejected),
        Happening::OrderExpired => notify(Notice::OrderExpired),
        Happening::OrderCancelled => notify(Notice::OrderCancelled),
        Happening::LinesCancelled { .. } => notify(Notice::LinesCancelled),
        Happening::PaymentDeclined { .. } => notify(Notice::PaymentDeclined),
        Happening::PaymentActionRequired { .. } => notify(Notice::PaymentActionRequired),
        Happening::FulfillmentShipped { .. } => notify(Notice::Shipped),
        Happening::FulfillmentDelivered { .. } => notify(Notice::Delivered),
        Happening::RefundSucceeded { .. } => notify(Notice::Refunded),
        Happening::ReturnApproved { .. } => notify(Notice::ReturnApproved),
        Happening::ReturnRejected { .. } => notify(Notice::ReturnRejected),
        Happening::OrderImported(_)
        | Happening::LinesPriced { .. }
        | Happening::CustomerVerified
        | Happening::CustomerAcceptedUnverified
        | Happening::OrderDeferred { .. }
        | Happening::OrderReleased
        | Happening::OrderCompleted
        | Happening::StockReserved { .. }
        | Happening::ReservationRejected { .. }
        | Happening::ReservationLost { .. }
        | Happening::ReservationRevised { .. }
        | Happening::ReservationExtended { .. }
        | Happening::StockCommitted { .. }
        | Happening::StockReleased { .. }
        | Happening::PaymentMethodChanged { .. }
        | Happening::AttemptDispatched { .. }
        | Happening::AttemptAbandoned { .. }
        | Happening::PaymentAuthorized { .. }
        | Happening::PaymentCaptured { .. }
        | Happening::PaymentUnknown { .. }
        | Happening::AuthorizationExpired { .. }
        | Happening::PaymentVoided { .. }
        | Happening::CaptureFailed { .. }
        | Happening::CaptureUnknown { .. }
        | Happening::RefundDispatched { .. }
        | Happening::RefundFailed { .. }
        | Happening::RefundUnknown { .. }
        | Happening::OrderHeld { .. }
        | Happening::HoldReleased { .. }
        | Happening::LinesRevised { .. }
        | Happening::RevisionSettled
        | Happening::RevisionReverted { .. }
        | Happening::AddressChanged { .. }
        | Happening::DetailsChanged { .. }
        | Happening::FulfillmentPlanned { .. }
        | Happening::FulfillmentCancelled { .. }
        | Happening::TrackingUpdated { .. }
        | Happening::FulfillmentLost { .. }
        | Happening::CancelRequested { .. }
        | Happening::CompensationStuck { .. }
        | Happening::LateFactRecorded {
            reservation: None, ..
        }
        | Happening::ReturnRequested { .. }
        | Happening::ReturnCancelled { .. }
        | Happening::ReturnReceived { .. }
        | Happening::ReturnClosed { .. }
        | Happening::DeletionRequested
        | Happening::OrderDeleted
        | Happening::PersonalDataErased => Vec::new(),
    }
}
