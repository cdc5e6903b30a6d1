//! The inventory is in the store: the commit of an order reserves its stock, so that both are there or
//! neither is, and what is answered is what is answered where stock is asked for in advance.

use crate::world::{InjectedFault, PATIENCE, ServiceFixture, TOTAL, World, cancel, shop};
use order_core::command::Command;
use order_core::event::{Event, EventPayload, RejectionReason};
use order_core::guard::CommandGuard;
use order_core::new_order::NewLine;
use order_core::order::{Order, OrderStatus, ReservationStatus};
use order_core::policy::{OutagePolicy, PlacingPolicy};
use order_core::ports::{CommandOutcome, Inventory as _, OrderError, Orders, PlaceOrderRequest};
use order_core::reference::Reference;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::service::{BuildError, OrderService};
use order_core::value::{ProductName, ReservationNo};
use order_testing::builders::{call, line, place, priced};
use order_testing::{Fault, MemoryStore, PauseAt};
use std::sync::Arc;
use std::time::Duration;

fn world() -> World {
    World::with_inventory_in_store()
}

/// Returns a request whose price has to be quoted.
fn unpriced(key: &str) -> PlaceOrderRequest {
    place().line(line("abc", 2)).key(key).build()
}

fn other_body(key: &str) -> PlaceOrderRequest {
    let mut request = unpriced(key);
    if let Some(idempotency) = &mut request.idempotency {
        idempotency.fingerprint = [7; 32];
    }
    request
}

/// Returns a line that nothing has to be asked about, of a product that there is not.
fn unknown_product() -> NewLine {
    let mut line = priced("nothing", 1, 100);
    line.name = Some(ProductName::parse("Nothing").unwrap());
    line
}

/// Returns how often the inventory was asked for stock.
fn asked(world: &World) -> usize {
    world.inventory.faults().count("reserve")
}

/// Returns how often the inventory was told to release stock.
fn released(world: &World) -> usize {
    world.inventory.faults().count("release")
}

/// Returns how often the store committed since `count_from_now`.
fn commits(world: &World) -> usize {
    let calls = world.faults.calls();
    let all = calls.iter().filter(|call| **call == "commit").count();
    all - world.inventory.faults().count("commit")
}

/// Forgets the calls so far, and plans no fault.
fn count_from_now(world: &World) {
    world.inventory.faults().clear_calls();
    world
        .faults
        .inject_at(usize::MAX, InjectedFault::Unavailable);
}

fn event_names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.payload.name()).collect()
}

/// Returns why the order was rejected.
fn rejection(events: &[Event]) -> &RejectionReason {
    let mut reasons = events.iter().filter_map(|event| match &event.payload {
        EventPayload::OrderRejected { reason } => Some(reason),
        _ => None,
    });
    reasons.next_back().expect("the order is rejected")
}

/// Checks that the inventory holds what the order says, until when it says.
async fn expect_reserved(world: &World, order: &Order) {
    let reservation = order.reservation().unwrap();
    let id = order.reservation_reference(reservation.no);
    let found = world.inventory.find(&call("find"), &id).await.unwrap();
    let found = found.expect("it is reserved under the id of the order");
    assert_eq!(found.lines, reservation.lines);
    if reservation.status == ReservationStatus::Held {
        assert_eq!(found.expires_at, reservation.expires_at);
        let ttl = order_core::policy::StorefrontPolicy::default().reservation_ttl;
        let end = order_core::time::after(order.updated_at(), ttl);
        assert_eq!(found.expires_at, Some(end));
    }
}

