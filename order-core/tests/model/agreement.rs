//! How the system must agree with the model.

use crate::catalog::{SKUS, shop};
use crate::model::{Model, ParcelAt};
use crate::system::System;
use order_core::apply;
use order_core::order::{Order, OrderLine, OrderStatus, SkuQuantity};
use order_testing::ParcelStatus;
use order_testing::builders::sku;

impl System {
    /// Checks what must hold at any time, and what must hold once nothing is left to do.
    pub(crate) fn agrees_with(&self, model: &Model) {
        let (order, balance) = (self.order(), self.balance());
        assert_eq!(
            order.status().is_closed(),
            model.is_closed(),
            "{}",
            order.status()
        );
        assert!(
            balance.net_captured().minor() >= 0,
            "no more is refunded than was captured"
        );
        let charged = balance.authorized.minor() + balance.net_captured().minor();
        let most = model.most.max(model.owed());
        assert!(charged <= most, "{charged} is charged, {most} was owed");
        if order.status() == OrderStatus::Cancelled {
            assert!(balance.is_clear(), "a cancelled order keeps no money");
            let gone = |line: &OrderLine| line.shipped + line.lost - line.restocked;
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

    /// Returns the units that are reserved or committed.
    fn kept_units(&self) -> u32 {
        let levels = SKUS.map(|name| self.inventory.stock_level(&shop(), &sku(name)));
        levels
            .iter()
            .map(|level| level.reserved + level.committed)
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
        let requested = model
            .parcels
            .iter()
            .filter(|one| one.at == ParcelAt::Requested);
        let at_warehouse = self.shipping.parcels(self.id);
        let to_send = at_warehouse
            .iter()
            .filter(|one| one.status == ParcelStatus::Accepted);
        assert_eq!(
            to_send.count(),
            requested.count(),
            "parcels still to be sent"
        );
        if model.end.is_some() {
            assert!(order.is_settled(), "what has ended is settled");
        }
    }

    /// Checks that the order, the provider and the model have the same sums.
    fn money_agrees(&self, order: &Order, model: &Model) {
        let (order_balance, balance) = (order.balance(), self.balance());
        assert_eq!(
            (
                order_balance.captures_pending,
                order_balance.refunds_pending
            ),
            (0, 0),
            "settled"
        );
        let by_order = (
            order_balance.authorized,
            order_balance.captured,
            order_balance.refunded,
        );
        let wide = |amount: order_core::money::Amount| i128::from(amount.minor());
        let by_provider = (
            wide(balance.authorized),
            wide(balance.captured),
            wide(balance.refunded),
        );
        assert_eq!(by_order, by_provider, "the order and the provider");
        assert_eq!(balance.net_captured().minor(), model.kept, "kept");
        assert_eq!(balance.authorized.minor(), model.authorized(), "authorized");
        assert_eq!(order_balance.owed, i128::from(model.owed()), "owed");
        assert_eq!(order.has_open_attempt(), model.acting.is_some(), "acting");
    }

    /// Checks that the inventory keeps what the model says: reserved before release, then committed.
    fn stock_agrees(&self, order: &Order, model: &Model) {
        let covers = order.reservation().filter(|one| one.may_hold());
        for (name, line) in SKUS.iter().zip(model.lines) {
            let level = self.inventory.stock_level(&shop(), &sku(name));
            assert_eq!(
                level.reserved + level.committed,
                line.stock,
                "stock of {name}"
            );
            let committed = model.released || model.is_closed();
            let other = if committed {
                level.reserved
            } else {
                level.committed
            };
            assert_eq!(other, 0, "{name} is reserved, then committed: {level:?}");
            let believed = covers
                .and_then(|one| one.lines.iter().find(|units| units.sku == sku(name)))
                .map_or(0, |units: &SkuQuantity| units.quantity);
            assert_eq!(believed, line.stock, "the order and the inventory: {name}");
        }
    }

    /// Checks that nothing is left to do, and that the order is the fold of its events.
    pub(crate) fn is_settled(&self) {
        assert!(self.store.effects().is_empty(), "nothing is left to do");
        assert_eq!(self.history().iter().fold(None, apply), Some(self.order()));
    }
}

fn units_agree(order: &Order, model: &Model) {
    for (name, units) in SKUS.iter().zip(model.lines) {
        let line = order.lines().iter().find(|line| line.sku == sku(name));
        let count = |of: fn(&OrderLine) -> u32| line.map_or(0, of);
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
