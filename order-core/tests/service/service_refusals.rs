//! Unexpected refusals by external services: each is compensated.

use crate::world::{ServiceFixture, TOTAL, World, cancel, deliver, ship};
use order_core::command::Command;
use order_core::money::Amount;
use order_core::order::{
    CaptureStatus, HoldOrigin, OrderStatus, PaymentAttemptStatus, PaymentStatus, RefundStatus,
    ReservationStatus, ReturnStatus,
};
use order_core::policy::PaymentPolicy;
use order_core::ports::{OrderError, Orders, Payments};
use order_core::reference::Reference;
use order_core::value::{
    CaptureNo, PaymentAttemptNo, ProductName, RefundNo, ReservationNo, ReturnNo,
};
use order_testing::builders::{call, code, line, place, priced, sku, units};
use order_testing::{Fault, RefundMode};
use std::time::Duration;

fn no() -> Fault {
    Fault::Refused(code("not_today"))
}

#[tokio::test]
async fn a_payment_that_the_provider_refuses_is_declined() {
    let world = World::new();
    let service = world.service();
    world.payments.faults().on("authorize").next(1, no());
    let order = service.given_order(place().build()).await;
    assert_eq!(order.status(), OrderStatus::Confirmed);
    let attempt = order.payment(PaymentAttemptNo::FIRST).unwrap();
    assert_eq!(attempt.status, PaymentAttemptStatus::Declined);
    assert_eq!(attempt.decline_code, Some(code("not_today")));
    assert_eq!(order.payment_status(), PaymentStatus::Failed);
}

#[tokio::test]
async fn a_capture_that_the_provider_refuses_is_noted_and_not_tried_again() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    world.payments.faults().on("capture").next(1, no());
    service.expect_executed(id, ship()).await;
    world.settle(&service).await;
    let order = service.expect_executed(id, deliver()).await;
    let capture = order.payments()[0].capture_with(CaptureNo::FIRST).unwrap();
    assert_eq!(capture.status, CaptureStatus::Failed);
    assert_eq!(capture.failure, Some(code("not_today")));
    assert_eq!(order.status(), OrderStatus::Processing, "it is not paid");
    assert_eq!(world.payments.faults().count("capture"), 1);
}

#[tokio::test]
async fn a_capture_that_may_have_been_sent_when_a_cancel_is_accepted_is_paid_back() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let hasty = world
        .builder()
        .configure(|all| all.request_time_budget = Duration::ZERO);
    let hasty = hasty.build().unwrap();
    hasty
        .expect_executed(id, Command::CapturePayment { amount: None })
        .await;
    hasty.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    let balance = world.balance(id);
    assert_eq!(balance.captured, balance.refunded, "all of it");
    world.expect_nothing_kept(id, "a capture in doubt");
}

#[tokio::test]
async fn an_authorization_that_cannot_be_voided_yet_is_voided_later() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    world.payments.faults().on("void").next(2, no());
    let order = service.expect_executed(id, cancel()).await;
    assert_eq!(order.status(), OrderStatus::Cancelling, "it is not proven");
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    world.expect_nothing_kept(id, "voided at the third attempt");
}

#[tokio::test]
async fn what_was_taken_at_the_provider_before_it_was_voided_is_paid_back() {
    let world = World::new();
    let service = world.service();
    let order = service.given_order(place().build()).await;
    let (id, attempt) = (order.id(), &order.payments()[0]);
    let payment = attempt.provider_id.clone().unwrap();
    let by_hand = Reference::Capture(id, attempt.no, CaptureNo::new(7));
    let call = call("by hand");
    let captured = world
        .payments
        .capture(&call, &payment, attempt.amount, &by_hand);
    captured.await.unwrap();
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
    assert_eq!(world.balance(id).refunded.minor(), TOTAL);
    world.expect_nothing_kept(id, "captured by somebody else");
}