#[tokio::test]
async fn an_order_and_its_stock_are_stored_by_one_commit() {
    let world = world();
    let service = world.service();
    count_from_now(&world);
    let request = place()
        .line(line("abc", 2))
        .without_token()
        .key("k")
        .build();
    let placed = service.place(request.clone()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Confirmed);
    assert_eq!(
        event_names(&placed.events),
        [
            "order_placed",
            "customer_verified",
            "stock_reserved",
            "order_confirmed"
        ]
    );
    let lines = placed.order.lines();
    assert!(lines.iter().all(|line| line.unit_price.is_some()), "quoted");
    assert_eq!((commits(&world), asked(&world)), (1, 0));
    assert_eq!(world.kept_units(), 2);
    expect_reserved(&world, &placed.order).await;
    let again = service.place(request).await.unwrap();
    assert!(again.replayed && again.order == placed.order);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn a_paid_order_takes_two_commits_and_its_stock_is_committed() {
    let world = world();
    let service = world.service();
    count_from_now(&world);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    let reservation = placed.order.reservation().unwrap();
    assert_eq!(reservation.status, ReservationStatus::Committed);
    assert_eq!((commits(&world), asked(&world)), (2, 0));
    assert_eq!(world.stock_level("abc").committed, 2);
    assert_eq!(world.balance(placed.order.id()).authorized.minor(), TOTAL);
    expect_reserved(&world, &placed.order).await;
}

#[tokio::test]
async fn price_and_customer_are_asked_side_by_side_and_nothing_is_reserved_meanwhile() {
    let world = world();
    let service = world.service();
    let mut calls = [
        world
            .inventory
            .faults()
            .on("products")
            .pause(PauseAt::Answer),
        world.customers.faults().on("find").pause(PauseAt::Answer),
    ];
    let meanwhile = async {
        for call in &mut calls {
            call.reached().await;
        }
        assert!(world.store.orders().is_empty());
        assert_eq!(world.kept_units(), 0);
        for call in calls {
            call.resume();
        }
    };
    let (placed, ()) = tokio::join!(service.place(unpriced("k")), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
    assert_eq!(asked(&world), 0);
}

#[tokio::test]
async fn what_is_missing_is_answered_as_where_it_is_asked_for() {
    for (request, code) in [
        (
            place()
                .line(line("abc", 11))
                .line(line("tea", 12))
                .key("k")
                .build(),
            "insufficient_stock",
        ),
        (
            place().line(unknown_product()).key("k").build(),
            "unknown_sku",
        ),
    ] {
        let (world, asking) = (world(), World::new());
        let service = world.service();
        count_from_now(&world);
        let placed = service.place(request.clone()).await.unwrap();
        let expected = asking.service().place(request.clone()).await.unwrap();
        assert_eq!(placed.events, expected.events);
        assert_eq!(placed.order, expected.order);
        assert_eq!(
            event_names(&placed.events),
            [
                "order_placed",
                "customer_verified",
                "reservation_rejected",
                "order_rejected"
            ]
        );
        let rejection = rejection(&placed.events);
        assert_eq!(rejection.code.as_str(), code);
        assert!(!rejection.shortages.is_empty() || !rejection.unknown.is_empty());
        assert_eq!((commits(&world), asked(&world)), (2, 0));
        let again = service.place(request).await.unwrap();
        assert!(again.replayed && again.order == placed.order);
        world.settle(&service).await;
        world.expect_nothing_kept(placed.order.id(), "rejected");
    }
}

#[tokio::test]
async fn a_customer_who_may_not_order_takes_no_stock() {
    let world = world();
    let service = world.service();
    count_from_now(&world);
    let request = place()
        .customer("nobody")
        .line(line("abc", 2))
        .key("k")
        .build();
    let placed = service.place(request).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Rejected);
    assert_eq!(commits(&world), 1);
    assert_eq!((asked(&world), released(&world)), (0, 0));
    world.settle(&service).await;
    world.expect_nothing_kept(placed.order.id(), "rejected");
    let id = placed.order.reservation_reference(ReservationNo::FIRST);
    let found = world.inventory.find(&call("find"), &id).await.unwrap();
    assert_eq!(found, None, "nothing was ever reserved");
}

/// Refuses to place any order.
struct Closed;

impl CommandGuard for Closed {
    fn check(&self, _: &Order, command: &Command) -> Result<(), Refusal> {
        let code = RefusalCode::Vetoed;
        Err(Refusal::new(code, command.kind(), None, "not today"))
    }
}

#[tokio::test]
async fn a_refused_request_has_reserved_nothing() {
    let world = world();
    let service = world.service_with(|all| all.guards.push(Arc::new(Closed)));
    let refused = service.place(unpriced("k")).await;
    assert!(matches!(refused, Err(OrderError::Refused { .. })));
    assert_eq!((asked(&world), released(&world)), (0, 0));
    assert_eq!(world.kept_units(), 0);
}

#[tokio::test]
async fn a_request_that_is_refused_while_its_customer_is_asked_for_releases_nothing() {
    let world = world();
    let service = world.service_with(|all| all.guards.push(Arc::new(Closed)));
    let (products, find) = (world.inventory.faults(), world.customers.faults());
    let mut quote = products.on("products").pause(PauseAt::Answer);
    let mut customer = find.on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        quote.reached().await;
        customer.reached().await;
        quote.resume();
    };
    let (refused, ()) = tokio::join!(service.place(unpriced("k")), meanwhile);
    assert!(matches!(refused, Err(OrderError::Refused { .. })));
    assert_eq!((asked(&world), released(&world)), (0, 0));
}

