//! Every kind of event: its stable name and the data it carries.
//!
//! One list declares all of them, so that a variant, its name in the wire form and its entry in
//! [`EventPayload::NAMES`] cannot disagree; that is why this file is long. It never says what an event
//! does to an order (`apply`) or when it happens (`decide`, `record`, `reconcile`).

use crate::command::PlaceOrder;
use crate::dependency::Dependency;
use crate::fact::FactKind;
use crate::money::{Amount, Currency};
use crate::new_order::NewOrder;
use crate::order::{
    Adjustment, CaptureMethod, HoldOrigin, LineQuantity, Metadata, Order, OrderLine, PersonalData,
    PricedLine, RefundOffset, RefundPurpose, Shortage, SkuQuantity, Tracking,
};
use crate::time::Timestamp;
use crate::value::{
    CaptureNo, Code, CustomerId, FulfillmentNo, HoldNo, Label, OrderId, PaymentAttemptNo,
    PlacementId, ProviderId, Reason, RefundNo, ReservationNo, ReturnNo, Sku, StorefrontId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The payload of [`EventPayload::OrderPlaced`]: what a new order starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrderPlaced {
    /// The id of the new order.
    pub id: OrderId,
    /// The storefront it is placed at.
    pub storefront: StorefrontId,
    /// The customer who placed it.
    pub customer_id: CustomerId,
    /// The currency of every amount of the order.
    pub currency: Currency,
    /// The lines; a line without a unit price is priced later.
    pub lines: Vec<OrderLine>,
    /// Shipping, taxes, discounts and fees.
    pub adjustments: Vec<Adjustment>,
    /// Opaque key-value data of the caller.
    #[serde(default)]
    pub metadata: Metadata,
    /// When the order expires if it is still pending.
    pub deadline: Timestamp,
    /// Whether a payment token was given.
    pub payment_method: bool,
    /// The id of the request, under which its stock is reserved; absent: under the order's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<PlacementId>,
    /// Shipping address, contact and payment token; stored apart from the event.
    #[serde(skip)]
    pub personal: PersonalData,
}

impl OrderPlaced {
    /// Makes the event of a placed order, with numbered lines and the currency decided.
    pub(crate) fn new(
        place: &PlaceOrder,
        currency: Currency,
        lines: Vec<OrderLine>,
        deadline: Timestamp,
    ) -> Self {
        let PlaceOrder {
            id,
            storefront,
            order,
            placement,
        } = place;
        // Every field is named, so that a new one cannot be forgotten here.
        let NewOrder {
            customer_id,
            currency: _,
            lines: _,
            adjustments,
            personal,
            metadata,
        } = order;
        Self {
            id: *id,
            storefront: storefront.clone(),
            customer_id: customer_id.clone(),
            currency,
            lines,
            adjustments: adjustments.clone(),
            metadata: metadata.clone(),
            deadline,
            payment_method: personal.payment_token.is_some(),
            placement: *placement,
            personal: personal.clone(),
        }
    }
}

/// Code of an order that was closed because an external service was unreachable.
pub(crate) const DEPENDENCY_UNAVAILABLE: Code = Code::literal("dependency_unavailable");

/// Why an order was rejected, with the data that explains it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectionReason {
    /// One of `unknown_customer`, `customer_blocked`, `insufficient_stock`, `unknown_sku`,
    /// `currency_mismatch`, `negative_total`, `amount_too_large` and `dependency_unavailable`.
    pub code: Code,
    /// SKUs with fewer units available than ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<Shortage>,
    /// SKUs that the inventory service does not know, or does not sell in the currency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Sku>,
    /// The service that was unavailable; present with `dependency_unavailable` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependency: Option<Dependency>,
}

