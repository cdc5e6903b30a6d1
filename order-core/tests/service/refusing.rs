//! Outside services that say no where nobody expects it: each answer leads somewhere.

use crate::world::{Ask, TOTAL, World, cancel, deliver, ship};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::order::{
    AttemptState, CaptureState, HoldOrigin, OrderStatus, PaymentStatus, RefundState,
    ReservationState, ReturnStatus,
};
use order_core::policy::PaymentPolicy;
use order_core::ports::{OrderError, Orders, Payments};
use order_core::reference::Reference;
use order_core::testing::builders::{call, code, line, place, priced, sku, units};
use order_core::testing::{Fault, RefundMode};
use order_core::value::{AttemptNo, CaptureNo, ProductName, RefundNo, ReservationNo, ReturnNo};
use std::time::Duration;

fn no() -> Fault {
    Fault::Refused(code("not_today"))
}

#[tokio::test]
async fn a_payment_that_the_provider_refuses_is_declined() {
    let world = World::new();
    let service = world.service();
    world.payments.faults().on("pay").next(1, no());
    let order = service.placed(place().build()).await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    let attempt = order.payment(AttemptNo::FIRST).unwrap();
    assert_eq!(attempt.state, AttemptState::Declined);
    assert_eq!(attempt.decline_code, Some(code("not_today")));
    assert_eq!(order.payment_status(), PaymentStatus::Failed);
}

#[tokio::test]
async fn a_capture_that_the_provider_refuses_is_noted_and_not_tried_again() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    world.payments.faults().on("capture").next(1, no());
    service.did(id, ship()).await;
    world.settle(&service).await;
    let order = service.did(id, deliver()).await;
    let capture = order.payments()[0].capture_with(CaptureNo::FIRST).unwrap();
    assert_eq!(capture.state, CaptureState::Failed);
    assert_eq!(capture.failure, Some(code("not_today")));
    assert_eq!(order.status(), OrderStatus::Processing, "it is not paid");
    assert_eq!(world.payments.faults().count("capture"), 1);
}

#[tokio::test]
async fn a_capture_that_may_have_been_sent_when_a_cancel_is_accepted_is_paid_back() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    let hasty = world.builder().with(|all| all.budget = Duration::ZERO);
    let hasty = hasty.build().unwrap();
    hasty
        .did(id, Command::CapturePayment { amount: None })
        .await;
    hasty.did(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    let balance = world.balance(id);
    assert_eq!(balance.captured, balance.refunded, "all of it");
    world.nothing_is_kept(id, "a capture in doubt");
}

#[tokio::test]
async fn an_authorization_that_cannot_be_voided_yet_is_voided_later() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    world.payments.faults().on("void").next(2, no());
    let order = service.did(id, cancel()).await;
    assert_eq!(order.status(), OrderStatus::Cancelling, "it is not proven");
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.nothing_is_kept(id, "voided at the third try");
}

