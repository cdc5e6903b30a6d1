//! Refusals: why a command was not accepted.
//!
//! Only commands are refused. A fact never is (see [`record`](mod@crate::record)).

use crate::command::CommandKind;
use crate::order::OrderStatus;

string_enum! {
    /// The stable code of a [`Refusal`].
    pub enum RefusalCode as "refusal code" {
        /// The order's status does not allow the command (see `decide::allowed_in`).
        WrongStatus = "wrong_status",
        /// The command needs an order, and none was placed under this id.
        NotPlaced = "not_placed",
        /// The command creates an order, and there is one under this id already.
        AlreadyPlaced = "already_placed",
        /// The order would have no lines.
        NoLines = "no_lines",
        /// The order would have more lines than the policy of the storefront allows.
        TooManyLines = "too_many_lines",
        /// An amount or quantity is negative, zero where not allowed, missing, or more than is due.
        InvalidAmount = "invalid_amount",
        /// A sum of the order's amounts exceeds 64 bits.
        AmountTooLarge = "amount_too_large",
        /// Discounts exceed the amount that they reduce.
        NegativeTotal = "negative_total",
        /// An adjustment names a line that the order does not have.
        UnknownLine = "unknown_line",
        /// A SKU is on none of the lines of the order.
        UnknownSku = "unknown_sku",
        /// Units are given by a SKU that is on several lines, where they are worth more on one than on
        /// another: the lines have to be named.
        AmbiguousSku = "ambiguous_sku",
        /// Lines are revised in a way that leaves open what becomes of their own adjustments: the
        /// revision has to give all adjustments.
        AdjustmentsRequired = "adjustments_required",
        /// More units are given than are left to cancel, fulfill, ship or return.
        TooManyUnits = "too_many_units",
        /// No unit is left to cancel, fulfill, ship or return.
        NothingOpen = "nothing_open",
        /// Units or the fulfillment have shipped, and the command is allowed before that only.
        AlreadyShipped = "already_shipped",
        /// A fulfillment was released to the warehouse; it has to be recalled first.
        AlreadyReleased = "already_released",
        /// The order is on hold.
        OnHold = "on_hold",
        /// The order has no hold to release.
        NotOnHold = "not_on_hold",
        /// A payment attempt is in progress, or its outcome is unknown.
        PaymentInProgress = "payment_in_progress",
        /// A payment is requested, and nothing is due.
        NothingDue = "nothing_due",
        /// A payment is requested, and the order has no payment method.
        NoPaymentMethod = "no_payment_method",
        /// All payment attempts that the policy allows were made.
        TooManyAttempts = "too_many_attempts",
        /// The policy requires the order to be paid or authorized before it ships, and it is not.
        NotPaid = "not_paid",
        /// A revision is not settled, lines are not priced, or the reservation expires too soon.
        StockNotSettled = "stock_not_settled",
        /// The amount to capture exceeds what is owed or what is left of the authorization.
        ExceedsAuthorized = "exceeds_authorized",
        /// The amount to refund exceeds what was captured and not refunded.
        ExceedsCaptured = "exceeds_captured",
        /// The order has no payment, fulfillment, return or hold of the given number.
        NoSuchPart = "no_such_part",
        /// The status of the payment, fulfillment or return does not allow the command.
        WrongPartState = "wrong_part_state",
        /// The fulfillment or the units were not shipped, which the command needs.
        NotShipped = "not_shipped",
        /// The return window of the policy has passed.
        ReturnWindowClosed = "return_window_closed",
        /// Payments, refunds or stock of the order are not settled, which deletion needs.
        NotSettled = "not_settled",
        /// A return of the order is open.
        ReturnOpen = "return_open",
        /// The order was deleted; only the erasure of personal data is allowed.
        Deleted = "deleted",
        /// The order is to be deleted, and was deleted before.
        AlreadyDeleted = "already_deleted",
        /// The command needs or sets personal data, and that of the order was erased.
        PersonalDataErased = "personal_data_erased",
        /// Metadata, labels or texts exceed their limits.
        TooLarge = "too_large",
        /// The imported order contradicts itself.
        InconsistentImport = "inconsistent_import",
        /// The `CommandGuard` of the embedding service refuses the command.
        Vetoed = "vetoed",
    }
}

/// The reason why a command was refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// An explanation for people, in English, without personal data.
    pub message: String,
    /// The command that was refused.
    pub command: CommandKind,
    /// The status of the order; absent if there was no order.
    pub status: Option<OrderStatus>,
}

impl Refusal {
    /// Creates a refusal.
    #[must_use]
    pub fn new(
        code: RefusalCode,
        command: CommandKind,
        status: Option<OrderStatus>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            message: message.into(),
            command,
            status,
        }
    }
}