impl RejectionReason {
    /// Returns a reason of this code, without details.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            dependency: None,
            shortages: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

macro_rules! event_payloads {
    ( $( $(#[$meta:meta])* $variant:ident = $code:literal $( { $( $(#[$fmeta:meta])* $field:ident : $ty:ty ),* $(,)? } )? $( ( $inner:ty ) )? , )+ ) => {
        /// What happened, and the data that belongs to it.
        ///
        /// Serialized as `{"type": ..., "data": {...}}`, without personal data.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "data")]
        #[non_exhaustive]
        pub enum EventPayload {
            $( $(#[$meta])* #[serde(rename = $code)] $variant $( { $( $(#[$fmeta])* $field: $ty ),* } )? $( ( $inner ) )?, )+
        }

        impl EventPayload {
            /// The stable names of all kinds of events, in the order they are declared.
            pub const NAMES: &'static [&'static str] = &[ $( $code, )+ ];

            /// Returns the stable name, as it is stored and published.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $code, )+
                }
            }
        }
    };
}

event_payloads! {
    /// The order was placed.
    OrderPlaced = "order_placed" (Box<OrderPlaced>),
    /// The order was imported from another system, in the state it had there.
    OrderImported = "order_imported" (Box<Order>),
    /// Lines without a price got the price and name that the inventory service quoted.
    LinesPriced = "lines_priced" {
        /// One quote for each line that was priced.
        lines: Vec<PricedLine>,
    },
    /// The customer service confirmed that the customer may order.
    CustomerVerified = "customer_verified",
    /// The customer service was unavailable, and the policy accepts the customer unverified.
    CustomerAcceptedUnverified = "customer_accepted_unverified",
    /// The order waits for an external service that is unavailable.
    OrderDeferred = "order_deferred" {
        /// The service that is unavailable.
        dependency: Dependency,
    },
    /// The order is confirmed: customer verified, lines priced, stock reserved.
    OrderConfirmed = "order_confirmed" {
        /// When the order expires if it is not released by then.
        deadline: Timestamp,
    },
    /// The order may be packed and shipped; it is now `processing`.
    OrderReleased = "order_released",
    /// The order was rejected, because its customer, prices, stock or a service did not allow it.
    OrderRejected = "order_rejected" {
        /// Why it was rejected.
        reason: RejectionReason,
    },
    /// The order expired: its deadline passed before it was released.
    OrderExpired = "order_expired",
    /// The order is completed: all remaining units are delivered and paid.
    OrderCompleted = "order_completed",
    /// The inventory service is to reserve stock.
    ReservationRequested = "reservation_requested" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units to reserve.
        lines: Vec<SkuQuantity>,
    },
    /// Stock is reserved.
    StockReserved = "stock_reserved" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Reserved units.
        lines: Vec<SkuQuantity>,
        /// When the reservation expires.
        expires_at: Timestamp,
    },
    /// Stock could not be reserved.
    ReservationRejected = "reservation_rejected" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// SKUs with fewer units available than requested.
        shortages: Vec<Shortage>,
        /// SKUs that the inventory service does not know.
        unknown: Vec<Sku>,
    },
    /// A reservation expired, or the inventory service no longer knows it.
    ReservationLost = "reservation_lost" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The inventory service is to change the units of a reservation.
    ReservationRevisionRequested = "reservation_revision_requested" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units that the reservation is to have.
        lines: Vec<SkuQuantity>,
    },
    /// The units of a reservation were changed.
    ReservationRevised = "reservation_revised" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units that the reservation has.
        lines: Vec<SkuQuantity>,
    },
    /// The inventory service is to extend a reservation.
    ReservationExtensionRequested = "reservation_extension_requested" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// A reservation was extended.
    ReservationExtended = "reservation_extended" {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// When the reservation expires.
        expires_at: Timestamp,
    },
    /// The inventory service is to deduct the reserved units for good (stock commit).
    StockCommitRequested = "stock_commit_requested" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The reserved units were deducted from stock for good (stock commit).
    StockCommitted = "stock_committed" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The inventory service is to release the units of a reservation, reserved or committed.
    StockReleaseRequested = "stock_release_requested" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The units of a reservation were released.
    StockReleased = "stock_released" {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The customer gave a payment method, which the next attempt uses.
    PaymentMethodChanged = "payment_method_changed" {
        /// The payment token; stored apart from the event.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// A payment attempt was started; it is not sent yet.
    AttemptStarted = "attempt_started" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// In minor units of the order's currency.
        amount: Amount,
        /// Whether the provider captures at once or on request.
        #[serde(rename = "capture", with = "crate::order::capture_method")]
        capture_method: CaptureMethod,
    },
    /// A payment attempt is about to be sent, and may reach the provider from now on.
    AttemptDispatched = "attempt_dispatched" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// A payment attempt was dropped: it was never sent, or the provider never received it.
    AttemptAbandoned = "attempt_abandoned" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The customer has to act, such as by confirming the payment with the bank (3-D Secure).
    PaymentActionRequired = "payment_action_required" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
    },
    /// The provider authorized a payment.
    PaymentAuthorized = "payment_authorized" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
        /// In minor units of the order's currency.
        amount: Amount,
    },
    /// The provider captured an amount.
    PaymentCaptured = "payment_captured" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
        /// The provider's id of the capture, if this system did not request it.
        external: Option<ProviderId>,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
        /// In minor units of the order's currency.
        amount: Amount,
    },
    /// The provider declined a payment.
    PaymentDeclined = "payment_declined" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A payment was sent and its outcome is unknown.
    PaymentUnknown = "payment_unknown" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// An authorization expired at the provider.
    AuthorizationExpired = "authorization_expired" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The uncaptured rest of an authorization is to be voided.
    VoidRequested = "void_requested" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The uncaptured rest of an authorization was voided.
    PaymentVoided = "payment_voided" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// An authorized amount is to be captured.
    CaptureRequested = "capture_requested" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
        /// In minor units of the order's currency.
        amount: Amount,
    },
    /// The provider refused a capture.
    CaptureFailed = "capture_failed" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A capture was sent and its outcome is unknown.
    CaptureUnknown = "capture_unknown" {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
    },
    /// A captured amount is to be refunded.
    RefundRequested = "refund_requested" {
        /// Number of the refund.
        refund: RefundNo,
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// In minor units of the order's currency.
        amount: Amount,
        /// What the refund is for.
        purpose: RefundPurpose,
        /// The units it is for; empty unless the command named them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<LineQuantity>,
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// A refund is about to be sent, and may reach the provider from now on.
    RefundDispatched = "refund_dispatched" {
        /// Number of the refund.
        refund: RefundNo,
    },
    /// The provider refunded an amount.
    RefundSucceeded = "refund_succeeded" {
        /// Number of the refund.
        refund: RefundNo,
        /// The provider's id of the refund, if it was reported.
        provider_id: Option<ProviderId>,
    },
    /// The provider refused a refund.
    RefundFailed = "refund_failed" {
        /// Number of the refund.
        refund: RefundNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A refund was sent and its outcome is unknown.
    RefundUnknown = "refund_unknown" {
        /// Number of the refund.
        refund: RefundNo,
    },
    /// A hold was placed: the order is not released or shipped until it is released.
    OrderHeld = "order_held" {
        /// Number of the hold.
        hold: HoldNo,
        /// Whether a person or a service requested it, or which rule placed it.
        origin: HoldOrigin,
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// A hold was released; without another active hold the order continues.
    HoldReleased = "hold_released" {
        /// Number of the hold.
        hold: HoldNo,
    },
    /// The lines were replaced by a revision, whose stock is not certain yet.
    LinesRevised = "lines_revised" {
        /// The lines from now on.
        lines: Vec<OrderLine>,
        /// The adjustments from now on.
        adjustments: Vec<Adjustment>,
        /// What the lower total offsets of refunds that were made ahead of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        offsets: Vec<RefundOffset>,
    },
    /// The revision is final: its stock is reserved, or units of the order have already shipped.
    RevisionSettled = "revision_settled",
    /// The revision was reverted, because there is no stock for it; the lines are as before.
    RevisionReverted = "revision_reverted" {
        /// SKUs with fewer units available than requested.
        shortages: Vec<Shortage>,
    },
    /// The shipping address changed.
    AddressChanged = "address_changed" {
        /// The new shipping address; stored apart from the event.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// Metadata, contact or labels changed.
    DetailsChanged = "details_changed" {
        /// The metadata from now on.
        metadata: Metadata,
        /// The labels from now on.
        labels: BTreeSet<Label>,
        /// The contact, if it changed; stored apart from the event.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// A fulfillment was planned: these units are to be shipped together.
    FulfillmentPlanned = "fulfillment_planned" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// Units per line.
        lines: Vec<LineQuantity>,
    },
    /// A fulfillment was released: the warehouse is to ship it.
    FulfillmentReleased = "fulfillment_released" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse is to recall a fulfillment.
    FulfillmentRecallRequested = "fulfillment_recall_requested" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// A fulfillment was cancelled and will not be shipped.
    FulfillmentCancelled = "fulfillment_cancelled" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// The warehouse's code, if the warehouse refused it.
        code: Option<Code>,
    },
    /// A fulfillment was shipped.
    FulfillmentShipped = "fulfillment_shipped" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// Units that were allocated to lines.
        lines: Vec<LineQuantity>,
        /// Units shipped beyond what the lines still need.
        excess: Vec<SkuQuantity>,
        /// Carrier and tracking data, as far as known.
        tracking: Tracking,
    },
    /// Carrier or tracking data of a shipment changed.
    TrackingUpdated = "tracking_updated" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// The complete tracking data from now on.
        tracking: Tracking,
    },
    /// A shipment was delivered.
    FulfillmentDelivered = "fulfillment_delivered" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// A shipment was lost; its units may be shipped anew or cancelled.
    FulfillmentLost = "fulfillment_lost" {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Some units were cancelled.
    LinesCancelled = "lines_cancelled" {
        /// Cancelled units per line.
        lines: Vec<LineQuantity>,
        /// What they offset of refunds that were made ahead of the cancel.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        offsets: Vec<RefundOffset>,
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// A cancel was accepted; from now on everything is compensated.
    CancelRequested = "cancel_requested" {
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// The order is cancelled: every compensation has succeeded.
    OrderCancelled = "order_cancelled",
    /// A compensation keeps failing and needs attention; it is retried nonetheless.
    CompensationStuck = "compensation_stuck" {
        /// The name of the effect that keeps failing.
        effect: Code,
    },
    /// A fact was reported that contradicts the state of the order. Its consequences follow as events
    /// of their own.
    LateFactRecorded = "late_fact_recorded" {
        /// The kind of fact.
        fact: FactKind,
        /// The reservation it was about, which is released again; absent for other facts.
        reservation: Option<ReservationNo>,
    },
    /// A return was requested.
    ReturnRequested = "return_requested" {
        /// Number of the return.
        return_no: ReturnNo,
        /// Units per line.
        lines: Vec<LineQuantity>,
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// A return was approved.
    ReturnApproved = "return_approved" {
        /// Number of the return.
        return_no: ReturnNo,
    },
    /// A return was rejected.
    ReturnRejected = "return_rejected" {
        /// Number of the return.
        return_no: ReturnNo,
        /// The reason given with the command; absent if there was none.
        reason: Option<Reason>,
    },
    /// A return was cancelled before the units were received.
    ReturnCancelled = "return_cancelled" {
        /// Number of the return.
        return_no: ReturnNo,
    },
    /// The units of a return were received.
    ReturnReceived = "return_received" {
        /// Number of the return.
        return_no: ReturnNo,
        /// Whether the units are sellable and were restocked.
        restocked: bool,
        /// Credit for the customer, in minor units of the order's currency.
        credit: Amount,
        /// What it offsets of refunds that were made ahead of the return.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        offsets: Vec<RefundOffset>,
    },
    /// A return was closed: received, and refunded where money was due.
    ReturnClosed = "return_closed" {
        /// Number of the return.
        return_no: ReturnNo,
    },
    /// Deletion was requested; the order is deleted once it is cancelled.
    DeletionRequested = "deletion_requested",
    /// The order was deleted.
    OrderDeleted = "order_deleted",
    /// Shipping address, contact and payment token were erased.
    PersonalDataErased = "personal_data_erased",
}

impl EventPayload {
    /// Returns the personal data that is stored beside this event; `None` if there is none.
    #[must_use]
    pub fn personal(&self) -> Option<&PersonalData> {
        match self {
            Self::OrderPlaced(placed) => Some(&placed.personal),
            Self::OrderImported(order) => Some(&order.personal),
            Self::PaymentMethodChanged { personal }
            | Self::AddressChanged { personal }
            | Self::DetailsChanged { personal, .. } => Some(personal),
            _ => None,
        }
        .filter(|personal| !personal.is_empty())
    }

    /// Restores the personal data; does nothing for an event that has none.
    pub(crate) fn set_personal(&mut self, data: PersonalData) {
        match self {
            Self::OrderPlaced(placed) => placed.personal = data,
            Self::OrderImported(order) => order.personal = data,
            Self::PaymentMethodChanged { personal }
            | Self::AddressChanged { personal }
            | Self::DetailsChanged { personal, .. } => *personal = data,
            _ => {}
        }
    }
}
