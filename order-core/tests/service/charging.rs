//! The customer is charged what is owed, whatever was refunded or cancelled in between.

use crate::world::{ServiceFixture, TOTAL, World, pay_with, ship};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::order::RefundKind;
use order_core::order::Tracking;
use order_testing::builders::{place, priced, units};

#[tokio::test]
async fn what_was_given_back_is_not_taken_again_for_what_is_still_to_be_shipped() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let one = Command::ConfirmShipment {
        fulfillment: None,
        lines: Some(vec![units("abc", 1).into()]),
        tracking: Tracking::default(),
    };
    service.expect_executed(id, one).await;
    let goodwill = Command::RequestRefund {
        amount: Some(Amount::new(500)),
        lines: None,
        kind: RefundKind::Goodwill,
        reason: None,
    };
    service.expect_executed(id, goodwill).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(
        balance.net_captured().minor(),
        TOTAL / 2 - 500,
        "for one unit"
    );
    service.expect_executed(id, ship()).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(balance.net_captured().minor(), TOTAL - 500, "for both");
}

#[tokio::test]
async fn of_two_authorizations_only_the_one_that_is_not_needed_is_given_back() {
    let world = World::new();
    let service = world.service();
    let request = place().line(priced("abc", 1, 1_999)).build();
    let id = service.given_order(request).await.id();
    let more = Command::ReviseLines {
        lines: vec![priced("abc", 3, 1_999), priced("tea", 1, 500)],
        adjustments: None,
    };
    service.expect_executed(id, more).await;
    service.expect_executed(id, pay_with("tok_visa")).await;
    let balance = world.balance(id);
    assert_eq!(balance.authorized.minor(), 3 * 1_999 + 500);
    let drop_abc = Command::CancelLines {
        lines: vec![units("abc", 3).into()],
        reason: None,
    };
    service.expect_executed(id, drop_abc).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(balance.authorized.minor(), 2 * 1_999 + 500, "the second");
    let order = service.expect_executed(id, ship()).await;
    assert_eq!(order.totals().due, Amount::ZERO, "it covers what is left");
    world.settle(&service).await;
    assert_eq!(world.balance(id).net_captured().minor(), 500);
}
