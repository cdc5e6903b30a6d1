//! The order: what its events add up to.
//!
//! An [`Order`] is read through its getters and changed by [`apply`](crate::apply) alone. It holds
//! no rule about what may happen next (that is [`decide`](fn@crate::decide)); it does know what its
//! parts add up to: totals, the ledger, the derived statuses.

mod adjustment;
mod fulfillment;
mod hold;
mod ledger;
mod line;
mod metadata;
mod payment;
mod personal;
mod refund;
mod reservation;
mod returns;
mod status;
mod stock;
mod totals;

pub use adjustment::{Adjustment, AdjustmentKind};
pub use fulfillment::{Fulfillment, FulfillmentState, Tracking};
pub use hold::{Hold, HoldOrigin};
pub use ledger::Ledger;
pub use line::{Line, LineUnits, PricedLine};
pub use metadata::Metadata;
pub use payment::{AttemptState, Capture, CaptureState, PaymentAttempt};
pub use personal::{Address, Contact, PersonalData};
pub use refund::{Refund, RefundPurpose, RefundState};
pub use reservation::{Reservation, ReservationState, StockWork};
pub use returns::{Return, ReturnState};
pub use status::{FulfillmentStatus, OrderStatus, PaymentStatus, ReturnStatus};
pub use stock::{Shortage, SkuUnits, merge_by_sku};
pub use totals::Totals;
pub(crate) use totals::totals_fit;

use crate::money::{Amount, Currency};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::{
    AttemptNo, CustomerId, ExternalReference, FulfillmentNo, HoldNo, Label, LineId, OrderId,
    Reason, RefundNo, ReturnNo, StorefrontId, Version,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is known of the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomerCheck {
    /// The customer service has not answered yet.
    Pending,
    /// The customer service knows the customer, who may order.
    Verified,
    /// Accepted without an answer, as the storefront's outage policy allows.
    Unverified,
}

/// An accepted cancel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancellation {
    /// Why, in the words of whoever cancelled.
    pub reason: Option<Reason>,
    /// When the cancel was accepted.
    pub requested_at: Timestamp,
    /// Whether undoing it has failed so often that a person should look.
    pub stuck: bool,
}

/// The mark of a soft delete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deletion {
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the order was settled and the mark was set.
    pub deleted_at: Option<Timestamp>,
}

/// What the lines were before a revision whose stock is not yet certain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Revision {
    /// The lines to return to.
    pub lines: Vec<Line>,
    /// The adjustments to return to.
    pub adjustments: Vec<Adjustment>,
}

/// An order of one customer at one storefront, in one currency for ever.
///
/// Its key is the storefront and the id. Amounts are minor units of [`currency`](Self::currency).
/// Serialized it carries no personal data: stores keep [`personal`](Self::personal) apart, and put
/// it back with [`with_personal`](Self::with_personal).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    pub(crate) id: OrderId,
    pub(crate) storefront: StorefrontId,
    pub(crate) version: Version,
    pub(crate) status: OrderStatus,
    pub(crate) customer_id: CustomerId,
    pub(crate) customer: CustomerCheck,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<Line>,
    pub(crate) adjustments: Vec<Adjustment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) revision: Option<Box<Revision>>,
    pub(crate) reservation: Option<Reservation>,
    pub(crate) payments: Vec<PaymentAttempt>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) fulfillments: Vec<Fulfillment>,
    pub(crate) returns: Vec<Return>,
    pub(crate) holds: Vec<Hold>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) pending_on: BTreeSet<Dependency>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) labels: BTreeSet<Label>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_reference: Option<ExternalReference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deadline: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancellation: Option<Cancellation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<Deletion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) erased_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) payment_method_ready: bool,
    pub(crate) placed_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    #[serde(skip)]
    pub(crate) personal: PersonalData,
}

