//! What must hold in every state, and what a settled one is.

use super::{PRICE, State, UNITS};
use crate::outside::{Parcel, Stock};
use order_core::order::{Line, OrderStatus};
use order_core::testing::builders::sku;

impl State {
    /// What must not follow from this state.
    pub(crate) fn forbidden(&self, to: &Self) -> Option<String> {
        let (before, after_it) = (self.order.status(), to.order.status());
        if before.is_closed() && !after_it.is_closed() {
            return Some(format!("an order that was {before} went on"));
        }
        if before.is_terminal() && before != after_it {
            return Some(format!("an order that was {before} became {after_it}"));
        }
        let sent = |state: &Self| state.outside.payments.len() + state.outside.parcels.len();
        let fresh = |state: &Self| state.outside.stock.len();
        if before.is_closed()
            && (sent(to) > sent(self) && to.outside.payments.len() > self.outside.payments.len())
        {
            return Some("a closed order was charged".into());
        }
        let asked_for_stock =
            before.is_closed()
                && fresh(to) > fresh(self)
                && to.outside.stock.iter().any(|(no, stock)| {
                    !self.outside.stock.contains_key(no) && *stock != Stock::Gone
                });
        asked_for_stock.then(|| "a closed order took stock".into())
    }

    /// What must not be, in any state.
    pub(crate) fn broken(&self) -> Option<String> {
        let order = &self.order;
        if !order.lines().iter().all(Line::counts_hold) {
            return Some("the counts of a line contradict one another".into());
        }
        let ledger = order.ledger();
        if ledger.refunded + ledger.refunding > ledger.captured {
            return Some(format!("more goes back than was taken: {ledger:?}"));
        }
        let most = PRICE * i64::from(UNITS);
        if self.outside.money() > most {
            return Some("more was charged than the order costs".into());
        }
        if self.outside.money() < 0 {
            return Some("more was paid back than was charged".into());
        }
        for (no, payment) in &self.outside.payments {
            if payment.captured() > payment.authorized {
                return Some(format!(
                    "payment {no} was captured beyond its authorization"
                ));
            }
        }
        let lost: u32 = order.lines().iter().map(|line| line.lost).sum();
        if self.outside.units() > UNITS + lost {
            return Some("more stock is taken than was ordered".into());
        }
        self.unsettled_end()
    }

    /// A settled order that has ended keeps nothing.
    fn unsettled_end(&self) -> Option<String> {
        if !self.is_settled() || !self.order.status().is_closed() {
            return None;
        }
        let kept = self.outside.money();
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
        if self.outside.units() > gone {
            return Some("stock is kept that never left".into());
        }
        let asked = self
            .outside
            .parcels
            .values()
            .any(|parcel| *parcel == Parcel::Asked);
        asked.then(|| "a parcel may still be sent".into())
    }

    /// Nothing is left to be done, and nothing in doubt.
    pub(crate) fn is_settled(&self) -> bool {
        let ledger = self.order.ledger();
        self.open.is_empty()
            && self.order.status() != OrderStatus::Cancelling
            && !self.order.has_open_attempt()
            && ledger.capturing == 0
            && ledger.refunding == 0
            && self
                .order
                .reservation()
                .is_none_or(|one| one.work.is_none())
            && self.order.lines().iter().all(|line| line.sku == sku("abc"))
    }
}
