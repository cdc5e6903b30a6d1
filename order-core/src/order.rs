//! The order aggregate: the fold of its events.
//!
//! An [`Order`] is read through its getters; only [`apply`](crate::apply) changes it. It computes
//! what follows from its parts (totals, balance, derived statuses), but contains no rule about what
//! may happen next: that is [`decide`](fn@crate::decide).
//!
//! | file | has |
//! |---|---|
//! | `line`, `adjustment`, `totals` | what is ordered, and what it costs |
//! | `worth` | what each unit is worth: the one allocation of adjustments |
//! | `payment`, `refund`, `balance` | payment attempts with captures, refunds, and what is owed |
//! | `stock`, `reservation` | units by SKU, and their reservation |
//! | `fulfillment`, `returns`, `hold` | what is shipped, what is sent back, what stops the order |
//! | `personal`, `metadata` | what erasure removes, and the caller's own data |
//! | `status` | the stored status and the three derived ones |

mod adjustment;
mod balance;
mod fulfillment;
mod hold;
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
mod worth;

pub use adjustment::{Adjustment, AdjustmentKind};
pub use balance::Balance;
pub use fulfillment::{Fulfillment, ShipmentStatus, Tracking};
pub use hold::{Hold, HoldOrigin};
pub use line::{LineQuantity, LineSelector, OrderLine, PricedLine, UnitSelection};
pub use metadata::Metadata;
pub(crate) use payment::capture_method;
pub use payment::{Capture, CaptureMethod, CaptureStatus, PaymentAttempt, PaymentAttemptStatus};
pub use personal::{Address, Contact, PersonalData};
pub use refund::{Refund, RefundKind, RefundOffset, RefundPurpose, RefundStatus};
pub use reservation::{Reservation, ReservationOperation, ReservationStatus};
pub use returns::{Return, ReturnRequestStatus};
pub use status::{FulfillmentStatus, OrderStatus, PaymentStatus, ReturnStatus};
pub use stock::{Shortage, SkuQuantity, merge_by_sku};
pub use totals::Totals;
pub(crate) use worth::{SumsError, Valuation, check_sums};

use crate::dependency::Dependency;
use crate::money::Currency;
use crate::reference::Reference;
use crate::time::Timestamp;
use crate::value::{
    CustomerId, ExternalReference, FulfillmentNo, HoldNo, Label, LineNo, OrderId, PaymentAttemptNo,
    PlacementId, Reason, RefundNo, ReservationNo, ReturnNo, StorefrontId, Version,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The result of verifying the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CustomerVerification {
    /// The customer service has not answered yet.
    Pending,
    /// The customer service knows the customer and allows orders.
    Verified,
    /// Accepted without verification, as the storefront's outage policy allows.
    Unverified,
}

/// An accepted cancel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cancellation {
    /// The reason given with the command; `None` if there was none.
    pub reason: Option<Reason>,
    /// The time the cancel was accepted.
    pub requested_at: Timestamp,
    /// Whether its compensation failed as often as the storefront's `stuck_after`, so that a person
    /// should look at it.
    pub stuck: bool,
}

/// A soft delete, requested or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deletion {
    /// The time it was requested.
    pub requested_at: Timestamp,
    /// `None` until the order is settled and the deletion is done.
    pub deleted_at: Option<Timestamp>,
}

/// The state before a revision of the lines, until the stock for the new lines is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Revision {
    /// The previous lines, restored if there is not enough stock.
    pub lines: Vec<OrderLine>,
    /// The previous adjustments, restored with the lines.
    pub adjustments: Vec<Adjustment>,
    /// What the revision offset of refunds, undone if the lines are restored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<RefundOffset>,
}

/// An order of one customer at one storefront, in a currency that never changes.
///
/// Identified by storefront and id. Amounts are in minor units of [`currency`](Self::currency). The
/// serialized form contains no personal data: stores keep [`personal`](Self::personal) apart, and
/// add it again with [`with_personal`](Self::with_personal).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Order {
    pub(crate) id: OrderId,
    pub(crate) storefront: StorefrontId,
    pub(crate) version: Version,
    pub(crate) status: OrderStatus,
    pub(crate) customer_id: CustomerId,
    #[serde(rename = "customer")]
    pub(crate) customer_verification: CustomerVerification,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<OrderLine>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) placement: Option<PlacementId>,
    pub(crate) placed_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    #[serde(skip)]
    pub(crate) personal: PersonalData,
}

