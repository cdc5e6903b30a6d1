//! Nothing happens twice: at every single call a process crashes, an answer is lost, or a service is
//! unavailable, and every order still reaches its final status, with every effect carried out once.

use crate::world::{InjectedFault, ServiceFixture, TOTAL, World, cancel, delivered, shop};
use order_core::command::Command;
use order_core::order::{OrderStatus, RefundStatus};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy, StorefrontPolicy};
use order_core::ports::{CommandOutcome, CommandRequest, OrderError, Orders};
use order_core::service::OrderService;
use order_core::value::{OrderId, ReturnNo};
use order_testing::builders::{idempotency, place, units};
use std::time::Duration;

/// Repeats a request, each time in another process, until it is answered.
async fn until_answered<W>(
    world: &World,
    service: impl Fn() -> OrderService,
    ask: impl Fn(OrderService) -> W,
) -> CommandOutcome
where
    W: Future<Output = Result<CommandOutcome, OrderError>>,
{
    for _ in 0..20 {
        match world.faults.unless_crashed(ask(service())).await {
            Some(Ok(done)) => return done,
            None
            | Some(Err(
                OrderError::Store(_)
                | OrderError::IdempotencyKeyInFlight { .. }
                | OrderError::Unavailable { .. },
            )) => {}
            Some(Err(error)) => panic!("it is answered: {error}"),
        }
        // The leases of a crashed process have expired by then.
        world.clock.advance(Duration::from_secs(20));
    }
    panic!("it is answered");
}

/// Runs runners until no effect is left. Each lives until it crashes.
async fn in_the_end(world: &World, service: impl Fn() -> OrderService) {
    let mut runner = service().runner();
    for _ in 0..100 {
        if world.faults.unless_crashed(runner.step()).await.is_none() {
            runner = service().runner();
        }
        if world.store.effects().is_empty() {
            return;
        }
        world.clock.advance(Duration::from_secs(20));
    }
    panic!("an effect is never finished: {:?}", world.store.effects());
}

/// Runs a scenario with every fault at every one of its calls. The scenario returns whether it had such
/// a call.
async fn with_every_fault<S>(
    world: fn() -> World,
    scenario: impl Fn(World, usize, InjectedFault) -> S,
) where
    S: Future<Output = bool>,
{
    for fault in InjectedFault::ALL {
        let mut number = 0;
        loop {
            if !scenario(world(), number, fault).await {
                assert!(number > 10, "a scenario has many calls");
                break;
            }
            number += 1;
        }
    }
}

fn automatic(world: &World, payment: PaymentPolicy) -> OrderService {
    world.service_with(|all: &mut StorefrontPolicy| {
        all.fulfillment = FulfillmentPolicy::Automatic;
        all.payment = payment;
    })
}

async fn place_with_fault(world: World, number: usize, fault: InjectedFault) -> bool {
    world.faults.inject_at(number, fault);
    let service = || automatic(&world, PaymentPolicy::CaptureOnShip);
    let ask =
        |service: OrderService| async move { service.place(place().key("k-1").build()).await };
    let done = until_answered(&world, service, ask).await;
    let id = done.order.id();
    in_the_end(&world, service).await;
    let (happened, log) = (world.faults.was_injected(), world.faults.calls());
    world.faults.clear();
    let at = format!("{fault:?} at call {number} of {log:?}");

    let order = world.only_order();
    assert_eq!(order.id(), id, "{at}: the one that was answered");
    assert_eq!(order.status(), OrderStatus::Processing, "{at}");
    assert_eq!(order.payments().len(), 1, "{at}: one attempt");
    assert_eq!(
        world.payments.total().authorized.minor(),
        TOTAL,
        "{at}: charged once"
    );
    assert_eq!(world.payments.total().captured.minor(), 0, "{at}");
    assert_eq!(world.kept_units(), 2, "{at}: reserved once");
    assert_eq!(world.parcels(id).len(), 1, "{at}: requested once");
    let again = service().place(place().key("k-1").build()).await.unwrap();
    assert!(again.replayed, "{at}: a repetition");
    assert_eq!(again.order.id(), id, "{at}: gets the same order");
    happened
}

#[tokio::test]
async fn an_order_is_placed_once_whatever_goes_wrong() {
    for world in [World::new, World::with_inventory_in_store] {
        with_every_fault(world, place_with_fault).await;
    }
}

