//! What of the system must agree with the model.

use crate::model::{Model, Where};
use crate::system::{SKUS, System, shop};
use order_core::apply;
use order_core::order::{Line, Order, OrderStatus, SkuUnits};
use order_core::testing::ParcelState;
use order_core::testing::builders::sku;

impl System {
    /// What must hold at any time, and what must once nothing is left to do.
    pub(crate) fn agrees_with(&self, model: &Model) {
        let (order, balance) = (self.order(), self.balance());
        assert_eq!(
            order.status().is_closed(),
            model.is_closed(),
            "{}",
            order.status()
        );
        assert!(balance.kept().minor() >= 0, "no more goes back than came");
        let charged = balance.authorized.minor() + balance.kept().minor();
        let most = model.most.max(model.owed());
        assert!(charged <= most, "{charged} is charged, {most} was owed");
        if order.status() == OrderStatus::Cancelled {
            assert!(balance.is_clear(), "a cancelled order keeps no money");
            let gone = |line: &Line| line.shipped + line.lost - line.restocked;
            let gone: u32 = order.lines().iter().map(gone).sum();
            assert!(
                self.kept_units() <= gone,
                "a cancelled order keeps no stock"
            );
        }
        if !self.is_down {
            units_agree(&order, model);
            self.money_agrees(&order, model);
            self.stock_agrees(&order, model);
            self.status_agrees(&order, model);
        }
    }

    /// Units that are set aside or taken.
    fn kept_units(&self) -> u32 {
        let shelves = SKUS.map(|name| self.inventory.shelf(&shop(), &sku(name)));
        shelves
            .iter()
            .map(|shelf| shelf.held + shelf.committed)
            .sum()
    }

    fn status_agrees(&self, order: &Order, model: &Model) {
        let expected = model.end.unwrap_or(if model.released {
            OrderStatus::Processing
        } else {
            OrderStatus::Confirmed
        });
        assert_eq!(order.status(), expected);
        assert_eq!(order.deleted_at().is_some(), model.deleted, "deleted");
        assert_eq!(order.is_held(), model.held, "on hold");
        let asked = model.parcels.iter().filter(|one| one.at == Where::Asked);
        let at_warehouse = self.shipping.parcels(self.id);
        let to_send = at_warehouse
            .iter()
            .filter(|one| one.state == ParcelState::Accepted);
        assert_eq!(to_send.count(), asked.count(), "parcels still to be sent");
        if model.end.is_some() {
            assert!(order.is_settled(), "what has ended is settled");
        }
    }

    /// The order, the provider and the model have the same sums.
    fn money_agrees(&self, order: &Order, model: &Model) {
        let (ledger, balance) = (order.ledger(), self.balance());
        assert_eq!((ledger.capturing, ledger.refunding), (0, 0), "at rest");
        let by_order = (ledger.authorized, ledger.captured, ledger.refunded);
        let wide = |amount: order_core::money::Amount| i128::from(amount.minor());
        let by_provider = (
            wide(balance.authorized),
            wide(balance.captured),
            wide(balance.refunded),
        );
        assert_eq!(by_order, by_provider, "the order and the provider");
        assert_eq!(balance.kept().minor(), model.kept, "kept");
        assert_eq!(balance.authorized.minor(), model.authorized(), "authorized");
        assert_eq!(ledger.owed, i128::from(model.owed()), "owed");
        assert_eq!(order.has_open_attempt(), model.acting.is_some(), "acting");
    }

    /// The inventory keeps for the order what the model says: set aside before release, then taken.
    fn stock_agrees(&self, order: &Order, model: &Model) {
        let covers = order.reservation().filter(|one| one.may_hold());
        for (name, line) in SKUS.iter().zip(model.lines) {
            let shelf = self.inventory.shelf(&shop(), &sku(name));
            assert_eq!(shelf.held + shelf.committed, line.stock, "stock of {name}");
            let taken = model.released || model.is_closed();
            let other = if taken { shelf.held } else { shelf.committed };
            assert_eq!(other, 0, "{name} is set aside, then taken: {shelf:?}");
            let believed = covers
                .and_then(|one| one.covers.iter().find(|units| units.sku == sku(name)))
                .map_or(0, |units: &SkuUnits| units.quantity);
            assert_eq!(believed, line.stock, "the order and the inventory: {name}");
        }
    }

    /// In the end nothing waits, and the order is the fold of its events.
    pub(crate) fn is_settled(&self) {
        assert!(self.store.effects().is_empty(), "nothing is left to do");
        assert_eq!(self.history().iter().fold(None, apply), Some(self.order()));
    }
}

fn units_agree(order: &Order, model: &Model) {
    for (name, units) in SKUS.iter().zip(model.lines) {
        let line = order.lines().iter().find(|line| line.sku == sku(name));
        let count = |of: fn(&Line) -> u32| line.map_or(0, of);
        assert_eq!(count(|line| line.quantity.get()), units.ordered, "{name}");
        assert_eq!(count(|line| line.cancelled), units.cancelled, "{name}");
        assert_eq!(count(|line| line.shipped), units.shipped, "{name}");
        assert_eq!(count(|line| line.delivered), units.delivered, "{name}");
        assert_eq!(count(|line| line.returned), units.returned, "{name}");
        assert_eq!(count(|line| line.restocked), units.restocked, "{name}");
        assert_eq!(count(|line| line.lost), units.lost, "{name}");
    }
    let excess = order.fulfillments().iter().flat_map(|one| &one.excess);
    let excess: u32 = excess.map(|units| units.quantity).sum();
    assert_eq!(excess, model.excess, "sent in excess");
    let expected = model.returns.iter().flatten().count();
    let open = order.returns().iter().filter(|one| one.is_open()).count();
    assert_eq!(open, expected, "returns that are still expected");
}
