//! What is charged is what is owed, whatever was given away or dropped in between.

use crate::world::{Ask, TOTAL, World, pay_with, ship};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::order::Tracking;
use order_core::testing::builders::{place, priced, units};

#[tokio::test]
async fn what_was_given_back_is_not_taken_again_for_what_is_still_to_be_shipped() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    let one = Command::ConfirmShipment {
        fulfillment: None,
        lines: Some(vec![units("abc", 1)]),
        tracking: Tracking::default(),
    };
    service.did(id, one).await;
    let goodwill = Command::RequestRefund {
        amount: Some(Amount::new(500)),
        reason: None,
    };
    service.did(id, goodwill).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(balance.kept().minor(), TOTAL / 2 - 500, "for one unit");
    service.did(id, ship()).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(balance.kept().minor(), TOTAL - 500, "for both");
}

#[tokio::test]
async fn of_two_authorizations_only_the_one_that_is_not_needed_is_given_back() {
    let world = World::new();
    let service = world.service();
    let wish = place().line(priced("abc", 1, 1_999)).build();
    let id = service.placed(wish).await.id();
    let more = Command::ReviseLines {
        lines: vec![priced("abc", 3, 1_999), priced("tea", 1, 500)],
        adjustments: None,
    };
    service.did(id, more).await;
    service.did(id, pay_with("tok_visa")).await;
    let balance = world.balance(id);
    assert_eq!(balance.authorized.minor(), 3 * 1_999 + 500);
    let drop_abc = Command::CancelLines {
        lines: vec![units("abc", 3)],
        reason: None,
    };
    service.did(id, drop_abc).await;
    world.settle(&service).await;
    let balance = world.balance(id);
    assert_eq!(balance.authorized.minor(), 2 * 1_999 + 500, "the second");
    let order = service.did(id, ship()).await;
    assert_eq!(order.totals().due, Amount::ZERO, "it covers what is left");
    world.settle(&service).await;
    assert_eq!(world.balance(id).kept().minor(), 500);
}