#[tokio::test]
async fn a_commit_that_failed_while_its_customer_is_asked_for_leaves_nothing_to_expire() {
    let world = world();
    let service = world.service();
    world.store.faults().fail("commit", 1);
    let mut customer = world.customers.faults().on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        customer.reached().await;
        world.clock.advance(PATIENCE);
    };
    let (failed, ()) = tokio::join!(service.place(unpriced("k")), meanwhile);
    assert!(matches!(failed, Err(OrderError::Store(_))));
    assert_eq!(service.reservations_left_to_expire(), 0);
    assert_eq!((asked(&world), world.kept_units()), (0, 0));
}

#[tokio::test]
async fn a_crash_before_the_commit_leaves_nothing_reserved() {
    let world = world();
    {
        let service = world.service();
        let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
        tokio::select! {
            _ = service.place(unpriced("k")) => panic!("it crashes first"),
            () = paused.reached() => {}
        }
    }
    assert!(world.store.orders().is_empty());
    assert_eq!(world.kept_units(), 0);
    let placed = world.service().place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn a_commit_that_failed_leaves_nothing_reserved_and_is_tried_again() {
    for request in [unpriced("k"), place().build()] {
        let world = world();
        let service = world.service();
        world.store.faults().down();
        for _again in 0..3 {
            let refused = service.place(request.clone()).await;
            assert!(matches!(refused, Err(OrderError::Store(_))));
            assert_eq!(world.kept_units(), 0);
        }
        assert_eq!(service.reservations_left_to_expire(), 0);
        world.store.faults().clear();
        count_from_now(&world);
        let placed = service.place(request).await.unwrap();
        assert_eq!(placed.order.status(), OrderStatus::Processing);
        assert_eq!((commits(&world), asked(&world)), (2, 0), "as ever");
        assert_eq!(world.kept_units(), 2);
    }
}

#[tokio::test]
async fn a_commit_in_doubt_is_settled_by_the_repetition() {
    let world = world();
    let service = world.service();
    world.store.faults().lose_answers(1);
    let request = || place().without_token().key("k").build();
    let lost = service.place(request()).await;
    assert!(matches!(lost, Err(OrderError::Store(_))));
    assert_eq!(
        service.reservations_left_to_expire(),
        0,
        "it is the order's"
    );
    let again = service.place(request()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.order.status(), OrderStatus::Confirmed);
    assert_eq!(world.kept_units(), 2);
    assert_eq!(released(&world), 0);
}

/// Places `fast` in one process while another, which came first, still asks for `slow`. Returns the
/// outcome of `fast`, and then that of `slow`.
async fn overtaken(
    world: &World,
    slow: PlaceOrderRequest,
    fast: PlaceOrderRequest,
) -> (CommandOutcome, Result<CommandOutcome, OrderError>) {
    let (first_process, second_process) = (world.service(), world.service());
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        let placed = second_process.place(fast).await.unwrap();
        paused.resume();
        placed
    };
    let (slow, fast) = tokio::join!(first_process.place(slow), meanwhile);
    (fast, slow)
}

