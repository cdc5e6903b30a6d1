//! Preconditions of commands, with code and message of the refusal if they are not met.
//!
//! A rule says only why it denies; [`decide_on`](super::decide_on) and
//! [`decide_new`](super::decide_new) add the command and the order's status once.

use crate::command::CommandKind;
use crate::money::Amount;
use crate::order::{Order, OrderStatus};
use crate::refusal::{Refusal, RefusalCode};
use std::fmt::Display;

/// A refusal that lacks the command and the order's status.
pub(super) struct Denial {
    code: RefusalCode,
    message: String,
}

impl Denial {
    /// Completes the refusal of `command` on an order of `status`; `None` if there is no order.
    pub(super) fn refuse(self, command: CommandKind, status: Option<OrderStatus>) -> Refusal {
        Refusal::new(self.code, command, status, self.message)
    }
}

/// Denies with this code and message.
pub(super) fn deny(code: RefusalCode, message: impl Display) -> Denial {
    Denial {
        code,
        message: message.to_string(),
    }
}

/// Denies unless the condition holds. The message is formatted only then.
pub(super) fn ensure(
    condition: bool,
    code: RefusalCode,
    message: impl Display,
) -> Result<(), Denial> {
    if condition {
        Ok(())
    } else {
        Err(deny(code, message))
    }
}

/// Denies an amount that is zero or negative.
pub(super) fn ensure_positive(amount: Amount) -> Result<(), Denial> {
    ensure(
        amount.is_positive(),
        RefusalCode::InvalidAmount,
        "amount must be more than zero",
    )
}

/// Denies while a hold is active.
pub(super) fn ensure_not_held(order: &Order) -> Result<(), Denial> {
    ensure(
        !order.is_held(),
        RefusalCode::OnHold,
        "the order is on hold",
    )
}

/// Denies while the inventory service has not answered the last revision of lines.
pub(super) fn ensure_revision_settled(order: &Order) -> Result<(), Denial> {
    ensure(
        !order.revision_pending(),
        RefusalCode::StockNotSettled,
        "stock for the last revision is not settled yet",
    )
}

/// Denies while a payment attempt is open, including one whose outcome is unknown.
pub(super) fn ensure_no_open_attempt(order: &Order) -> Result<(), Denial> {
    ensure(
        !order.has_open_attempt(),
        RefusalCode::PaymentInProgress,
        "a payment is under way",
    )
}

/// Denies once a fulfillment was released to the warehouse, or anything has shipped.
pub(super) fn ensure_nothing_released(order: &Order) -> Result<(), Denial> {
    ensure(
        order.nothing_released(),
        RefusalCode::AlreadyReleased,
        "the warehouse was asked: call it back first",
    )
}

/// Denies an edit once anything was released or shipped, and while a payment attempt is open.
pub(super) fn ensure_editable(order: &Order) -> Result<(), Denial> {
    ensure(
        order.nothing_shipped(),
        RefusalCode::AlreadyShipped,
        "something was shipped",
    )?;
    ensure_nothing_released(order)?;
    ensure_no_open_attempt(order)
}

/// Denies a use of personal data once it was erased.
pub(super) fn ensure_not_erased(order: &Order) -> Result<(), Denial> {
    ensure(
        order.erased_at.is_none(),
        RefusalCode::PersonalDataErased,
        "the personal data was erased",
    )
}
