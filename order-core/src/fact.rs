//! What the outside world reports. A fact is never refused.

use crate::money::Amount;
use crate::order::{PricedLine, Shortage, SkuUnits, Tracking};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{
    AttemptNo, CaptureNo, Code, FulfillmentNo, ProviderId, RefundNo, ReservationNo, Sku,
};

/// Which capture a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CaptureRef {
    /// The payment was captured as it was made.
    AtOnce,
    /// A capture that we asked for.
    Ours(CaptureNo),
    /// A capture somebody else asked for, by the provider's id.
    Theirs(ProviderId),
}

/// Something that has happened outside and is so, whatever the order thinks of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fact {
    /// The customer exists and may order.
    CustomerVerified,
    /// The customer does not exist, or may not order.
    CustomerRejected {
        /// Why: `unknown_customer`, `customer_blocked`.
        code: Code,
    },
    /// The customer service cannot be reached, and the policy accepts that.
    CustomerUnverified,
    /// The inventory service has quoted names and prices.
    LinesPriced {
        /// The quotes.
        lines: Vec<PricedLine>,
    },
    /// The inventory service cannot quote: it knows no such product, or sells it in another currency.
    PricingRejected {
        /// The products.
        skus: Vec<Sku>,
        /// Why: `unknown_sku`, `currency_mismatch`.
        code: Code,
    },
    /// Units are set aside.
    StockReserved {
        /// Which reservation.
        reservation: ReservationNo,
        /// What it covers.
        lines: Vec<SkuUnits>,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// There is not enough; nothing is set aside.
    StockRejected {
        /// Which reservation.
        reservation: ReservationNo,
        /// What was asked for.
        lines: Vec<SkuUnits>,
        /// What there is too little of.
        shortages: Vec<Shortage>,
        /// What is not known at all.
        unknown: Vec<Sku>,
    },
    /// A reservation covers these units now.
    StockRevised {
        /// Which reservation.
        reservation: ReservationNo,
        /// What it covers.
        lines: Vec<SkuUnits>,
    },
    /// There is not enough for the change; the reservation is as it was.
    StockRevisionRejected {
        /// Which reservation.
        reservation: ReservationNo,
        /// What there is too little of.
        shortages: Vec<Shortage>,
    },
    /// A reservation is held for longer.
    StockExtended {
        /// Which reservation.
        reservation: ReservationNo,
        /// When it lapses.
        expires_at: Timestamp,
    },
    /// The units were taken out of stock.
    StockCommitted {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// The units went back into stock, or were never taken.
    StockReleased {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// A reservation lapsed, or the inventory service does not know it.
    ReservationExpired {
        /// Which reservation.
        reservation: ReservationNo,
    },
    /// An outside service cannot be reached.
    DependencyDeferred {
        /// Which.
        dependency: Dependency,
    },
    /// An outside service cannot be reached, and the policy is not to wait.
    DependencyRefused {
        /// Which.
        dependency: Dependency,
    },
    /// The order's deadline has passed.
    DeadlinePassed,
    /// A payment attempt is about to be sent.
    AttemptDispatched {
        /// Which.
        attempt: AttemptNo,
    },
    /// The customer has to act with the provider.
    PaymentActionRequired {
        /// Which attempt.
        attempt: AttemptNo,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
    },
    /// The provider holds an amount for us.
    PaymentAuthorized {
        /// Which attempt.
        attempt: AttemptNo,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
        /// Minor units.
        amount: Amount,
    },
    /// The provider took an amount.
    PaymentCaptured {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureRef,
        /// The provider's id of the payment.
        provider_id: Option<ProviderId>,
        /// Minor units.
        amount: Amount,
    },
    /// The provider refused a payment.
    PaymentDeclined {
        /// Which attempt.
        attempt: AttemptNo,
        /// Why.
        code: Code,
    },
    /// A payment was sent and no answer came.
    PaymentUnknown {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// The provider gave an authorization back.
    PaymentVoided {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// The provider has nothing under our reference, and nothing will be sent any more.
    PaymentNotFound {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// An authorization lapsed.
    AuthorizationExpired {
        /// Which attempt.
        attempt: AttemptNo,
    },
    /// The provider refused a capture.
    CaptureFailed {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
        /// Why.
        code: Code,
    },
    /// A capture was sent and no answer came.
    CaptureUnknown {
        /// Which attempt.
        attempt: AttemptNo,
        /// Which capture of it.
        capture: CaptureNo,
    },
    /// A refund is about to be sent.
    RefundDispatched {
        /// Which.
        refund: RefundNo,
    },
    /// The provider paid an amount back.
    RefundSucceeded {
        /// Which.
        refund: RefundNo,
        /// The provider's id of the refund.
        provider_id: Option<ProviderId>,
    },
    /// The provider refused a refund.
    RefundFailed {
        /// Which.
        refund: RefundNo,
        /// Why.
        code: Code,
    },
    /// A refund was sent and no answer came.
    RefundUnknown {
        /// Which.
        refund: RefundNo,
    },
    /// Units have left the warehouse.
    ShipmentConfirmed {
        /// The fulfillment they were planned as, where the warehouse says.
        fulfillment: Option<FulfillmentNo>,
        /// Which units; none: those of the fulfillment, or all that are open.
        lines: Option<Vec<SkuUnits>>,
        /// Who carries them.
        tracking: Tracking,
    },
    /// Who carries a shipment, and how it is followed, is known better.
    TrackingUpdated {
        /// Which.
        fulfillment: FulfillmentNo,
        /// The new particulars.
        tracking: Tracking,
    },
    /// A shipment has arrived.
    DeliveryConfirmed {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// A shipment was lost on the way.
    ShipmentLost {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse called a fulfillment back, or never had it.
    FulfillmentRecalled {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse cannot call a fulfillment back: it has left.
    RecallRefused {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse refused a fulfillment.
    FulfillmentRefused {
        /// Which.
        fulfillment: FulfillmentNo,
        /// Why.
        code: Code,
    },
    /// Undoing something has failed as often as the policy bears. It goes on being tried.
    CompensationFailed {
        /// What is being undone, as its effect is named.
        effect: Code,
    },
}

coded! {
    /// Which fact, without what it carries.
    pub enum FactKind as "fact" {
        /// [`Fact::CustomerVerified`].
        CustomerVerified = "customer_verified",
        /// [`Fact::CustomerRejected`].
        CustomerRejected = "customer_rejected",
        /// [`Fact::CustomerUnverified`].
        CustomerUnverified = "customer_unverified",
        /// [`Fact::LinesPriced`].
        LinesPriced = "lines_priced",
        /// [`Fact::PricingRejected`].
        PricingRejected = "pricing_rejected",
        /// [`Fact::StockReserved`].
        StockReserved = "stock_reserved",
        /// [`Fact::StockRejected`].
        StockRejected = "stock_rejected",
        /// [`Fact::StockRevised`].
        StockRevised = "stock_revised",
        /// [`Fact::StockRevisionRejected`].
        StockRevisionRejected = "stock_revision_rejected",
        /// [`Fact::StockExtended`].
        StockExtended = "stock_extended",
        /// [`Fact::StockCommitted`].
        StockCommitted = "stock_committed",
        /// [`Fact::StockReleased`].
        StockReleased = "stock_released",
        /// [`Fact::ReservationExpired`].
        ReservationExpired = "reservation_expired",
        /// [`Fact::DependencyDeferred`].
        DependencyDeferred = "dependency_deferred",
        /// [`Fact::DependencyRefused`].
        DependencyRefused = "dependency_refused",
        /// [`Fact::DeadlinePassed`].
        DeadlinePassed = "deadline_passed",
        /// [`Fact::AttemptDispatched`].
        AttemptDispatched = "attempt_dispatched",
        /// [`Fact::PaymentActionRequired`].
        PaymentActionRequired = "payment_action_required",
        /// [`Fact::PaymentAuthorized`].
        PaymentAuthorized = "payment_authorized",
        /// [`Fact::PaymentCaptured`].
        PaymentCaptured = "payment_captured",
        /// [`Fact::PaymentDeclined`].
        PaymentDeclined = "payment_declined",
        /// [`Fact::PaymentUnknown`].
        PaymentUnknown = "payment_unknown",
        /// [`Fact::PaymentVoided`].
        PaymentVoided = "payment_voided",
        /// [`Fact::PaymentNotFound`].
        PaymentNotFound = "payment_not_found",
        /// [`Fact::AuthorizationExpired`].
        AuthorizationExpired = "authorization_expired",
        /// [`Fact::CaptureFailed`].
        CaptureFailed = "capture_failed",
        /// [`Fact::CaptureUnknown`].
        CaptureUnknown = "capture_unknown",
        /// [`Fact::RefundDispatched`].
        RefundDispatched = "refund_dispatched",
        /// [`Fact::RefundSucceeded`].
        RefundSucceeded = "refund_succeeded",
        /// [`Fact::RefundFailed`].
        RefundFailed = "refund_failed",
        /// [`Fact::RefundUnknown`].
        RefundUnknown = "refund_unknown",
        /// [`Fact::ShipmentConfirmed`].
        ShipmentConfirmed = "shipment_confirmed",
        /// [`Fact::TrackingUpdated`].
        TrackingUpdated = "tracking_updated",
        /// [`Fact::DeliveryConfirmed`].
        DeliveryConfirmed = "delivery_confirmed",
        /// [`Fact::ShipmentLost`].
        ShipmentLost = "shipment_lost",
        /// [`Fact::FulfillmentRecalled`].
        FulfillmentRecalled = "fulfillment_recalled",
        /// [`Fact::RecallRefused`].
        RecallRefused = "recall_refused",
        /// [`Fact::FulfillmentRefused`].
        FulfillmentRefused = "fulfillment_refused",
        /// [`Fact::CompensationFailed`].
        CompensationFailed = "compensation_failed",
    }
}

impl Fact {
    /// Which fact it is.
    #[must_use]
    pub const fn kind(&self) -> FactKind {
        match self {
            Self::CustomerVerified => FactKind::CustomerVerified,
            Self::CustomerRejected { .. } => FactKind::CustomerRejected,
            Self::CustomerUnverified => FactKind::CustomerUnverified,
            Self::LinesPriced { .. } => FactKind::LinesPriced,
            Self::PricingRejected { .. } => FactKind::PricingRejected,
            Self::StockReserved { .. } => FactKind::StockReserved,
            Self::StockRejected { .. } => FactKind::StockRejected,
            Self::StockRevised { .. } => FactKind::StockRevised,
            Self::StockRevisionRejected { .. } => FactKind::StockRevisionRejected,
            Self::StockExtended { .. } => FactKind::StockExtended,
            Self::StockCommitted { .. } => FactKind::StockCommitted,
            Self::StockReleased { .. } => FactKind::StockReleased,
            Self::ReservationExpired { .. } => FactKind::ReservationExpired,
            Self::DependencyDeferred { .. } => FactKind::DependencyDeferred,
            Self::DependencyRefused { .. } => FactKind::DependencyRefused,
            Self::DeadlinePassed => FactKind::DeadlinePassed,
            Self::AttemptDispatched { .. } => FactKind::AttemptDispatched,
            Self::PaymentActionRequired { .. } => FactKind::PaymentActionRequired,
            Self::PaymentAuthorized { .. } => FactKind::PaymentAuthorized,
            Self::PaymentCaptured { .. } => FactKind::PaymentCaptured,
            Self::PaymentDeclined { .. } => FactKind::PaymentDeclined,
            Self::PaymentUnknown { .. } => FactKind::PaymentUnknown,
            Self::PaymentVoided { .. } => FactKind::PaymentVoided,
            Self::PaymentNotFound { .. } => FactKind::PaymentNotFound,
            Self::AuthorizationExpired { .. } => FactKind::AuthorizationExpired,
            Self::CaptureFailed { .. } => FactKind::CaptureFailed,
            Self::CaptureUnknown { .. } => FactKind::CaptureUnknown,
            Self::RefundDispatched { .. } => FactKind::RefundDispatched,
            Self::RefundSucceeded { .. } => FactKind::RefundSucceeded,
            Self::RefundFailed { .. } => FactKind::RefundFailed,
            Self::RefundUnknown { .. } => FactKind::RefundUnknown,
            Self::ShipmentConfirmed { .. } => FactKind::ShipmentConfirmed,
            Self::TrackingUpdated { .. } => FactKind::TrackingUpdated,
            Self::DeliveryConfirmed { .. } => FactKind::DeliveryConfirmed,
            Self::ShipmentLost { .. } => FactKind::ShipmentLost,
            Self::FulfillmentRecalled { .. } => FactKind::FulfillmentRecalled,
            Self::RecallRefused { .. } => FactKind::RecallRefused,
            Self::FulfillmentRefused { .. } => FactKind::FulfillmentRefused,
            Self::CompensationFailed { .. } => FactKind::CompensationFailed,
        }
    }
}