impl Order {
    /// The id, unique in every storefront.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.id
    }

    /// The storefront it was placed at.
    #[must_use]
    pub const fn storefront(&self) -> &StorefrontId {
        &self.storefront
    }

    /// How many events it is made of.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Where it stands. Moved by events alone.
    #[must_use]
    pub const fn status(&self) -> OrderStatus {
        self.status
    }

    /// Who ordered.
    #[must_use]
    pub const fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// What is known of the customer.
    #[must_use]
    pub const fn customer(&self) -> CustomerCheck {
        self.customer
    }

    /// The currency of every amount in it.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines, in the order they were asked for.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line with this id.
    #[must_use]
    pub fn line(&self, id: LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Shipping, tax, discounts and fees.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// The stock set aside for it.
    #[must_use]
    pub const fn reservation(&self) -> Option<&Reservation> {
        self.reservation.as_ref()
    }

    /// Whether lines were revised and the stock for them is not yet certain.
    #[must_use]
    pub const fn revision_pending(&self) -> bool {
        self.revision.is_some()
    }

    /// Every attempt to take payment, oldest first.
    #[must_use]
    pub fn payments(&self) -> &[PaymentAttempt] {
        &self.payments
    }

    /// The attempt with this number.
    #[must_use]
    pub fn payment(&self, no: AttemptNo) -> Option<&PaymentAttempt> {
        self.payments.iter().find(|attempt| attempt.no == no)
    }

    /// Every refund, oldest first.
    #[must_use]
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// The refund with this number.
    #[must_use]
    pub fn refund(&self, no: RefundNo) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.no == no)
    }

    /// What was planned, asked of the warehouse, shipped and delivered, oldest first.
    #[must_use]
    pub fn fulfillments(&self) -> &[Fulfillment] {
        &self.fulfillments
    }

    /// The fulfillment with this number.
    #[must_use]
    pub fn fulfillment(&self, no: FulfillmentNo) -> Option<&Fulfillment> {
        self.fulfillments.iter().find(|one| one.no == no)
    }

    /// Every return, oldest first.
    #[must_use]
    pub fn returns(&self) -> &[Return] {
        &self.returns
    }

    /// The return with this number.
    #[must_use]
    pub fn return_with(&self, no: ReturnNo) -> Option<&Return> {
        self.returns.iter().find(|one| one.no == no)
    }

    /// Every hold, those already released among them.
    #[must_use]
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// The hold with this number.
    #[must_use]
    pub fn hold(&self, no: HoldNo) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.no == no)
    }

    /// Whether a hold keeps it from going on.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.holds.iter().any(Hold::is_active)
    }

    /// The outside services it waits for because they could not be reached.
    #[must_use]
    pub const fn pending_on(&self) -> &BTreeSet<Dependency> {
        &self.pending_on
    }

    /// The caller's own data.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The embedder's own marks. They never decide anything here.
    #[must_use]
    pub const fn labels(&self) -> &BTreeSet<Label> {
        &self.labels
    }

    /// Its name in the system it was imported from.
    #[must_use]
    pub const fn external_reference(&self) -> Option<&ExternalReference> {
        self.external_reference.as_ref()
    }

    /// When it expires if it is not released by then.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// The accepted cancel, if there is one.
    #[must_use]
    pub const fn cancellation(&self) -> Option<&Cancellation> {
        self.cancellation.as_ref()
    }

    /// The soft delete asked for or done.
    #[must_use]
    pub const fn deletion(&self) -> Option<&Deletion> {
        self.deletion.as_ref()
    }

    /// When it was deleted, if it is.
    #[must_use]
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deletion.and_then(|deletion| deletion.deleted_at)
    }

    /// When the personal data was erased, if it was.
    #[must_use]
    pub const fn erased_at(&self) -> Option<Timestamp> {
        self.erased_at
    }

    /// Whether a payment method is there that was not used yet.
    #[must_use]
    pub const fn payment_method_ready(&self) -> bool {
        self.payment_method_ready
    }

    /// When it was placed.
    #[must_use]
    pub const fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    /// When its last event happened.
    #[must_use]
    pub const fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Addresses, contact and payment token: all that erasure removes.
    #[must_use]
    pub const fn personal(&self) -> &PersonalData {
        &self.personal
    }

    /// The same order with its personal data put back, as a store does after reading both.
    #[must_use]
    pub fn with_personal(self, personal: PersonalData) -> Self {
        Self { personal, ..self }
    }

    /// Whether it waits for an outside service that could not be reached.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        !self.pending_on.is_empty()
            && matches!(self.status, OrderStatus::Pending | OrderStatus::Confirmed)
    }

    /// Whether nothing was shipped, by plan or against it.
    #[must_use]
    pub fn nothing_shipped(&self) -> bool {
        !self.fulfillments.iter().any(Fulfillment::has_left)
    }

    /// Whether the warehouse was asked for nothing that still stands, and nothing has left it.
    #[must_use]
    pub fn nothing_released(&self) -> bool {
        !self
            .fulfillments
            .iter()
            .any(|one| one.has_left() || one.state == FulfillmentState::Released)
    }

    /// Whether a payment attempt is under way or its outcome unknown.
    #[must_use]
    pub fn has_open_attempt(&self) -> bool {
        self.payments.iter().any(PaymentAttempt::is_open)
    }

    /// Whether a payment attempt was sent, or is about to be, and its outcome is open.
    #[must_use]
    pub fn has_sent_attempt(&self) -> bool {
        self.payments
            .iter()
            .any(|attempt| attempt.is_open() && attempt.state != AttemptState::Created)
    }

    /// Whether a return is neither closed, rejected nor cancelled.
    #[must_use]
    pub fn has_open_return(&self) -> bool {
        self.returns.iter().any(Return::is_open)
    }

    /// Units of a line that may still be planned, shipped or cancelled.
    #[must_use]
    pub fn open_units(&self, line: &Line) -> u32 {
        line.unshipped().saturating_sub(self.planned_units(line.id))
    }

    /// Units of a line in fulfillments that are planned or released and have not left.
    #[must_use]
    pub fn planned_units(&self, line: LineId) -> u32 {
        self.fulfillments
            .iter()
            .filter(|one| one.is_waiting())
            .flat_map(|one| &one.lines)
            .filter(|units| units.line == line)
            .fold(0, |sum, units| sum.saturating_add(units.units))
    }

    /// The amount of the goods alone that are still ordered, whatever is owed for them by now.
    #[must_use]
    pub fn goods(&self) -> Amount {
        self.totals().lines
    }
}
