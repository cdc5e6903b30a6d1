//! The balance of an order: owed, authorized, captured and refunded.
//!
//! Sums are `i128`, which no number of 64-bit amounts can overflow: a fact may report any amount and
//! is never refused.

use super::worth::Valuation;
use super::{Order, PaymentAttempt, RefundPurpose, RefundStatus, ReservationStatus};

/// The money side of an order, in minor units of its currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Balance {
    /// Credited to the customer: for returned units and by refunds on request; the whole total once
    /// the order is closed.
    pub credited: i128,
    /// Owed by the customer: the total less what is credited.
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
    /// Taken for units that came back, or were lost and cancelled, and not refunded yet; it is paid
    /// back although more is owed, if an authorization covers that.
    pub repayable: i128,
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

    /// Returns what is to be refunded now; never negative.
    #[must_use]
    pub fn refundable(&self) -> i128 {
        self.overpaid().max(self.repayable)
    }
}

impl Order {
    /// Computes the balance from the payments, refunds and returns.
    #[must_use]
    pub fn balance(&self) -> Balance {
        let worth = self.valuation();
        let total = worth.remaining().total();
        self.balance_at(&worth, total)
    }

    /// Computes the balance of an order whose valuation and total are known.
    pub(super) fn balance_at(&self, worth: &Valuation<'_>, total: i128) -> Balance {
        let mut balance = Balance::default();
        for attempt in &self.payments {
            balance.authorized += attempt.uncaptured_sum();
            balance.captured += attempt.captured_sum();
            balance.captures_pending += attempt.capturing_sum();
        }
        let (mut credits, mut repaid) = (self.credits_of_returns(), 0);
        for refund in &self.refunds {
            let amount = i128::from(refund.amount.minor());
            match refund.status {
                RefundStatus::Succeeded => balance.refunded += amount,
                RefundStatus::Requested | RefundStatus::Dispatched | RefundStatus::Unknown => {
                    balance.refunds_pending += amount;
                }
                RefundStatus::Failed => continue,
            }
            match refund.purpose {
                RefundPurpose::Goodwill | RefundPurpose::Correction => {
                    credits += refund.credit();
                }
                RefundPurpose::Return => repaid += amount,
                RefundPurpose::Overpayment => {}
            }
        }
        // A credit beyond the total is money that was given away: nobody owes it back.
        balance.credited = if self.status.is_closed() {
            total
        } else {
            credits.min(total)
        };
        balance.owed = total - balance.credited;
        balance.repayable = self.repayable(worth, &balance, credits, repaid);
        balance
    }

    fn credits_of_returns(&self) -> i128 {
        self.returns
            .iter()
            .filter(|one| one.has_arrived())
            .map(|one| i128::from(one.credit.minor()))
            .sum()
    }

    /// Returns what was taken for units that came back or were lost and cancelled: at most what was
    /// captured beyond the worth of what was shipped and is not credited, and beyond what is owed and
    /// not authorized.
    ///
    /// What was captured for units that are still to be shipped thus stays captured, unless an
    /// authorization covers them.
    fn repayable(
        &self,
        worth: &Valuation<'_>,
        balance: &Balance,
        credits: i128,
        repaid: i128,
    ) -> i128 {
        let freed = self.credits_of_returns() + self.worth_of_lost_and_cancelled(worth) - repaid;
        if self.status.is_closed() || freed <= 0 {
            return 0;
        }
        let earned = (worth.shipped() - credits).max(0);
        let voiding = self.payments.iter().filter(|attempt| attempt.voiding);
        let voiding: i128 = voiding.map(PaymentAttempt::uncaptured_sum).sum();
        let spare = balance.net_captured() + balance.authorized - voiding - balance.owed;
        freed.min(balance.net_captured() - earned).min(spare).max(0)
    }

    /// Returns the worth of the units that were cancelled after they had been lost.
    fn worth_of_lost_and_cancelled(&self, worth: &Valuation<'_>) -> i128 {
        self.lines
            .iter()
            .filter(|line| line.lost > 0)
            .map(|line| {
                let kept = line.remaining();
                let lost = line.lost.min(line.cancelled);
                worth.units(line.id, kept, kept.saturating_add(lost))
            })
            .sum()
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