#[tokio::test]
async fn of_two_processes_with_one_key_one_wins_and_nothing_is_released() {
    for units in [2, 10] {
        let world = world();
        let request = || place().line(line("abc", units)).key("k").build();
        let (first, second) = overtaken(&world, request(), request()).await;
        let second = second.unwrap();
        assert!(second.replayed && second.order == first.order);
        assert_eq!(first.order.status(), OrderStatus::Processing);
        assert_eq!(released(&world), 0);
        assert_eq!(world.kept_units(), units);
    }
}

#[tokio::test]
async fn another_request_with_a_key_that_was_taken_meanwhile_reserves_nothing() {
    let world = world();
    let (first, second) = overtaken(&world, other_body("k"), unpriced("k")).await;
    assert!(matches!(second, Err(OrderError::IdempotencyKeyReused)));
    assert_eq!(world.only_order().id(), first.order.id());
    assert_eq!(released(&world), 0);
    assert_eq!(world.kept_units(), 2, "that of the first");
}

/// Has the id that the key's stock is reserved under released: by a process that asks in advance, and
/// whose request is refused.
async fn given_an_id_that_was_released(world: &World, request: PlaceOrderRequest) {
    let mut policy = order_core::policy::StorefrontPolicy::default();
    policy.guards.push(Arc::new(Closed));
    let policies = order_core::policy::PolicySet::new(policy);
    let asking = world.asking_builder().policies(policies).build().unwrap();
    let products = world.inventory.faults().on("products");
    let mut paused = products.pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        while asked(world) == 0 {
            tokio::task::yield_now().await;
        }
        paused.resume();
    };
    let (refused, ()) = tokio::join!(asking.place(request), meanwhile);
    assert!(matches!(refused, Err(OrderError::Refused { .. })));
    assert_eq!((released(world), world.kept_units()), (1, 0));
}

#[tokio::test]
async fn an_id_that_was_released_is_left_for_that_of_the_order() {
    let world = world();
    given_an_id_that_was_released(&world, unpriced("k")).await;
    count_from_now(&world);
    let service = world.service();
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    let first = ReservationNo::FIRST;
    assert_eq!(
        placed.order.reservation_reference(first),
        Reference::Reservation(placed.order.id(), first)
    );
    expect_reserved(&world, &placed.order).await;
    assert_eq!((world.kept_units(), asked(&world)), (2, 0));
    assert!(service.place(unpriced("k")).await.unwrap().replayed);
}

#[tokio::test]
async fn an_id_that_was_released_and_stock_that_is_short_come_to_a_rejection() {
    let world = world();
    let request = || place().line(line("abc", 8)).key("k").build();
    given_an_id_that_was_released(&world, request()).await;
    let service = world.service();
    service
        .given_order(place().line(line("abc", 3)).build())
        .await;
    let placed = service.place(request()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Rejected);
    assert_eq!(rejection(&placed.events).shortages.len(), 1);
    assert!(service.place(request()).await.unwrap().replayed);
    assert_eq!(world.kept_units(), 3);
}

#[tokio::test]
async fn a_key_that_an_outage_set_free_is_used_again_with_stock_in_the_commit() {
    let world = world();
    let service = world.service_with(|all| {
        all.outage = OutagePolicy::Reject {
            retry_after: Duration::from_secs(30),
        };
    });
    world
        .customers
        .faults()
        .on("find")
        .next(1, Fault::Unavailable);
    let refused = service.place(unpriced("k")).await;
    assert!(matches!(refused, Err(OrderError::Unavailable { .. })));
    let before = asked(&world);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!(asked(&world), before, "its stock is not asked for");
    world.settle(&service).await;
    assert_eq!(world.kept_units(), 2);
    expect_reserved(&world, &world.order(placed.order.id())).await;
}

