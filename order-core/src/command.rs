//! What may be asked of an order. A command can be refused; nothing here sets a status.

use crate::money::{Amount, Currency};
use crate::order::{
    Address, Adjustment, Contact, Metadata, OrderStatus, PersonalData, SkuUnits, Tracking,
};
use crate::time::Timestamp;
use crate::value::{
    CustomerId, ExternalReference, FulfillmentNo, HoldNo, Label, OrderId, PaymentToken,
    ProductName, Quantity, Reason, ReturnNo, Sku, StorefrontId,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A line as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// The product.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
    /// The agreed price of one, in minor units; none: what the inventory service quotes.
    pub unit_price: Option<Amount>,
    /// The product's name; none: what the inventory service quotes.
    pub name: Option<ProductName>,
}

impl NewLine {
    /// So many of one product at the price the inventory service quotes.
    #[must_use]
    pub const fn new(sku: Sku, quantity: Quantity) -> Self {
        Self {
            sku,
            quantity,
            unit_price: None,
            name: None,
        }
    }

    /// The same at an agreed price.
    #[must_use]
    pub fn at(self, unit_price: Amount) -> Self {
        Self {
            unit_price: Some(unit_price),
            ..self
        }
    }
}

/// A new order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Its id, fresh.
    pub id: OrderId,
    /// The storefront it is placed at.
    pub storefront: StorefrontId,
    /// Who orders.
    pub customer_id: CustomerId,
    /// Its currency; none: the storefront's.
    pub currency: Option<Currency>,
    /// What is ordered, at least one line. Adjustments name lines by place: the first is line 1.
    pub lines: Vec<NewLine>,
    /// Shipping, tax, discounts and fees.
    pub adjustments: Vec<Adjustment>,
    /// Address, contact and payment token.
    pub personal: PersonalData,
    /// The caller's own data.
    pub metadata: Metadata,
}

/// An order that lived elsewhere before.
///
/// Money and stock are taken as settled by the system it comes from: nothing is charged, reserved
/// or sent for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOrder {
    /// What was ordered. Every line needs a price.
    pub order: PlaceOrder,
    /// Its name in the system it comes from, unique in the storefront.
    pub reference: ExternalReference,
    /// When it was placed there.
    pub placed_at: Timestamp,
    /// Where it stands: confirmed, processing or terminal.
    pub status: OrderStatus,
    /// Units shipped, by SKU.
    pub shipped: Vec<SkuUnits>,
    /// Units delivered, by SKU; at most those shipped.
    pub delivered: Vec<SkuUnits>,
    /// Units cancelled, by SKU.
    pub cancelled: Vec<SkuUnits>,
    /// Minor units captured so far.
    pub captured: Amount,
    /// Minor units refunded so far, at most those captured.
    pub refunded: Amount,
}

/// A change of what belongs to the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DetailsPatch {
    /// A JSON merge patch (RFC 7396) of the metadata.
    pub metadata: Map<String, Value>,
    /// The contact; none leaves it.
    pub contact: Option<Contact>,
    /// The labels; none leaves them.
    pub labels: Option<BTreeSet<Label>>,
}

/// Something that is asked of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Make a new order.
    PlaceOrder(Box<PlaceOrder>),
    /// Take over an order from another system.
    ImportOrder(Box<ImportOrder>),
    /// Charge what is due, or part of it, to the payment method.
    StartPayment {
        /// Minor units; none: all that is due.
        amount: Option<Amount>,
    },
    /// Keep the order from going on.
    PlaceHold {
        /// Why.
        reason: Option<Reason>,
    },
    /// Let the order go on.
    ReleaseHold {
        /// Which hold; none: all.
        hold: Option<HoldNo>,
    },
    /// Replace the lines. Every line needs a price by now.
    ReviseLines {
        /// The lines from now on.
        lines: Vec<NewLine>,
        /// The adjustments from now on; none leaves those of the whole order.
        adjustments: Option<Vec<Adjustment>>,
    },
    /// Send it elsewhere.
    ChangeAddress {
        /// Where to.
        address: Box<Address>,
    },
    /// Pay with something else; pays what is due.
    ChangePaymentMethod {
        /// What the provider knows the method by.
        token: PaymentToken,
    },
    /// Change metadata, contact or labels.
    UpdateDetails(Box<DetailsPatch>),
    /// Decide what is sent together.
    PlanFulfillment {
        /// Which units; none: all that are open.
        lines: Option<Vec<SkuUnits>>,
    },
    /// Ask the warehouse for a planned fulfillment.
    ReleaseFulfillment {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// Call a fulfillment back before it leaves.
    RecallFulfillment {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// State that units have left.
    ConfirmShipment {
        /// The fulfillment they were planned as; none: a new one.
        fulfillment: Option<FulfillmentNo>,
        /// Which units; none: those of the fulfillment, or all that are open.
        lines: Option<Vec<SkuUnits>>,
        /// Who carries them.
        tracking: Tracking,
    },
    /// Correct who carries a shipment, and how it is followed.
    UpdateTracking {
        /// Which.
        fulfillment: FulfillmentNo,
        /// The new particulars; those missing stay.
        tracking: Tracking,
    },
    /// State that a shipment has arrived.
    ConfirmDelivery {
        /// Which.
        fulfillment: FulfillmentNo,
    },
    /// Cancel some units.
    CancelLines {
        /// Which.
        lines: Vec<SkuUnits>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Cancel the whole order.
    RequestCancel {
        /// Why.
        reason: Option<Reason>,
    },
    /// Take what is authorized, or part of it.
    CapturePayment {
        /// Minor units; none: all that is authorized and owed.
        amount: Option<Amount>,
    },
    /// Pay back, beyond what returns and cancelled units bring.
    RequestRefund {
        /// Minor units; none: all that was captured.
        amount: Option<Amount>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Ask to send units back.
    RequestReturn {
        /// Which.
        lines: Vec<SkuUnits>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Agree to a return.
    ApproveReturn {
        /// Which.
        return_no: ReturnNo,
    },
    /// Refuse a return.
    RejectReturn {
        /// Which.
        return_no: ReturnNo,
        /// Why.
        reason: Option<Reason>,
    },
    /// State that the units of a return are here.
    ReceiveReturn {
        /// Which.
        return_no: ReturnNo,
        /// Whether they go into stock again; else they are written off.
        restock: bool,
    },
    /// Withdraw a return.
    CancelReturn {
        /// Which.
        return_no: ReturnNo,
    },
    /// Mark the order as deleted, after cancelling it where it is still open.
    DeleteOrder,
    /// Remove address, contact and payment token for good.
    ErasePersonalData,
}

coded! {
    /// Which command, without what it carries.
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
    /// Which command it is.
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
