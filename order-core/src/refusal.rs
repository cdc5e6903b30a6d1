//! Why a command was refused.

use crate::command::CommandKind;
use crate::order::OrderStatus;

coded! {
    /// The stable code of a refusal.
    pub enum RefusalCode as "refusal code" {
        /// The order's status does not allow the command.
        WrongStatus = "wrong_status",
        /// There is no such order yet, and the command needs one.
        NotPlaced = "not_placed",
        /// There is an order already, and the command makes one.
        AlreadyPlaced = "already_placed",
        /// It has no line.
        NoLines = "no_lines",
        /// It has more lines than the storefront allows.
        TooManyLines = "too_many_lines",
        /// An amount is negative, or zero where there must be one.
        InvalidAmount = "invalid_amount",
        /// The sums do not fit.
        AmountTooLarge = "amount_too_large",
        /// Discounts exceed what they are taken off.
        NegativeTotal = "negative_total",
        /// An adjustment names a line that is not there.
        UnknownLine = "unknown_line",
        /// A SKU is not part of the order.
        UnknownSku = "unknown_sku",
        /// More units than are open for this.
        TooManyUnits = "too_many_units",
        /// No unit is open for this.
        NothingOpen = "nothing_open",
        /// Something was shipped.
        AlreadyShipped = "already_shipped",
        /// The warehouse was asked.
        AlreadyReleased = "already_released",
        /// A hold is in place.
        OnHold = "on_hold",
        /// There is no hold to release.
        NotOnHold = "not_on_hold",
        /// A payment is under way, or its outcome unknown.
        PaymentInProgress = "payment_in_progress",
        /// Nothing is due.
        NothingDue = "nothing_due",
        /// There is no payment method to use.
        NoPaymentMethod = "no_payment_method",
        /// As many payment attempts as are allowed were made.
        TooManyAttempts = "too_many_attempts",
        /// What is due first is not paid.
        NotPaid = "not_paid",
        /// Stock for it is not settled yet.
        StockNotSettled = "stock_not_settled",
        /// More than may be captured.
        ExceedsAuthorized = "exceeds_authorized",
        /// More than may be refunded.
        ExceedsCaptured = "exceeds_captured",
        /// There is no such part of the order.
        NoSuchPart = "no_such_part",
        /// The part is in another state than the command needs.
        WrongPartState = "wrong_part_state",
        /// It was not shipped.
        NotShipped = "not_shipped",
        /// It is too late to send it back.
        ReturnWindowClosed = "return_window_closed",
        /// Money is not settled.
        NotSettled = "not_settled",
        /// A return is open.
        ReturnOpen = "return_open",
        /// The order was deleted.
        Deleted = "deleted",
        /// The order was deleted before.
        AlreadyDeleted = "already_deleted",
        /// The personal data was erased.
        PersonalDataErased = "personal_data_erased",
        /// Too much data.
        TooLarge = "too_large",
        /// What is imported contradicts itself.
        InconsistentImport = "inconsistent_import",
        /// A rule of the embedding service forbids it.
        Vetoed = "vetoed",
    }
}

/// A command that was refused, and why. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// What a person should know, without personal data.
    pub message: String,
    /// The command that was refused.
    pub command: CommandKind,
    /// Where the order stood; none if there was no order.
    pub status: Option<OrderStatus>,
}

impl Refusal {
    /// A refusal of this command on an order of this status.
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
