//! The kinds of events, and what each carries.

use crate::fact::FactKind;
use crate::money::{Amount, Currency};
use crate::order::{
    Adjustment, HoldOrigin, Line, LineUnits, Metadata, Order, PersonalData, PricedLine,
    RefundPurpose, Shortage, SkuUnits, Tracking,
};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{
    AttemptNo, CaptureNo, Code, CustomerId, FulfillmentNo, HoldNo, Label, OrderId, ProviderId,
    Reason, RefundNo, ReservationNo, ReturnNo, Sku, StorefrontId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a new order starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Placement {
    /// Its id.
    pub id: OrderId,
    /// The storefront.
    pub storefront: StorefrontId,
    /// Who ordered.
    pub customer_id: CustomerId,
    /// The currency of every amount.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// Shipping, tax, discounts and fees.
    pub adjustments: Vec<Adjustment>,
    /// The caller's own data.
    #[serde(default)]
    pub metadata: Metadata,
    /// When it expires if it is still pending.
    pub deadline: Timestamp,
    /// Whether it came with a payment method.
    pub payment_method: bool,
    /// Address, contact and payment token; stored apart.
    #[serde(skip)]
    pub personal: PersonalData,
}

/// Why an order was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectionReason {
    /// `unknown_customer`, `customer_blocked`, `insufficient_stock`, `unknown_sku`,
    /// `currency_mismatch` or `dependency_unavailable`.
    pub code: Code,
    /// What there is too little of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shortages: Vec<Shortage>,
    /// What is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<Sku>,
    /// The outside service that was away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependency: Option<Dependency>,
}

impl RejectionReason {
    pub(crate) const fn new(code: Code) -> Self {
        Self {
            code,
            dependency: None,
            shortages: Vec::new(),
            unknown: Vec::new(),
        }
    }
}