async fn cancel_with_fault(world: World, number: usize, fault: InjectedFault) -> bool {
    let service = || automatic(&world, PaymentPolicy::CaptureOnConfirm);
    let id = service().given_order(place().build()).await.id();
    world.settle(&service()).await;
    assert_eq!(world.balance(id).captured.minor(), TOTAL);
    world.faults.inject_at(number, fault);
    let ask = |service: OrderService| async move {
        let mut execute = CommandRequest::new(shop(), id, cancel());
        execute.idempotency = Some(idempotency("cancel", "k-2"));
        service.execute(execute).await
    };
    until_answered(&world, service, ask).await;
    in_the_end(&world, service).await;
    let (happened, log) = (world.faults.was_injected(), world.faults.calls());
    world.faults.clear();
    let at = format!("{fault:?} at call {number} of {log:?}");

    let order = world.order(id);
    assert_eq!(order.status(), OrderStatus::Cancelled, "{at}");
    assert_eq!(
        world.balance(id).refunded.minor(),
        TOTAL,
        "{at}: refunded once"
    );
    assert_eq!(order.refunds().len(), 1, "{at}: one refund");
    world.expect_nothing_kept(id, &at);
    happened
}

#[tokio::test]
async fn an_order_is_cancelled_and_refunded_once_whatever_goes_wrong() {
    with_every_fault(World::new, cancel_with_fault).await;
}

async fn ship_with_fault(world: World, number: usize, fault: InjectedFault) -> bool {
    let service = || automatic(&world, PaymentPolicy::CaptureOnShip);
    let id = service().given_order(place().build()).await.id();
    world.settle(&service()).await;
    world.faults.inject_at(number, fault);
    for (key, command) in [("ship", ship_first()), ("deliver", crate::world::deliver())] {
        let ask = |service: OrderService| {
            let mut execute = CommandRequest::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency(key, "k"));
            async move { service.execute(execute).await }
        };
        until_answered(&world, service, ask).await;
    }
    in_the_end(&world, service).await;
    let (happened, log) = (world.faults.was_injected(), world.faults.calls());
    world.faults.clear();
    let at = format!("{fault:?} at call {number} of {log:?}");

    assert_eq!(world.order(id).status(), OrderStatus::Completed, "{at}");
    let balance = world.balance(id);
    assert_eq!(balance.captured.minor(), TOTAL, "{at}: captured once");
    assert!(
        balance.authorized.is_zero() && balance.refunded.is_zero(),
        "{at}"
    );
    assert_eq!(
        world.stock_level("abc").committed,
        2,
        "{at}: out of stock once"
    );
    happened
}

fn ship_first() -> Command {
    Command::ConfirmShipment {
        fulfillment: Some(order_core::value::FulfillmentNo::FIRST),
        lines: None,
        tracking: order_core::order::Tracking::default(),
    }
}

#[tokio::test]
async fn an_order_is_shipped_and_captured_once_whatever_goes_wrong() {
    with_every_fault(World::new, ship_with_fault).await;
}

async fn return_with_fault(world: World, number: usize, fault: InjectedFault) -> bool {
    let service = || world.service();
    let id: OrderId = delivered(&world, &service(), place().build()).await.id();
    world.settle(&service()).await;
    world.faults.inject_at(number, fault);
    let return_no = ReturnNo::FIRST;
    let lines = vec![units("abc", 2).into()];
    for (key, command) in [
        (
            "request",
            Command::RequestReturn {
                lines,
                reason: None,
            },
        ),
        ("approve", Command::ApproveReturn { return_no }),
        (
            "receive",
            Command::ReceiveReturn {
                return_no,
                restock: true,
            },
        ),
    ] {
        let ask = |service: OrderService| {
            let mut execute = CommandRequest::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency(key, "k"));
            async move { service.execute(execute).await }
        };
        until_answered(&world, service, ask).await;
    }
    in_the_end(&world, service).await;
    let (happened, log) = (world.faults.was_injected(), world.faults.calls());
    world.faults.clear();
    let at = format!("{fault:?} at call {number} of {log:?}");

    let order = world.order(id);
    assert_eq!(order.refunds().len(), 1, "{at}: one refund");
    assert_eq!(order.refunds()[0].status, RefundStatus::Succeeded, "{at}");
    assert_eq!(
        world.balance(id).refunded.minor(),
        TOTAL,
        "{at}: refunded once"
    );
    assert_eq!(world.kept_units(), 0, "{at}: the units are back");
    happened
}

#[tokio::test]
async fn a_return_is_refunded_and_restocked_once_whatever_goes_wrong() {
    with_every_fault(World::new, return_with_fault).await;
}