impl Order {
    /// Returns the id, unique within its storefront.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.id
    }

    /// Returns the storefront it was placed at.
    #[must_use]
    pub const fn storefront(&self) -> &StorefrontId {
        &self.storefront
    }

    /// Returns the version: the number of its events.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns the stored status.
    #[must_use]
    pub const fn status(&self) -> OrderStatus {
        self.status
    }

    /// Returns the customer's id.
    #[must_use]
    pub const fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// Returns the result of verifying the customer.
    #[must_use]
    pub const fn customer_verification(&self) -> CustomerVerification {
        self.customer_verification
    }

    /// Returns the currency of every amount in it.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// Returns the lines, in the order of the request.
    #[must_use]
    pub fn lines(&self) -> &[OrderLine] {
        &self.lines
    }

    /// Returns the line with this number.
    #[must_use]
    pub fn line(&self, id: LineNo) -> Option<&OrderLine> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// Returns shipping, tax, discounts and fees.
    #[must_use]
    pub fn adjustments(&self) -> &[Adjustment] {
        &self.adjustments
    }

    /// Returns the latest stock reservation, whatever its status; `None` before the first.
    #[must_use]
    pub const fn reservation(&self) -> Option<&Reservation> {
        self.reservation.as_ref()
    }

    /// Returns the reference of the reservation with this number at the inventory service.
    #[must_use]
    pub fn reservation_reference(&self, no: ReservationNo) -> Reference {
        match self.placement {
            Some(placement) if no == ReservationNo::FIRST => Reference::Placement(placement),
            Some(_) | None => Reference::Reservation(self.id, no),
        }
    }

    /// Returns whether lines were revised and the stock for them is not yet reserved.
    #[must_use]
    pub const fn revision_pending(&self) -> bool {
        self.revision.is_some()
    }

    /// Returns every payment attempt, oldest first.
    #[must_use]
    pub fn payments(&self) -> &[PaymentAttempt] {
        &self.payments
    }

    /// Returns the payment attempt with this number.
    #[must_use]
    pub fn payment(&self, no: PaymentAttemptNo) -> Option<&PaymentAttempt> {
        self.payments.iter().find(|attempt| attempt.no == no)
    }

    /// Returns every refund, oldest first.
    #[must_use]
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// Returns the refund with this number.
    #[must_use]
    pub fn refund(&self, no: RefundNo) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.no == no)
    }

    /// Returns every fulfillment, oldest first.
    #[must_use]
    pub fn fulfillments(&self) -> &[Fulfillment] {
        &self.fulfillments
    }

    /// Returns the fulfillment with this number.
    #[must_use]
    pub fn fulfillment(&self, no: FulfillmentNo) -> Option<&Fulfillment> {
        self.fulfillments.iter().find(|one| one.no == no)
    }

    /// Returns every return, oldest first.
    #[must_use]
    pub fn returns(&self) -> &[Return] {
        &self.returns
    }

    /// Returns the return with this number.
    #[must_use]
    pub fn return_with(&self, no: ReturnNo) -> Option<&Return> {
        self.returns.iter().find(|one| one.no == no)
    }

    /// Returns every hold, including released ones, oldest first.
    #[must_use]
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// Returns the hold with this number.
    #[must_use]
    pub fn hold(&self, no: HoldNo) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.no == no)
    }

    /// Returns whether an active hold stops it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.holds.iter().any(Hold::is_active)
    }

    /// Returns the external services it waits for because they are unavailable.
    #[must_use]
    pub const fn pending_on(&self) -> &BTreeSet<Dependency> {
        &self.pending_on
    }

    /// Returns the caller's own data.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Returns the embedder's labels. No rule reads them.
    #[must_use]
    pub const fn labels(&self) -> &BTreeSet<Label> {
        &self.labels
    }

    /// Returns its id in the system it was imported from; `None` unless imported.
    #[must_use]
    pub const fn external_reference(&self) -> Option<&ExternalReference> {
        self.external_reference.as_ref()
    }

    /// Returns the time at which it expires unless it is released; `None` if no deadline is running.
    #[must_use]
    pub const fn deadline(&self) -> Option<Timestamp> {
        self.deadline
    }

    /// Returns the accepted cancel, if there is one.
    #[must_use]
    pub const fn cancellation(&self) -> Option<&Cancellation> {
        self.cancellation.as_ref()
    }

    /// Returns the soft delete, requested or done.
    #[must_use]
    pub const fn deletion(&self) -> Option<&Deletion> {
        self.deletion.as_ref()
    }

    /// Returns the time it was soft-deleted; `None` if it is not.
    #[must_use]
    pub fn deleted_at(&self) -> Option<Timestamp> {
        self.deletion.and_then(|deletion| deletion.deleted_at)
    }

    /// Returns the time its personal data was erased; `None` if it was not.
    #[must_use]
    pub const fn erased_at(&self) -> Option<Timestamp> {
        self.erased_at
    }

    /// Returns whether it has a payment method that no attempt has used yet.
    #[must_use]
    pub const fn payment_method_ready(&self) -> bool {
        self.payment_method_ready
    }

    /// Returns the time it was placed.
    #[must_use]
    pub const fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    /// Returns the time of its last event.
    #[must_use]
    pub const fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// Returns shipping address, contact and payment token: everything that erasure removes.
    #[must_use]
    pub const fn personal(&self) -> &PersonalData {
        &self.personal
    }

    /// Adds the personal data that a store has read separately.
    #[must_use]
    pub fn with_personal(self, personal: PersonalData) -> Self {
        Self { personal, ..self }
    }

    /// Returns whether it is pending or confirmed and waits for an unavailable external service.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        !self.pending_on.is_empty()
            && matches!(self.status, OrderStatus::Pending | OrderStatus::Confirmed)
    }

    /// Returns whether nothing has left the warehouse, excess shipments included.
    #[must_use]
    pub fn nothing_shipped(&self) -> bool {
        !self.fulfillments.iter().any(Fulfillment::has_left)
    }

    /// Returns whether no fulfillment is at the warehouse and nothing has left it.
    #[must_use]
    pub fn nothing_released(&self) -> bool {
        !self
            .fulfillments
            .iter()
            .any(|one| one.has_left() || one.status == ShipmentStatus::Released)
    }

    /// Returns whether the outcome of a payment attempt is open.
    #[must_use]
    pub fn has_open_attempt(&self) -> bool {
        self.payments.iter().any(PaymentAttempt::is_open)
    }

    /// Returns whether a payment attempt was sent, or is about to be, and its outcome is open.
    #[must_use]
    pub fn has_sent_attempt(&self) -> bool {
        self.payments
            .iter()
            .any(|attempt| attempt.is_open() && attempt.status != PaymentAttemptStatus::Created)
    }

    /// Returns whether a return is neither closed, rejected nor cancelled.
    #[must_use]
    pub fn has_open_return(&self) -> bool {
        self.returns.iter().any(Return::is_open)
    }

    /// Returns the units of a line that can still be planned, shipped or cancelled.
    #[must_use]
    pub fn open_units(&self, line: &OrderLine) -> u32 {
        line.unshipped().saturating_sub(self.planned_units(line.id))
    }

    /// Returns the units of a line in fulfillments that are planned or released.
    #[must_use]
    pub fn planned_units(&self, line: LineNo) -> u32 {
        self.fulfillments
            .iter()
            .filter(|one| one.is_waiting())
            .flat_map(|one| &one.lines)
            .filter(|units| units.line == line)
            .fold(0, |sum, units| sum.saturating_add(units.units))
    }

    /// Returns whether every line has a unit price.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        self.lines.iter().all(|line| line.unit_price.is_some())
    }
}