macro_rules! happenings {
    ( $( $(#[$meta:meta])* $variant:ident = $code:literal $( { $( $(#[$fmeta:meta])* $field:ident : $ty:ty ),* $(,)? } )? $( ( $inner:ty ) )? , )+ ) => {
        /// What happened.
        ///
        /// Serialized as `{"type": ..., "data": {...}}`, without personal data.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "data")]
        #[non_exhaustive]
        pub enum Happening {
            $( $(#[$meta])* #[serde(rename = $code)] $variant $( { $( $(#[$fmeta])* $field: $ty ),* } )? $( ( $inner ) )?, )+
        }

        impl Happening {
            /// The stable name of every kind of event.
            pub const NAMES: &'static [&'static str] = &[ $( $code, )+ ];

            /// The stable name, as it is stored and published.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $( Self::$variant { .. } => $code, )+
                }
            }
        }
    };
}

happenings! {
    /// A new order.
    OrderPlaced = "order_placed" (Box<Placement>),
    /// An order taken over from another system, as it stands.
    OrderImported = "order_imported" (Box<Order>),
    /// Lines got the price and name they were quoted.
    LinesPriced = "lines_priced" {
        /// The quotes.
        lines: Vec<PricedLine>,
    },
    /// The customer may order.
    CustomerVerified = "customer_verified",
    /// The customer was not checked, and that is accepted.
    CustomerAcceptedUnverified = "customer_accepted_unverified",
    /// The order waits for an outside service.
    OrderDeferred = "order_deferred" {
        /// Which.
        dependency: Dependency,
    },
    /// Customer and stock are settled.
    OrderConfirmed = "order_confirmed" {
        /// When it expires if it is not released by then.
        deadline: Timestamp,
    },
    /// The order may be packed and shipped.
    OrderReleased = "order_released",
    /// The order was refused.
    OrderRejected = "order_rejected" {
        /// Why.
        reason: RejectionReason,
    },
    /// The deadline passed.
    OrderExpired = "order_expired",
    /// Everything is delivered and paid.
    OrderCompleted = "order_completed",
    /// A new reservation is asked for.
    ReservationRequested = "reservation_requested" {
        /// Which.
        reservation: ReservationNo,
        /// What it is to cover.
        lines: Vec<SkuUnits>,
    },
    /// Units are set aside.
    StockReserved = "stock_reserved" {
        /// Which reservation.
        reservation: ReservationNo,
        /// What it covers.
        lines: Vec<SkuUnits>,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// There was not enough for a reservation.
    ReservationRejected = "reservation_rejected" {
        /// Which.
        reservation: ReservationNo,
        /// What there is too little of.
        shortages: Vec<Shortage>,
        /// What is not known.
        unknown: Vec<Sku>,
    },
    /// A reservation lapsed or is not known any more.
    ReservationLost = "reservation_lost" {
        /// Which.
        reservation: ReservationNo,
    },
    /// A reservation is to cover other units.
    ReservationRevisionRequested = "reservation_revision_requested" {
        /// Which.
        reservation: ReservationNo,
        /// What it is to cover.
        lines: Vec<SkuUnits>,
    },
    /// A reservation covers other units.
    ReservationRevised = "reservation_revised" {
        /// Which.
        reservation: ReservationNo,
        /// What it covers.
        lines: Vec<SkuUnits>,
    },
    /// A reservation is to be held for longer.
    ReservationExtensionRequested = "reservation_extension_requested" {
        /// Which.
        reservation: ReservationNo,
    },
    /// A reservation is held for longer.
    ReservationExtended = "reservation_extended" {
        /// Which.
        reservation: ReservationNo,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// The reserved units are to be taken out of stock.
    StockCommitRequested = "stock_commit_requested" {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// The reserved units were taken out of stock.
    StockCommitted = "stock_committed" {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// What is reserved or taken is to be given back.
    StockReleaseRequested = "stock_release_requested" {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// What was reserved or taken was given back.
    StockReleased = "stock_released" {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// There is a payment method to use.
    PaymentMethodChanged = "payment_method_changed" {
        /// The token; stored apart.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// A payment is to be tried.
    AttemptStarted = "attempt_started" {
        /// Its number.
        attempt: AttemptNo,
        /// Minor units.
        amount: Amount,
        /// Whether it is to be captured at once.
        capture: bool,
    },
    /// A payment attempt is about to be sent.
    AttemptDispatched = "attempt_dispatched" {
        /// Which.
        attempt: AttemptNo,
    },
    /// A payment attempt was dropped before it was sent, or was never received.
    AttemptAbandoned = "attempt_abandoned" {
        /// Which.
        attempt: AttemptNo,
    },
    /// The customer has to act with the provider.
    PaymentActionRequired = "payment_action_required" {
        /// Which attempt.
        attempt: AttemptNo,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
    },
    /// The provider holds an amount for us.
    PaymentAuthorized = "payment_authorized" {
        /// Which attempt.
        attempt: AttemptNo,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
        /// Minor units.
        amount: Amount,
    },
    /// The provider took an amount.
    PaymentCaptured = "payment_captured" {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
        /// The provider's id of a capture that we did not ask for.
        external: Option<ProviderId>,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
        /// Minor units.
        amount: Amount,
    },
    /// The provider refused a payment.
    PaymentDeclined = "payment_declined" {
        /// Which attempt.
        attempt: AttemptNo,
        /// Why.
        code: Code,
    },
    /// A payment was sent and no answer came.
    PaymentUnknown = "payment_unknown" {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// An authorization lapsed.
    AuthorizationExpired = "authorization_expired" {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// What is left of an authorization is to be given back.
    VoidRequested = "void_requested" {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// What was left of an authorization was given back.
    PaymentVoided = "payment_voided" {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// An authorized amount is to be taken.
    CaptureRequested = "capture_requested" {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
        /// Minor units.
        amount: Amount,
    },
    /// The provider refused a capture.
    CaptureFailed = "capture_failed" {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
        /// Why.
        code: Code,
    },
    /// A capture was sent and no answer came.
    CaptureUnknown = "capture_unknown" {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
    },
    /// An amount is to go back.
    RefundRequested = "refund_requested" {
        /// Its number.
        refund: RefundNo,
        /// The payment it goes back through.
        attempt: AttemptNo,
        /// Minor units.
        amount: Amount,
        /// What it is for.
        purpose: RefundPurpose,
        /// Why.
        reason: Option<Reason>,
    },
    /// A refund is about to be sent.
    RefundDispatched = "refund_dispatched" {
        /// Which.
        refund: RefundNo,
    },
    /// An amount went back.
    RefundSucceeded = "refund_succeeded" {
        /// Which.
        refund: RefundNo,
        /// The provider's id of the refund.
        provider_id: Option<ProviderId>,
    },
    /// The provider refused a refund.
    RefundFailed = "refund_failed" {
        /// Which.
        refund: RefundNo,
        /// Why.
        code: Code,
    },
    /// A refund was sent and no answer came.
    RefundUnknown = "refund_unknown" {
        /// Which.
        refund: RefundNo,
    },
    /// The order may not go on.
    OrderHeld = "order_held" {
        /// The hold's number.
        hold: HoldNo,
        /// Who placed it.
        origin: HoldOrigin,
        /// Why.
        reason: Option<Reason>,
    },
    /// A hold was released.
    HoldReleased = "hold_released" {
        /// Which.
        hold: HoldNo,
    },
    /// The lines were replaced.
    LinesRevised = "lines_revised" {
        /// The lines from now on.
        lines: Vec<Line>,
        /// The adjustments from now on.
        adjustments: Vec<Adjustment>,
    },
    /// The stock for revised lines is certain.
    RevisionSettled = "revision_settled",
    /// There is no stock for the revised lines: they are as they were.
    RevisionReverted = "revision_reverted" {
        /// What there is too little of.
        shortages: Vec<Shortage>,
    },
    /// It goes elsewhere.
    AddressChanged = "address_changed" {
        /// The address; stored apart.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// Metadata, contact or labels changed.
    DetailsChanged = "details_changed" {
        /// The metadata from now on.
        metadata: Metadata,
        /// The labels from now on.
        labels: BTreeSet<Label>,
        /// The contact, if it changed; stored apart.
        #[serde(skip)]
        personal: PersonalData,
    },
    /// It was decided what is sent together.
    FulfillmentPlanned = "fulfillment_planned" {
        /// Its number.
        fulfillment: FulfillmentNo,
        /// Which units.
        lines: Vec<LineUnits>,
    },
    /// The warehouse is asked for a fulfillment.
    FulfillmentReleased = "fulfillment_released" {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse is asked to call a fulfillment back.
    FulfillmentRecallRequested = "fulfillment_recall_requested" {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// A fulfillment will not be sent.
    FulfillmentCancelled = "fulfillment_cancelled" {
        /// Which.
        fulfillment: FulfillmentNo,
        /// Why, where the warehouse refused it.
        code: Option<Code>,
    },
    /// Units have left.
    FulfillmentShipped = "fulfillment_shipped" {
        /// Which fulfillment.
        fulfillment: FulfillmentNo,
        /// The units that count towards lines.
        lines: Vec<LineUnits>,
        /// Units sent although not ordered, or not any more.
        excess: Vec<SkuUnits>,
        /// Who carries them.
        tracking: Tracking,
    },
    /// Who carries a shipment, and how it is followed, is known better.
    TrackingUpdated = "tracking_updated" {
        /// Which.
        fulfillment: FulfillmentNo,
        /// All particulars from now on.
        tracking: Tracking,
    },
    /// A shipment has arrived.
    FulfillmentDelivered = "fulfillment_delivered" {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// A shipment was lost; its units are open again.
    FulfillmentLost = "fulfillment_lost" {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// Some units were cancelled.
    LinesCancelled = "lines_cancelled" {
        /// Which.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Option<Reason>,
    },
    /// A cancel was accepted.
    CancelRequested = "cancel_requested" {
        /// Why.
        reason: Option<Reason>,
    },
    /// The order is cancelled; nothing is kept.
    OrderCancelled = "order_cancelled",
    /// Undoing something fails again and again. It goes on being tried.
    CompensationStuck = "compensation_stuck" {
        /// What is being undone.
        effect: Code,
    },
    /// Something was reported that contradicts where the order stands. What follows from it follows
    /// in events of its own.
    LateFactRecorded = "late_fact_recorded" {
        /// What was reported.
        fact: FactKind,
        /// The reservation it was about, if any: it is released again.
        reservation: Option<ReservationNo>,
    },
    /// Units are to come back.
    ReturnRequested = "return_requested" {
        /// The return's number.
        return_no: ReturnNo,
        /// Which.
        lines: Vec<LineUnits>,
        /// Why.
        reason: Option<Reason>,
    },
    /// A return is agreed.
    ReturnApproved = "return_approved" {
        /// Which.
        return_no: ReturnNo,
    },
    /// A return is not agreed.
    ReturnRejected = "return_rejected" {
        /// Which.
        return_no: ReturnNo,
        /// Why.
        reason: Option<Reason>,
    },
    /// A return was withdrawn.
    ReturnCancelled = "return_cancelled" {
        /// Which.
        return_no: ReturnNo,
    },
    /// The units of a return are here.
    ReturnReceived = "return_received" {
        /// Which.
        return_no: ReturnNo,
        /// Whether they go into stock again.
        restocked: bool,
        /// Minor units the customer is credited.
        credit: Amount,
    },
    /// Nothing is left to be done for a return.
    ReturnClosed = "return_closed" {
        /// Which.
        return_no: ReturnNo,
    },
    /// The order is to be deleted once it is cancelled.
    DeletionRequested = "deletion_requested",
    /// The order is deleted.
    OrderDeleted = "order_deleted",
    /// Address, contact and payment token are gone.
    PersonalDataErased = "personal_data_erased",
}

impl Happening {
    /// The personal data that belongs to it and is stored beside it.
    #[must_use]
    pub fn personal(&self) -> Option<&PersonalData> {
        match self {
            Self::OrderPlaced(placement) => Some(&placement.personal),
            Self::OrderImported(order) => Some(&order.personal),
            Self::PaymentMethodChanged { personal }
            | Self::AddressChanged { personal }
            | Self::DetailsChanged { personal, .. } => Some(personal),
            _ => None,
        }
        .filter(|personal| !personal.is_empty())
    }

    pub(crate) fn set_personal(&mut self, data: PersonalData) {
        match self {
            Self::OrderPlaced(placement) => placement.personal = data,
            Self::OrderImported(order) => order.personal = data,
            Self::PaymentMethodChanged { personal }
            | Self::AddressChanged { personal }
            | Self::DetailsChanged { personal, .. } => *personal = data,
            _ => {}
        }
    }
}
