//! Commands: requests to change an order. A command may be refused, and none of them sets a status.

use crate::money::Amount;
use crate::new_order::{NewLine, NewOrder};
use crate::order::{
    Address, Adjustment, Contact, OrderStatus, RefundKind, SkuQuantity, Tracking, UnitSelection,
};
use crate::time::Timestamp;
use crate::value::{
    ExternalReference, FulfillmentNo, HoldNo, Label, OrderId, PaymentToken, PlacementId, Reason,
    ReturnNo, StorefrontId,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A new order with the identity it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceOrder {
    /// Id of the order; never used before.
    pub id: OrderId,
    /// Storefront the order belongs to.
    pub storefront: StorefrontId,
    /// The order as requested.
    pub order: NewOrder,
    /// Id of the request, under which its stock is reserved; absent: under the order's own id.
    pub placement: Option<PlacementId>,
}

impl PlaceOrder {
    /// Makes the command that places an order under this id at this storefront.
    #[must_use]
    pub const fn new(id: OrderId, storefront: StorefrontId, order: NewOrder) -> Self {
        Self {
            id,
            storefront,
            order,
            placement: None,
        }
    }
}

/// An order imported from another system, with its state there.
///
/// Money and stock count as settled by that system: nothing is charged, reserved or sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportOrder {
    /// What was ordered. Every line needs a unit price.
    pub order: PlaceOrder,
    /// Name of the order in the other system, unique in the storefront: importing it again answers
    /// with the order imported first.
    pub reference: ExternalReference,
    /// When it was placed there; not in the future.
    pub placed_at: Timestamp,
    /// Its status there: confirmed, processing, completed, cancelled, rejected or expired.
    pub status: OrderStatus,
    /// Units shipped so far, by SKU.
    pub shipped: Vec<SkuQuantity>,
    /// Units delivered so far, by SKU; at most those shipped.
    pub delivered: Vec<SkuQuantity>,
    /// Units cancelled so far, by SKU.
    pub cancelled: Vec<SkuQuantity>,
    /// Captured so far, in minor units.
    pub captured: Amount,
    /// Refunded so far, in minor units; at most what was captured.
    pub refunded: Amount,
}

impl ImportOrder {
    /// Makes the import of an order of which nothing was shipped, cancelled or paid yet.
    #[must_use]
    pub const fn new(
        order: PlaceOrder,
        reference: ExternalReference,
        placed_at: Timestamp,
        status: OrderStatus,
    ) -> Self {
        Self {
            order,
            reference,
            placed_at,
            status,
            shipped: Vec::new(),
            delivered: Vec::new(),
            cancelled: Vec::new(),
            captured: Amount::ZERO,
            refunded: Amount::ZERO,
        }
    }
}

/// A patch of the data that belongs to the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailsPatch {
    /// A JSON merge patch (RFC 7396) of the metadata.
    pub metadata: Map<String, Value>,
    /// New contact; absent: unchanged.
    pub contact: Option<Contact>,
    /// All labels from now on; absent: unchanged.
    pub labels: Option<BTreeSet<Label>>,
}

