//! The balance of an order: owed, authorized, captured and refunded.
//!
//! Sums are `i128`, which no number of 64-bit amounts can overflow: a fact may report any amount and
//! is never refused.

use super::{Order, RefundPurpose, RefundStatus, ReservationStatus};

/// The money side of an order, in minor units of its currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// Owed by the customer: the total less credits; zero once the order is closed.
    pub owed: i128,
    /// Authorized and not yet captured.
    pub authorized: i128,
    /// Captured, including what was refunded later.
    pub captured: i128,
    /// Captures in flight: requested, or their outcome unknown.
    pub captures_pending: i128,
    /// Refunded.
    pub refunded: i128,
    /// Refunds in flight: requested, dispatched, or their outcome unknown.
    pub refunds_pending: i128,
}

impl Balance {
    /// Returns what was captured, less refunds made and in flight.
    #[must_use]
    pub const fn net_captured(&self) -> i128 {
        self.captured - self.refunded - self.refunds_pending
    }

    /// Returns what no payment covers yet, neither authorized nor captured; never negative.
    #[must_use]
    pub fn due(&self) -> i128 {
        (self.owed - self.authorized - self.net_captured()).max(0)
    }

    /// Returns what is owed and not captured yet; never negative.
    #[must_use]
    pub fn unpaid(&self) -> i128 {
        (self.owed - self.net_captured()).max(0)
    }

    /// Returns what was captured beyond what is owed and is not being refunded; never negative.
    #[must_use]
    pub fn overpaid(&self) -> i128 {
        (self.net_captured() - self.owed).max(0)
    }
}

impl Order {
    /// Computes the balance from the payments, refunds and returns.
    #[must_use]
    pub fn balance(&self) -> Balance {
        let mut balance = Balance::default();
        for attempt in &self.payments {
            balance.authorized += attempt.uncaptured_sum();
            balance.captured += attempt.captured_sum();
            balance.captures_pending += attempt.capturing_sum();
        }
        let mut credits: i128 = self
            .returns
            .iter()
            .filter(|one| one.has_arrived())
            .map(|one| i128::from(one.credit.minor()))
            .sum();
        for refund in &self.refunds {
            let amount = i128::from(refund.amount.minor());
            match refund.status {
                RefundStatus::Succeeded => balance.refunded += amount,
                RefundStatus::Requested | RefundStatus::Dispatched | RefundStatus::Unknown => {
                    balance.refunds_pending += amount;
                }
                RefundStatus::Failed => continue,
            }
            if refund.purpose == RefundPurpose::Goodwill {
                credits += amount;
            }
        }
        balance.owed = if self.status.is_closed() {
            0
        } else {
            (self.total_sum() - credits).max(0)
        };
        balance
    }

    /// Returns whether nothing is in flight: money, stock and fulfillments are final, and exactly
    /// what is owed was captured.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let balance = self.balance();
        let money_settled = !self.has_open_attempt()
            && balance.authorized == 0
            && balance.captures_pending == 0
            && balance.refunds_pending == 0
            && balance.net_captured() == balance.owed;
        let stock_settled = self.reservation.as_ref().is_none_or(|reservation| {
            let only_units_out = reservation.status == ReservationStatus::Committed
                && reservation.lines == self.stock_target();
            reservation.pending_operation.is_none()
                && (!self.status.is_closed() || !reservation.may_hold() || only_units_out)
        });
        let warehouse_settled = !self.fulfillments.iter().any(super::Fulfillment::is_waiting);
        money_settled && stock_settled && warehouse_settled
    }
}
