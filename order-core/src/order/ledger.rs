//! The ledger: what is owed, covered, taken and given back.
//!
//! Sums are `i128`, in which no number of 64-bit amounts can overflow: a fact may bring any amount,
//! and is never refused.

use super::{Order, RefundPurpose, RefundState, ReservationState};

/// What an order owes and what was done about it, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ledger {
    /// What the customer owes: the total less credits; nothing once the order will not go on.
    pub owed: i128,
    /// Authorized and not captured.
    pub authorized: i128,
    /// Captured, whatever was refunded of it.
    pub captured: i128,
    /// Captures asked for and not answered.
    pub capturing: i128,
    /// Paid back.
    pub refunded: i128,
    /// Refunds asked for and not answered.
    pub refunding: i128,
}

impl Ledger {
    /// What is captured and not refunded or about to be.
    #[must_use]
    pub const fn kept(&self) -> i128 {
        self.captured - self.refunded - self.refunding
    }

    /// What is still to be covered by a payment.
    #[must_use]
    pub fn due(&self) -> i128 {
        (self.owed - self.authorized - self.kept()).max(0)
    }

    /// What is still to be captured.
    #[must_use]
    pub fn unpaid(&self) -> i128 {
        (self.owed - self.kept()).max(0)
    }

    /// What was captured beyond what is owed and is not on its way back.
    #[must_use]
    pub fn overpaid(&self) -> i128 {
        (self.kept() - self.owed).max(0)
    }
}

impl Order {
    /// What it owes and what was done about it.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::default();
        for attempt in &self.payments {
            ledger.authorized += attempt.uncaptured_sum();
            ledger.captured += attempt.captured_sum();
            ledger.capturing += attempt.capturing_sum();
        }
        let mut credits: i128 = self
            .returns
            .iter()
            .filter(|one| one.has_arrived())
            .map(|one| i128::from(one.credit.minor()))
            .sum();
        for refund in &self.refunds {
            let amount = i128::from(refund.amount.minor());
            match refund.state {
                RefundState::Succeeded => ledger.refunded += amount,
                RefundState::Requested | RefundState::Dispatched | RefundState::Unknown => {
                    ledger.refunding += amount;
                }
                RefundState::Failed => continue,
            }
            if refund.purpose == RefundPurpose::Goodwill {
                credits += amount;
            }
        }
        ledger.owed = if self.status.is_closed() {
            0
        } else {
            (self.total_sum() - credits).max(0)
        };
        ledger
    }

    /// Whether no money and no stock is held, taken or on its way beyond what is owed: nothing is
    /// left to be done or to be learnt.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let ledger = self.ledger();
        let money_at_rest = !self.has_open_attempt()
            && ledger.authorized == 0
            && ledger.capturing == 0
            && ledger.refunding == 0
            && ledger.kept() == ledger.owed;
        let stock_at_rest = self.reservation.as_ref().is_none_or(|reservation| {
            let only_what_is_gone = reservation.state == ReservationState::Committed
                && reservation.covers == self.stock_target();
            reservation.work.is_none()
                && (!self.status.is_closed() || !reservation.may_hold() || only_what_is_gone)
        });
        let warehouse_at_rest = !self.fulfillments.iter().any(super::Fulfillment::is_waiting);
        money_at_rest && stock_at_rest && warehouse_at_rest
    }
}
