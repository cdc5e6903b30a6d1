//! Nothing happens twice: at every call a process dies, an answer is lost, or a service is away,
//! and every order still gets where it should, once.

use crate::world::{Ask, TOTAL, Trouble, World, cancel, delivered, shop};
use order_core::command::Command;
use order_core::order::{OrderStatus, RefundState};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy, Policies};
use order_core::ports::{Done, Execute, OrderError, Orders};
use order_core::service::OrderService;
use order_core::testing::builders::{idempotency, place, units};
use order_core::value::{OrderId, ReturnNo};
use std::time::Duration;

/// The same request again and again, by process after process, until it gets an answer.
async fn until_answered<W>(
    world: &World,
    service: impl Fn() -> OrderService,
    ask: impl Fn(OrderService) -> W,
) -> Done
where
    W: Future<Output = Result<Done, OrderError>>,
{
    for _ in 0..20 {
        match world.gate.unless_crashed(ask(service())).await {
            Some(Ok(done)) => return done,
            None
            | Some(Err(
                OrderError::Store(_)
                | OrderError::KeyInFlight { .. }
                | OrderError::Unavailable { .. },
            )) => {}
            Some(Err(error)) => panic!("it is answered: {error}"),
        }
        // Whatever a process that died had the lease of is anybody's by then.
        world.clock.advance(Duration::from_secs(20));
    }
    panic!("it is answered");
}

/// Runner after runner, until nothing waits. Each lives until it crashes.
async fn in_the_end(world: &World, service: impl Fn() -> OrderService) {
    let mut runner = service().runner();
    for _ in 0..100 {
        if world.gate.unless_crashed(runner.step()).await.is_none() {
            runner = service().runner();
        }
        if world.store.effects().is_empty() {
            return;
        }
        world.clock.advance(Duration::from_secs(20));
    }
    panic!("nothing waits for ever: {:?}", world.store.effects());
}

/// Tries a story with every trouble at every one of its calls. A story answers whether there was
/// such a call.
async fn with_every_trouble<S>(story: impl Fn(World, usize, Trouble) -> S)
where
    S: Future<Output = bool>,
{
    for trouble in Trouble::ALL {
        let mut number = 0;
        loop {
            if !story(World::new(), number, trouble).await {
                assert!(number > 10, "a story has many calls");
                break;
            }
            number += 1;
        }
    }
}

fn automatic(world: &World, payment: PaymentPolicy) -> OrderService {
    world.service_with(|all: &mut Policies| {
        all.fulfillment = FulfillmentPolicy::Automatic;
        all.payment = payment;
    })
}

async fn place_in_trouble(world: World, number: usize, trouble: Trouble) -> bool {
    world.gate.plan(number, trouble);
    let service = || automatic(&world, PaymentPolicy::CaptureOnShip);
    let ask =
        |service: OrderService| async move { service.place(place().key("k-1").build()).await };
    let done = until_answered(&world, service, ask).await;
    let id = done.order.id();
    in_the_end(&world, service).await;
    let (happened, log) = (world.gate.is_used_up(), world.gate.log());
    world.gate.clear();
    let at = format!("{trouble:?} at call {number} of {log:?}");

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
    assert_eq!(world.parcels(id).len(), 1, "{at}: asked once");
    let again = service().place(place().key("k-1").build()).await.unwrap();
    assert!(again.replayed, "{at}: a repetition");
    assert_eq!(again.order.id(), id, "{at}: gets the same order");
    happened
}

#[tokio::test]
async fn an_order_is_placed_once_whatever_goes_wrong() {
    with_every_trouble(place_in_trouble).await;
}

async fn cancel_in_trouble(world: World, number: usize, trouble: Trouble) -> bool {
    let service = || automatic(&world, PaymentPolicy::CaptureOnConfirm);
    let id = service().placed(place().build()).await.id();
    world.settle(&service()).await;
    assert_eq!(world.balance(id).captured.minor(), TOTAL);
    world.gate.plan(number, trouble);
    let ask = |service: OrderService| async move {
        let mut execute = Execute::new(shop(), id, cancel());
        execute.idempotency = Some(idempotency("cancel", "k-2"));
        service.execute(execute).await
    };
    until_answered(&world, service, ask).await;
    in_the_end(&world, service).await;
    let (happened, log) = (world.gate.is_used_up(), world.gate.log());
    world.gate.clear();
    let at = format!("{trouble:?} at call {number} of {log:?}");

    let order = world.order(id);
    assert_eq!(order.status(), OrderStatus::Cancelled, "{at}");
    assert_eq!(
        world.balance(id).refunded.minor(),
        TOTAL,
        "{at}: paid back once"
    );
    assert_eq!(order.refunds().len(), 1, "{at}: one refund");
    world.nothing_is_kept(id, &at);
    happened
}

#[tokio::test]
async fn an_order_is_cancelled_and_refunded_once_whatever_goes_wrong() {
    with_every_trouble(cancel_in_trouble).await;
}

async fn ship_in_trouble(world: World, number: usize, trouble: Trouble) -> bool {
    let service = || automatic(&world, PaymentPolicy::CaptureOnShip);
    let id = service().placed(place().build()).await.id();
    world.settle(&service()).await;
    world.gate.plan(number, trouble);
    for (key, command) in [("ship", ship_first()), ("deliver", crate::world::deliver())] {
        let ask = |service: OrderService| {
            let mut execute = Execute::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency(key, "k"));
            async move { service.execute(execute).await }
        };
        until_answered(&world, service, ask).await;
    }
    in_the_end(&world, service).await;
    let (happened, log) = (world.gate.is_used_up(), world.gate.log());
    world.gate.clear();
    let at = format!("{trouble:?} at call {number} of {log:?}");

    assert_eq!(world.order(id).status(), OrderStatus::Completed, "{at}");
    let balance = world.balance(id);
    assert_eq!(balance.captured.minor(), TOTAL, "{at}: taken once");
    assert!(
        balance.authorized.is_zero() && balance.refunded.is_zero(),
        "{at}"
    );
    assert_eq!(world.shelf("abc").committed, 2, "{at}: out of stock once");
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
    with_every_trouble(ship_in_trouble).await;
}

async fn return_in_trouble(world: World, number: usize, trouble: Trouble) -> bool {
    let service = || world.service();
    let id: OrderId = delivered(&world, &service(), place().build()).await.id();
    world.settle(&service()).await;
    world.gate.plan(number, trouble);
    let return_no = ReturnNo::FIRST;
    let lines = vec![units("abc", 2)];
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
            let mut execute = Execute::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency(key, "k"));
            async move { service.execute(execute).await }
        };
        until_answered(&world, service, ask).await;
    }
    in_the_end(&world, service).await;
    let (happened, log) = (world.gate.is_used_up(), world.gate.log());
    world.gate.clear();
    let at = format!("{trouble:?} at call {number} of {log:?}");

    let order = world.order(id);
    assert_eq!(order.refunds().len(), 1, "{at}: one refund");
    assert_eq!(order.refunds()[0].state, RefundState::Succeeded, "{at}");
    assert_eq!(
        world.balance(id).refunded.minor(),
        TOTAL,
        "{at}: paid back once"
    );
    assert_eq!(world.kept_units(), 0, "{at}: the units are back");
    happened
}

#[tokio::test]
async fn a_return_is_refunded_and_restocked_once_whatever_goes_wrong() {
    with_every_trouble(return_in_trouble).await;
}