#[tokio::test]
async fn a_refund_that_fails_is_made_anew_until_it_succeeds() {
    for refused in [true, false] {
        let world = World::new();
        let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
        let id = service.given_order(place().build()).await.id();
        if refused {
            world.payments.faults().on("refund").next(1, no());
        } else {
            world.payments.set_refund_mode(RefundMode::Fail);
        }
        let order = service.expect_executed(id, cancel()).await;
        assert_eq!(order.status(), OrderStatus::Cancelling);
        let failed = order.refund(RefundNo::FIRST).unwrap();
        assert_eq!(failed.status, RefundStatus::Failed);
        assert!(failed.failure.is_some(), "it has a reason");
        world.payments.set_refund_mode(RefundMode::Succeed);
        world.pass(&service, Duration::from_secs(3_600), 10).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        assert_eq!(world.order(id).refunds().len(), 2);
        world.expect_nothing_kept(id, "refunded at the second attempt");
    }
}

#[tokio::test]
async fn a_product_that_is_not_sold_any_more_rejects_the_order() {
    let world = World::new();
    let service = world.service();
    // The prices are unavailable at first, so that the order waits for them.
    world
        .inventory
        .faults()
        .on("products")
        .next(1, Fault::Unavailable);
    let placed = service
        .given_order(place().line(line("gone", 1)).build())
        .await;
    world.settle(&service).await;
    let order = world.order(placed.id());
    assert_eq!(order.status(), OrderStatus::Rejected);
    world.expect_nothing_kept(order.id(), "an unknown product");
}

#[tokio::test]
async fn a_revision_to_a_product_that_is_gone_by_then_is_taken_back() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let mut gone = priced("gone", 2, 100);
    gone.name = ProductName::parse("Gone").ok();
    let revise = Command::ReviseLines {
        lines: vec![gone],
        adjustments: None,
    };
    service.expect_executed(id, revise).await;
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
        let id = service.given_order(bad).await.id();
        let reference = Reference::Reservation(id, ReservationNo::FIRST);
        assert!(world.inventory.expire(&crate::world::shop(), &reference));
        if !enough {
            let (shop, price) = (crate::world::shop(), order_testing::builders::usd(1_999));
            world.inventory.stock(&shop, &sku("abc"), price, 1);
        }
        service
            .expect_executed(id, crate::world::pay_with("tok_visa"))
            .await;
        world.settle(&service).await;
        let order = world.order(id);
        assert_eq!(order.status(), OrderStatus::Processing, "it is paid");
        let state = order.reservation().unwrap().status;
        if enough {
            assert_eq!(state, ReservationStatus::Committed);
            assert_eq!(world.kept_units(), 2);
        } else {
            assert_eq!(state, ReservationStatus::Rejected);
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
        let lines = vec![units("abc", 1).into()];
        let ask = Command::RequestReturn {
            lines,
            reason: None,
        };
        seen.push(service.expect_executed(id, ask).await.return_status());
        service
            .expect_executed(id, Command::ApproveReturn { return_no })
            .await;
        let restock = return_no == first;
        let receive = Command::ReceiveReturn { return_no, restock };
        seen.push(service.expect_executed(id, receive).await.return_status());
    }
    let expected = [
        ReturnStatus::None,
        ReturnStatus::Requested,
        ReturnStatus::PartiallyReturned,
        ReturnStatus::PartiallyReturned,
        ReturnStatus::Returned,
    ];
    assert_eq!(seen, expected);
    assert_eq!(world.balance(id).net_captured(), Amount::ZERO);
    assert_eq!(world.kept_units(), 1, "one was restocked");
}

#[tokio::test]
async fn a_store_that_is_away_is_not_ready() {
    let world = World::new();
    let service = world.service();
    service.ready().await.unwrap();
    world.store.faults().fail("ping", 1);
    let not_ready = service.ready().await.unwrap_err();
    assert!(matches!(not_ready, OrderError::Store(_)));
    service.ready().await.unwrap();
}

#[tokio::test]
async fn an_order_that_others_change_all_the_time_is_given_up_on() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let before = world.order(id);
    world.store.faults().conflict(50);
    let refused = service.try_execute(id, cancel()).await.unwrap_err();
    assert!(matches!(refused, OrderError::Contended { id: which } if which == id));
    assert_eq!(world.order(id), before, "nothing was changed");
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    world.expect_nothing_kept(id, "once nobody else changes it");
}