/// A request to change an order.
///
/// [`decide::allowed_in`](crate::decide::allowed_in) lists the statuses in which each is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Places a new order.
    PlaceOrder(Box<PlaceOrder>),
    /// Imports an order from another system.
    ImportOrder(Box<ImportOrder>),
    /// Charges the payment method with what is due, or a part of it.
    StartPayment {
        /// Minor units; absent: all that is due.
        amount: Option<Amount>,
    },
    /// Puts a hold on the order, which stops it.
    PlaceHold {
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Releases holds; without an active hold the order continues.
    ReleaseHold {
        /// The hold to release; absent: all.
        hold: Option<HoldNo>,
    },
    /// Replaces all lines. Each needs a unit price.
    ReviseLines {
        /// All lines from now on.
        lines: Vec<NewLine>,
        /// All adjustments from now on; absent: those there are, where discounts and taxes of a line
        /// follow its quantity.
        adjustments: Option<Vec<Adjustment>>,
    },
    /// Changes the shipping address.
    ChangeAddress {
        /// The new shipping address.
        address: Box<Address>,
    },
    /// Changes the payment method, and charges it with what is due.
    ChangePaymentMethod {
        /// The token by which the provider knows the method.
        token: PaymentToken,
    },
    /// Changes metadata, contact or labels.
    UpdateDetails(Box<DetailsPatch>),
    /// Plans which units are sent together.
    PlanFulfillment {
        /// Absent: all that are open.
        lines: Option<Vec<UnitSelection>>,
    },
    /// Requests a planned fulfillment from the warehouse.
    ReleaseFulfillment {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Recalls a fulfillment before it ships.
    RecallFulfillment {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Confirms that units have left the warehouse.
    ConfirmShipment {
        /// The fulfillment they were planned as; absent: a new one.
        fulfillment: Option<FulfillmentNo>,
        /// Absent: those of the fulfillment, or all that are open.
        lines: Option<Vec<UnitSelection>>,
        /// Carrier, tracking number and tracking URL.
        tracking: Tracking,
    },
    /// Changes carrier, tracking number or tracking URL of a shipment.
    UpdateTracking {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
        /// New values; those that are absent stay.
        tracking: Tracking,
    },
    /// Confirms that a shipment has been delivered.
    ConfirmDelivery {
        /// Number of the fulfillment.
        fulfillment: FulfillmentNo,
    },
    /// Cancels some units.
    CancelLines {
        /// At least one unit.
        lines: Vec<UnitSelection>,
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Cancels the whole order.
    RequestCancel {
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Captures what is authorized, or a part of it.
    CapturePayment {
        /// Minor units; absent: all that is authorized and owed.
        amount: Option<Amount>,
    },
    /// Refunds an amount, as a gift or ahead of a cancel, return or revision.
    RequestRefund {
        /// Minor units; absent: the worth of the units, or without any all that was captured and not
        /// refunded.
        amount: Option<Amount>,
        /// The units it is for. A correction is then offset by a cancel or return of these lines
        /// alone; absent: by any.
        lines: Option<Vec<UnitSelection>>,
        /// Whether it is a gift or a correction.
        kind: RefundKind,
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Requests a return of units.
    RequestReturn {
        /// At least one unit.
        lines: Vec<UnitSelection>,
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Approves a return.
    ApproveReturn {
        /// Number of the return.
        return_no: ReturnNo,
    },
    /// Rejects a return.
    RejectReturn {
        /// Number of the return.
        return_no: ReturnNo,
        /// Shown to people; absent if none was given.
        reason: Option<Reason>,
    },
    /// Confirms that the units of a return have arrived.
    ReceiveReturn {
        /// Number of the return.
        return_no: ReturnNo,
        /// Whether the units are restocked; otherwise they are written off.
        restock: bool,
    },
    /// Cancels a return.
    CancelReturn {
        /// Number of the return.
        return_no: ReturnNo,
    },
    /// Marks the order as deleted, after cancelling it if it is still open.
    DeleteOrder,
    /// Erases address, contact and payment token for good.
    ErasePersonalData,
}

string_enum! {
    /// A command without its data.
    pub enum CommandKind as "action" {
        /// [`Command::PlaceOrder`].
        PlaceOrder = "place",
        /// [`Command::ImportOrder`].
        ImportOrder = "import",
        /// [`Command::StartPayment`].
        StartPayment = "start_payment",
        /// [`Command::PlaceHold`].
        PlaceHold = "hold",
        /// [`Command::ReleaseHold`].
        ReleaseHold = "release_hold",
        /// [`Command::ReviseLines`].
        ReviseLines = "revise_lines",
        /// [`Command::ChangeAddress`].
        ChangeAddress = "change_address",
        /// [`Command::ChangePaymentMethod`].
        ChangePaymentMethod = "change_payment_method",
        /// [`Command::UpdateDetails`].
        UpdateDetails = "update",
        /// [`Command::PlanFulfillment`].
        PlanFulfillment = "plan_fulfillment",
        /// [`Command::ReleaseFulfillment`].
        ReleaseFulfillment = "release_fulfillment",
        /// [`Command::RecallFulfillment`].
        RecallFulfillment = "recall_fulfillment",
        /// [`Command::ConfirmShipment`].
        ConfirmShipment = "ship",
        /// [`Command::UpdateTracking`].
        UpdateTracking = "update_tracking",
        /// [`Command::ConfirmDelivery`].
        ConfirmDelivery = "deliver",
        /// [`Command::CancelLines`].
        CancelLines = "cancel_lines",
        /// [`Command::RequestCancel`].
        RequestCancel = "cancel",
        /// [`Command::CapturePayment`].
        CapturePayment = "capture",
        /// [`Command::RequestRefund`].
        RequestRefund = "refund",
        /// [`Command::RequestReturn`].
        RequestReturn = "request_return",
        /// [`Command::ApproveReturn`].
        ApproveReturn = "approve_return",
        /// [`Command::RejectReturn`].
        RejectReturn = "reject_return",
        /// [`Command::ReceiveReturn`].
        ReceiveReturn = "receive_return",
        /// [`Command::CancelReturn`].
        CancelReturn = "cancel_return",
        /// [`Command::DeleteOrder`].
        DeleteOrder = "delete",
        /// [`Command::ErasePersonalData`].
        ErasePersonalData = "erase",
    }
}

impl Command {
    /// Returns the kind of this command.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::PlaceOrder(_) => CommandKind::PlaceOrder,
            Self::ImportOrder(_) => CommandKind::ImportOrder,
            Self::StartPayment { .. } => CommandKind::StartPayment,
            Self::PlaceHold { .. } => CommandKind::PlaceHold,
            Self::ReleaseHold { .. } => CommandKind::ReleaseHold,
            Self::ReviseLines { .. } => CommandKind::ReviseLines,
            Self::ChangeAddress { .. } => CommandKind::ChangeAddress,
            Self::ChangePaymentMethod { .. } => CommandKind::ChangePaymentMethod,
            Self::UpdateDetails(_) => CommandKind::UpdateDetails,
            Self::PlanFulfillment { .. } => CommandKind::PlanFulfillment,
            Self::ReleaseFulfillment { .. } => CommandKind::ReleaseFulfillment,
            Self::RecallFulfillment { .. } => CommandKind::RecallFulfillment,
            Self::ConfirmShipment { .. } => CommandKind::ConfirmShipment,
            Self::UpdateTracking { .. } => CommandKind::UpdateTracking,
            Self::ConfirmDelivery { .. } => CommandKind::ConfirmDelivery,
            Self::CancelLines { .. } => CommandKind::CancelLines,
            Self::RequestCancel { .. } => CommandKind::RequestCancel,
            Self::CapturePayment { .. } => CommandKind::CapturePayment,
            Self::RequestRefund { .. } => CommandKind::RequestRefund,
            Self::RequestReturn { .. } => CommandKind::RequestReturn,
            Self::ApproveReturn { .. } => CommandKind::ApproveReturn,
            Self::RejectReturn { .. } => CommandKind::RejectReturn,
            Self::ReceiveReturn { .. } => CommandKind::ReceiveReturn,
            Self::CancelReturn { .. } => CommandKind::CancelReturn,
            Self::DeleteOrder => CommandKind::DeleteOrder,
            Self::ErasePersonalData => CommandKind::ErasePersonalData,
        }
    }
}
