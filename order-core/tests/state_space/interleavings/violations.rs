//! Invariants of states beyond those of orders, and the definition of a settled state.

use super::state::{PRICE, State, UNITS};
use super::world::{Parcel, Stock};
use crate::invariants::{transition_violation, violation};
use order_core::order::OrderStatus;
use order_testing::builders::sku;

impl State {
    /// Returns what is wrong with the transition to this state.
    pub(crate) fn forbidden(&self, to: &Self) -> Option<String> {
        if let Some(violation) = transition_violation(&self.order, &to.order) {
            return Some(violation);
        }
        let was_closed = self.order.status().is_closed();
        let sent = |state: &Self| state.world.payments.len() + state.world.parcels.len();
        let fresh = |state: &Self| state.world.stock.len();
        if was_closed
            && (sent(to) > sent(self) && to.world.payments.len() > self.world.payments.len())
        {
            return Some("a closed order was charged".into());
        }
        let reserved_stock = was_closed
            && fresh(to) > fresh(self)
            && to
                .world
                .stock
                .iter()
                .any(|(no, stock)| !self.world.stock.contains_key(no) && *stock != Stock::Gone);
        reserved_stock.then(|| "a closed order reserved stock".into())
    }

    /// Returns what is wrong with this state.
    pub(crate) fn violation(&self) -> Option<String> {
        let order = &self.order;
        if let Some(violation) = violation(order) {
            return Some(violation);
        }
        // Stricter than the invariant: this provider never contradicts itself.
        let balance = order.balance();
        if balance.refunded + balance.refunds_pending > balance.captured {
            return Some(format!("more is refunded than was captured: {balance:?}"));
        }
        let most = PRICE * i64::from(UNITS);
        if self.world.money() > most {
            return Some("more was charged than the order costs".into());
        }
        if self.world.money() < 0 {
            return Some("more was refunded than was charged".into());
        }
        for (no, payment) in &self.world.payments {
            if payment.captured() > payment.authorized {
                return Some(format!(
                    "payment {no} was captured beyond its authorization"
                ));
            }
        }
        let lost: u32 = order.lines().iter().map(|line| line.lost).sum();
        if self.world.units() > UNITS + lost {
            return Some("more stock is committed than was ordered".into());
        }
        self.unsettled_end()
    }

    /// Returns what a settled order keeps although it has ended.
    fn unsettled_end(&self) -> Option<String> {
        if !self.is_settled() || !self.order.status().is_closed() {
            return None;
        }
        let kept = self.world.money();
        if kept != 0 {
            return Some(format!(
                "{kept} is kept of an order that is {}",
                self.order.status()
            ));
        }
        let gone: u32 = self
            .order
            .lines()
            .iter()
            .map(|line| line.shipped + line.lost)
            .sum();
        if self.world.units() > gone {
            return Some("stock is kept that never left".into());
        }
        let requested = self
            .world
            .parcels
            .values()
            .any(|parcel| *parcel == Parcel::Requested);
        requested.then(|| "a parcel may still be sent".into())
    }

    /// Returns whether nothing is left to do and nothing in doubt.
    pub(crate) fn is_settled(&self) -> bool {
        let balance = self.order.balance();
        self.pending.is_empty()
            && self.order.status() != OrderStatus::Cancelling
            && !self.order.has_open_attempt()
            && balance.captures_pending == 0
            && balance.refunds_pending == 0
            && self
                .order
                .reservation()
                .is_none_or(|one| one.pending_operation.is_none())
            && self.order.lines().iter().all(|line| line.sku == sku("abc"))
    }
}