#[tokio::test]
async fn an_order_whose_customer_cannot_be_asked_is_stored_and_asks_for_its_stock() {
    let world = world();
    let service = world.service();
    world
        .customers
        .faults()
        .on("find")
        .next(1, Fault::Unavailable);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Pending);
    assert_eq!((asked(&world), world.kept_units()), (1, 2));
    world.settle(&service).await;
    let order = world.only_order();
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!((asked(&world), world.kept_units()), (1, 2));
    expect_reserved(&world, &order).await;
}

#[tokio::test]
async fn an_order_whose_customer_is_asked_for_too_long_asks_for_its_stock_meanwhile() {
    let world = world();
    let service = world.service();
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        world.clock.advance(PATIENCE / 2);
        tokio::task::yield_now().await;
        assert!(world.store.orders().is_empty(), "it is still waited for");
        world.until_stored().await;
        assert_eq!(world.only_order().status(), OrderStatus::Pending);
        while world.kept_units() == 0 {
            tokio::task::yield_now().await;
        }
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(unpriced("k")), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
    assert_eq!((asked(&world), world.kept_units()), (1, 2));
}

#[tokio::test]
async fn an_order_whose_prices_cannot_be_asked_for_is_deferred() {
    let world = world();
    let service = world.service();
    world.inventory.faults().next(1, Fault::Unavailable);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert!(placed.order.status() == OrderStatus::Pending || placed.order.is_priced());
    world.settle(&service).await;
    let order = world.only_order();
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2);
    expect_reserved(&world, &order).await;
}

#[tokio::test]
async fn who_stores_first_asks_afterwards() {
    let world = world();
    let service = world.service_with(|all| all.placing = PlacingPolicy::StoreFirst);
    count_from_now(&world);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!((asked(&world), world.kept_units()), (1, 2));
}

#[tokio::test]
async fn what_a_commit_reserved_is_given_back_by_a_cancel() {
    for request in [unpriced("k"), place().without_token().key("k").build()] {
        let world = world();
        let service = world.service();
        let id = service.given_order(request).await.id();
        assert_eq!(world.kept_units(), 2);
        service.expect_executed(id, cancel()).await;
        world.settle(&service).await;
        assert_eq!(world.order(id).status(), OrderStatus::Cancelled);
        world.expect_nothing_kept(id, "cancelled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_buyers_none_oversells() {
    let world = world();
    world.faults.interleave_calls();
    let services: [OrderService; 2] = [world.service(), world.service()];
    let buyers = (0..64).map(|buyer| {
        let service = services[buyer % 2].clone();
        let name = ["abc", "tea"][buyer / 2 % 2];
        let request = place()
            .line(line(name, 3))
            .key(&format!("k{buyer}"))
            .build();
        tokio::spawn(async move { service.place(request).await.unwrap().order.status() })
    });
    let answers = futures::future::join_all(buyers).await;
    let answers = answers.into_iter().map(Result::unwrap);
    let sold = answers.filter(|status| *status == OrderStatus::Processing);
    assert_eq!(sold.count(), 6, "three of each");
    assert_eq!(world.kept_units(), 18);
    assert_eq!(world.store.orders().len(), 64);
}

#[tokio::test]
async fn a_store_that_reserves_no_stock_is_refused_when_the_service_is_built() {
    let mut world = world();
    world.store = Arc::new(MemoryStore::new());
    let refused = world.builder().build();
    assert!(matches!(refused, Err(BuildError::StoreReservesNoStock)));
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("inventory_in_store()"), "{told}");
    assert!(world.asking_builder().build().is_ok());
}

#[tokio::test]
async fn the_placed_event_tells_the_id_of_the_reservation() {
    let world = world();
    let placed = world.service().place(unpriced("k")).await.unwrap();
    let EventPayload::OrderPlaced(event) = &placed.events[0].payload else {
        panic!("it begins with the placed event");
    };
    assert_eq!(
        placed.order.reservation_reference(ReservationNo::FIRST),
        Reference::Placement(event.placement.unwrap())
    );
    let found = world.service().get(&shop(), placed.order.id()).await;
    assert_eq!(found.unwrap(), Some(placed.order));
}