#[tokio::test]
async fn what_was_taken_at_the_provider_before_it_was_voided_is_paid_back() {
    let world = World::new();
    let service = world.service();
    let order = service.placed(place().build()).await;
    let (id, attempt) = (order.id(), &order.payments()[0]);
    let payment = attempt.provider_id.clone().unwrap();
    let by_hand = Reference::Capture(id, attempt.no, CaptureNo::new(7));
    let call = call("by hand");
    let taken = world
        .payments
        .capture(&call, &payment, attempt.amount, &by_hand);
    taken.await.unwrap();
    service.did(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    assert_eq!(world.balance(id).refunded.minor(), TOTAL);
    world.nothing_is_kept(id, "taken by somebody else");
}

#[tokio::test]
async fn a_refund_that_fails_is_made_anew_until_it_succeeds() {
    for refused in [true, false] {
        let world = World::new();
        let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
        let id = service.placed(place().build()).await.id();
        if refused {
            world.payments.faults().on("refund").next(1, no());
        } else {
            world.payments.refunds(RefundMode::Fail);
        }
        let order = service.did(id, cancel()).await;
        assert_eq!(order.status(), OrderStatus::Cancelling);
        let failed = order.refund(RefundNo::FIRST).unwrap();
        assert_eq!(failed.state, RefundState::Failed);
        assert!(failed.failure.is_some(), "it says why");
        world.payments.refunds(RefundMode::Succeed);
        world.pass(&service, Duration::from_secs(3_600), 10).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        assert_eq!(world.order(id).refunds().len(), 2);
        world.nothing_is_kept(id, "paid back at the second try");
    }
}

#[tokio::test]
async fn a_product_that_is_not_sold_any_more_rejects_the_order() {
    let world = World::new();
    let service = world.service();
    // Prices cannot be asked for at first, so that the order waits for them.
    world
        .inventory
        .faults()
        .on("products")
        .next(1, Fault::Unavailable);
    let placed = service.placed(place().line(line("gone", 1)).build()).await;
    world.settle(&service).await;
    let order = world.order(placed.id());
    assert_eq!(order.status(), OrderStatus::Rejected);
    world.nothing_is_kept(order.id(), "an unknown product");
}

#[tokio::test]
async fn a_revision_to_a_product_that_is_gone_by_then_is_taken_back() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    let mut gone = priced("gone", 2, 100);
    gone.name = ProductName::parse("Gone").ok();
    let revise = Command::ReviseLines {
        lines: vec![gone],
        adjustments: None,
    };
    service.did(id, revise).await;
    world.settle(&service).await;
    let order = world.order(id);
    assert_eq!(order.lines()[0].sku, sku("abc"), "as it was before");
    assert_eq!(order.totals().total.minor(), TOTAL);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn stock_that_is_gone_when_it_should_be_taken_is_asked_for_anew_or_holds_the_order() {
    for enough in [true, false] {
        let world = World::new();
        let service = world.service();
        let bad = place().token("tok_declined").build();
        let id = service.placed(bad).await.id();
        let reference = Reference::Reservation(id, ReservationNo::FIRST);
        assert!(world.inventory.lapse(&crate::world::shop(), &reference));
        if !enough {
            let (shop, price) = (
                crate::world::shop(),
                order_core::testing::builders::usd(1_999),
            );
            world.inventory.stock(&shop, &sku("abc"), price, 1);
        }
        service.did(id, crate::world::pay_with("tok_visa")).await;
        world.settle(&service).await;
        let order = world.order(id);
        assert_eq!(order.status(), OrderStatus::Processing, "it is paid");
        let state = order.reservation().unwrap().state;
        if enough {
            assert_eq!(state, ReservationState::Committed);
            assert_eq!(world.kept_units(), 2);
        } else {
            assert_eq!(state, ReservationState::Rejected);
            assert_eq!(order.holds()[0].origin, HoldOrigin::StockUnavailable);
            assert!(order.hold(order.holds()[0].no).unwrap().is_active());
        }
    }
}

#[tokio::test]
async fn a_return_is_shown_at_every_step() {
    let world = World::new();
    let service = world.service();
    let id = crate::world::delivered(&world, &service, place().build())
        .await
        .id();
    let mut seen = vec![world.order(id).return_status()];
    let first = ReturnNo::FIRST;
    for n in [1, 2] {
        let return_no = ReturnNo::new(n);
        let lines = vec![units("abc", 1)];
        let ask = Command::RequestReturn {
            lines,
            reason: None,
        };
        seen.push(service.did(id, ask).await.return_status());
        service.did(id, Command::ApproveReturn { return_no }).await;
        let restock = return_no == first;
        let receive = Command::ReceiveReturn { return_no, restock };
        seen.push(service.did(id, receive).await.return_status());
    }
    let expected = [
        ReturnStatus::None,
        ReturnStatus::Requested,
        ReturnStatus::PartiallyReturned,
        ReturnStatus::PartiallyReturned,
        ReturnStatus::Returned,
    ];
    assert_eq!(seen, expected);
    assert_eq!(world.balance(id).kept(), Amount::ZERO);
    assert_eq!(world.kept_units(), 1, "one went into stock again");
}

#[tokio::test]
async fn a_store_that_is_away_is_not_ready() {
    let world = World::new();
    let service = world.service();
    service.ready().await.unwrap();
    world.store.faults().fail("ping", 1);
    let away = service.ready().await.unwrap_err();
    assert!(matches!(away, OrderError::Store(_)));
    service.ready().await.unwrap();
}

#[tokio::test]
async fn an_order_that_others_change_all_the_time_is_given_up_on() {
    let world = World::new();
    let service = world.service();
    let id = service.placed(place().build()).await.id();
    let before = world.order(id);
    world.store.faults().stale(50);
    let refused = service.run(id, cancel()).await.unwrap_err();
    assert!(matches!(refused, OrderError::Contended { id: which } if which == id));
    assert_eq!(world.order(id), before, "nothing was changed");
    service.did(id, cancel()).await;
    world.settle(&service).await;
    world.nothing_is_kept(id, "once they let it be");
}
