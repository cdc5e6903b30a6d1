//! Facts: what external services, people and time report about an order.
//!
//! A fact is never refused: it has happened, whatever the state of the order. The events
//! that it becomes are in [`record`](mod@crate::record).

use crate::dependency::Dependency;
use crate::money::Amount;
use crate::order::{PricedLine, Shortage, SkuQuantity, Tracking};
use crate::time::Timestamp;
use crate::value::{
    CaptureNo, Code, FulfillmentNo, PaymentAttemptNo, ProviderId, RefundNo, ReservationNo, Sku,
};

/// Identifies the capture that a fact is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CaptureRef {
    /// The provider reported the payment as captured without naming a capture.
    Immediate,
    /// A capture that this system requested, by its number.
    Requested(CaptureNo),
    /// A capture that somebody else requested, by the provider's id.
    External(ProviderId),
}

/// Something that has happened outside of the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fact {
    /// The customer exists and may order.
    CustomerVerified,
    /// The customer does not exist, or may not order.
    CustomerRejected {
        /// `unknown_customer` or `customer_blocked`.
        code: Code,
    },
    /// The customer service is unavailable, and the policy accepts the customer unverified.
    CustomerUnverified,
    /// The inventory service quoted names and prices.
    LinesPriced {
        /// One quote for each line.
        lines: Vec<PricedLine>,
    },
    /// The inventory service cannot quote a price.
    PricingRejected {
        /// The SKUs without a quote.
        skus: Vec<Sku>,
        /// `unknown_sku` or `currency_mismatch`.
        code: Code,
    },
    /// Stock was reserved.
    StockReserved {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Reserved units.
        lines: Vec<SkuQuantity>,
        /// When the reservation expires.
        expires_at: Timestamp,
    },
    /// Stock could not be reserved; no unit is reserved.
    StockRejected {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units that were requested.
        lines: Vec<SkuQuantity>,
        /// SKUs with fewer units available than requested.
        shortages: Vec<Shortage>,
        /// SKUs that the inventory service does not know.
        unknown: Vec<Sku>,
    },
    /// The units of a reservation were changed.
    StockRevised {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// Units that the reservation has.
        lines: Vec<SkuQuantity>,
    },
    /// The units of a reservation could not be changed; the reservation is as before.
    StockRevisionRejected {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// SKUs with fewer units available than requested.
        shortages: Vec<Shortage>,
    },
    /// A reservation was extended.
    StockExtended {
        /// Number of the reservation.
        reservation: ReservationNo,
        /// When the reservation expires.
        expires_at: Timestamp,
    },
    /// The reserved units were deducted from stock for good (stock commit).
    StockCommitted {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// The units of a reservation were released, or never reserved.
    StockReleased {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// A reservation expired, or the inventory service does not know it.
    ReservationExpired {
        /// Number of the reservation.
        reservation: ReservationNo,
    },
    /// An external service is unavailable, and the order waits for it.
    DependencyDeferred {
        /// The service that is unavailable.
        dependency: Dependency,
    },
    /// An external service is unavailable, and the policy is to reject the order.
    DependencyRefused {
        /// The service that is unavailable.
        dependency: Dependency,
    },
    /// The order's deadline passed.
    DeadlinePassed,
    /// A payment attempt is about to be sent, and may reach the provider from now on.
    AttemptDispatched {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The customer has to act, such as by confirming the payment with the bank (3-D Secure).
    PaymentActionRequired {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
    },
    /// The provider authorized a payment.
    PaymentAuthorized {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
        /// In minor units of the order's currency.
        amount: Amount,
    },
    /// The provider captured an amount.
    PaymentCaptured {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Identifies the capture.
        capture: CaptureRef,
        /// The provider's id of the payment, if it was reported.
        provider_id: Option<ProviderId>,
        /// In minor units of the order's currency.
        amount: Amount,
    },
    /// The provider declined a payment.
    PaymentDeclined {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A payment was sent and its outcome is unknown.
    PaymentUnknown {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The provider voided the uncaptured rest of an authorization.
    PaymentVoided {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The provider knows no payment under the attempt's reference, and the attempt is not sent again.
    PaymentNotFound {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// An authorization expired at the provider.
    AuthorizationExpired {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
    },
    /// The provider refused a capture.
    CaptureFailed {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A capture was sent and its outcome is unknown.
    CaptureUnknown {
        /// Number of the payment attempt.
        attempt: PaymentAttemptNo,
        /// Number of the capture within the attempt.
        capture: CaptureNo,
    },
    /// A refund is about to be sent, and may reach the provider from now on.
    RefundDispatched {
        /// Number of the refund.
        refund: RefundNo,
    },
    /// The provider refunded an amount.
    RefundSucceeded {
        /// Number of the refund.
        refund: RefundNo,
        /// The provider's id of the refund, if it was reported.
        provider_id: Option<ProviderId>,
    },
    /// The provider refused a refund.
    RefundFailed {
        /// Number of the refund.
        refund: RefundNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A refund was sent and its outcome is unknown.
    RefundUnknown {
        /// Number of the refund.
        refund: RefundNo,
    },
    /// Units left the warehouse.
    ShipmentConfirmed {
        /// The fulfillment they belong to; absent if the warehouse does not say.
        fulfillment: Option<FulfillmentNo>,
        /// Shipped units; absent: those of the fulfillment, or without one all unshipped units.
        lines: Option<Vec<SkuQuantity>>,
        /// Carrier and tracking data, as far as known.
        tracking: Tracking,
    },
    /// Carrier or tracking data of a shipment changed.
    TrackingUpdated {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// The new data; what it leaves out stays as it was.
        tracking: Tracking,
    },
    /// A shipment was delivered.
    DeliveryConfirmed {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// A shipment was lost in transit.
    ShipmentLost {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse recalled a fulfillment, or never had it.
    FulfillmentRecalled {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse cannot recall a fulfillment: it has shipped.
    RecallRefused {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// The warehouse refused a fulfillment.
    FulfillmentRefused {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// The code of the refusal, as the service gave it.
        code: Code,
    },
    /// A compensation failed as often as the policy allows before it is reported; it is retried
    /// nonetheless.
    CompensationFailed {
        /// The name of the effect that keeps failing.
        effect: Code,
    },
}

string_enum! {
    /// The kind of a [`Fact`], without its data.
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
    /// Returns the kind of this fact.
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
