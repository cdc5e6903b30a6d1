//! Customer and stock are asked for before an order is stored, so that it is stored once, with their
//! answers. Whatever happens in between, no stock is kept for an order that is not stored.

use crate::world::{InjectedFault, PATIENCE, ServiceFixture, World, shop};
use order_core::command::Command;
use order_core::event::{Event, EventPayload};
use order_core::guard::CommandGuard;
use order_core::order::{CustomerVerification, Order, OrderStatus, ReservationStatus};
use order_core::policy::PlacingPolicy;
use order_core::ports::{CommandOutcome, OrderError, Orders, PlaceOrderRequest};
use order_core::reference::Reference;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::service::OrderService;
use order_core::value::ReservationNo;
use order_testing::builders::{line, place};
use order_testing::{Fault, PauseAt, PausedCall};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Returns a request whose price has to be quoted.
fn unpriced(key: &str) -> PlaceOrderRequest {
    place().line(line("abc", 2)).key(key).build()
}

fn other_body(key: &str) -> PlaceOrderRequest {
    let mut request = place().key(key).build();
    if let Some(idempotency) = &mut request.idempotency {
        idempotency.fingerprint = [7; 32];
    }
    request
}

/// Returns how often the store committed.
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

#[tokio::test]
async fn an_order_without_a_payment_is_stored_by_one_commit() {
    let world = World::new();
    let service = world.service();
    count_from_now(&world);
    let request = place().without_token().key("k").build();
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
    assert_eq!(commits(&world), 1);
    assert!(!world.faults.calls().contains(&"mark_answered"));
    let kinds: Vec<_> = world
        .store
        .effects()
        .into_iter()
        .map(|queued| queued.effect.kind.name())
        .collect();
    assert_eq!(kinds, ["notify"], "nothing else is left to do");
    assert!(service.place(request).await.unwrap().replayed);
}

#[tokio::test]
async fn an_order_with_a_payment_is_stored_by_two_commits() {
    let world = World::new();
    let service = world.service();
    count_from_now(&world);
    let placed = service.place(place().key("k").build()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    let reservation = placed.order.reservation().unwrap();
    assert_eq!(reservation.status, ReservationStatus::Committed);
    assert_eq!(commits(&world), 2, "before and after the provider is asked");
}

#[tokio::test]
async fn everything_is_asked_side_by_side_and_nothing_is_stored_meanwhile() {
    let world = World::new();
    let service = world.service();
    let pause = |faults: &order_testing::Faults, method| faults.on(method).pause(PauseAt::Answer);
    let mut calls: Vec<PausedCall> = vec![
        pause(world.inventory.faults(), "products"),
        pause(world.customers.faults(), "find"),
        pause(world.inventory.faults(), "reserve"),
    ];
    let meanwhile = async {
        for call in &mut calls {
            call.reached().await;
        }
        assert!(world.store.orders().is_empty());
        assert_eq!(world.payments.faults().calls().len(), 0);
        for call in calls {
            call.resume();
        }
    };
    let (placed, ()) = tokio::join!(service.place(unpriced("k")), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
}

#[tokio::test]
async fn who_stores_first_asks_afterwards() {
    let world = World::new();
    let service = world.service_with(|all| all.placing = PlacingPolicy::StoreFirst);
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Request);
    let meanwhile = async {
        paused.reached().await;
        assert_eq!(world.only_order().status(), OrderStatus::Pending);
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().key("k").build()), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn who_is_too_slow_is_waited_for_with_the_order_stored() {
    for service_and_method in ["customers", "inventory"] {
        let world = World::new();
        let service = world.service();
        let (faults, method) = match service_and_method {
            "customers" => (world.customers.faults(), "find"),
            _ => (world.inventory.faults(), "reserve"),
        };
        let mut paused = faults.on(method).pause(PauseAt::Answer);
        let meanwhile = async {
            paused.reached().await;
            world.clock.advance(PATIENCE / 2);
            tokio::task::yield_now().await;
            assert!(world.store.orders().is_empty(), "it is still waited for");
            world.until_stored().await;
            assert_eq!(world.only_order().status(), OrderStatus::Pending);
            paused.resume();
        };
        let (placed, ()) = tokio::join!(service.place(place().key("k").build()), meanwhile);
        assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
        assert_eq!(faults.count(method), 1, "it goes on from the same call");
        assert_eq!(world.kept_units(), 2);
    }
}

#[tokio::test]
async fn a_definite_no_is_stored_with_the_order_and_claims_the_key() {
    for (request, events) in [
        (
            place().customer("nobody").key("k").build(),
            vec![
                "order_placed",
                "order_rejected",
                "late_fact_recorded",
                "stock_reserved",
                "stock_release_requested",
                "stock_released",
            ],
        ),
        (
            place().line(line("abc", 11)).key("k").build(),
            vec![
                "order_placed",
                "customer_verified",
                "reservation_rejected",
                "order_rejected",
            ],
        ),
    ] {
        let world = World::new();
        let service = world.service();
        let placed = service.place(request.clone()).await.unwrap();
        assert_eq!(placed.order.status(), OrderStatus::Rejected);
        assert_eq!(event_names(&placed.events), events);
        let again = service.place(request).await.unwrap();
        assert!(again.replayed && again.order == placed.order);
        world.settle(&service).await;
        world.expect_nothing_kept(placed.order.id(), "rejected");
    }
}

#[tokio::test]
async fn a_crash_before_the_commit_leaves_a_reservation_that_lapses() {
    let world = World::new();
    {
        let service = world.service();
        let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
        tokio::select! {
            _ = service.place(place().key("k").build()) => panic!("it crashes first"),
            () = paused.reached() => {}
        }
    }
    assert!(world.store.orders().is_empty());
    assert_eq!(world.kept_units(), 2);
    // The same request again goes on with the same reservation.
    let service = world.service();
    let placed = service.place(place().key("k").build()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn what_is_never_asked_again_is_given_back_by_time() {
    for request in [place().key("k").build(), place().build()] {
        let world = World::new();
        {
            let service = world.service();
            let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
            tokio::select! {
                _ = service.place(request) => panic!("it crashes first"),
                () = paused.reached() => {}
            }
        }
        assert_eq!(world.kept_units(), 2);
        world.clock.advance(HOUR + PATIENCE);
        assert_eq!(world.kept_units(), 0);
    }
}

/// Refuses to place an order while it is told to.
struct Moody(AtomicBool);

impl CommandGuard for Moody {
    fn check(&self, _: &Order, command: &Command) -> Result<(), Refusal> {
        if self.0.load(Ordering::Relaxed) {
            let code = RefusalCode::Vetoed;
            return Err(Refusal::new(code, command.kind(), None, "not today"));
        }
        Ok(())
    }
}

/// Places an order whose price is quoted only after its stock is reserved.
async fn place_with_late_quote(
    world: &World,
    service: &OrderService,
    request: PlaceOrderRequest,
) -> Result<Order, OrderError> {
    let mut paused = world
        .inventory
        .faults()
        .on("products")
        .pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        while world.inventory.faults().count("reserve") == 0 {
            tokio::task::yield_now().await;
        }
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(request), meanwhile);
    placed.map(|done| done.order)
}

#[tokio::test]
async fn a_refused_request_gives_back_what_it_reserved_and_may_be_made_again() {
    let world = World::new();
    let guard = Arc::new(Moody(AtomicBool::new(true)));
    let moody = Arc::clone(&guard);
    let service = world.service_with(|all| all.guards.push(moody));
    let refused = place_with_late_quote(&world, &service, unpriced("k")).await;
    assert!(matches!(refused, Err(OrderError::Refused { .. })));
    assert_eq!(world.inventory.faults().count("release"), 1);
    assert_eq!(world.kept_units(), 0);
    guard.0.store(false, Ordering::Relaxed);
    let placed = service.place(unpriced("k")).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2, "by another reservation");
    assert!(service.place(unpriced("k")).await.unwrap().replayed);
}

#[tokio::test]
async fn an_unknown_product_gives_back_nothing_since_nothing_was_reserved() {
    let world = World::new();
    let service = world.service();
    let request = place().line(line("nothing", 1)).key("k").build();
    let refused = place_with_late_quote(&world, &service, request).await;
    assert!(matches!(refused, Err(OrderError::UnknownProducts { .. })));
    assert_eq!(world.inventory.faults().count("release"), 0);
    assert_eq!(service.reservations_left_to_expire(), 0);
}

#[tokio::test]
async fn what_cannot_be_released_is_counted_and_left_to_expire() {
    let world = World::new();
    let guard = Arc::new(Moody(AtomicBool::new(true)));
    let service = world.service_with(|all| all.guards.push(guard));
    let release = world.inventory.faults().on("release");
    release.next(1, Fault::Unavailable);
    let refused = place_with_late_quote(&world, &service, unpriced("k")).await;
    assert!(matches!(refused, Err(OrderError::Refused { .. })));
    assert_eq!(service.reservations_left_to_expire(), 1);
    assert_eq!(world.kept_units(), 2);
    world.clock.advance(HOUR + PATIENCE);
    assert_eq!(world.kept_units(), 0);
}

#[tokio::test]
async fn a_repetition_while_the_first_request_asks_is_told_to_come_back() {
    let world = World::new();
    let service = world.service();
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        for request in [place().key("k").build(), other_body("k")] {
            let refused = service.place(request).await;
            assert!(matches!(
                refused,
                Err(OrderError::IdempotencyKeyInFlight { .. })
            ));
        }
        assert_eq!(world.inventory.faults().count("reserve"), 1);
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().key("k").build()), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
    assert!(
        service
            .place(place().key("k").build())
            .await
            .unwrap()
            .replayed
    );
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
async fn of_two_processes_with_one_key_one_wins_and_the_other_keeps_its_hands_off_the_stock() {
    let world = World::new();
    let (first, second) =
        overtaken(&world, place().key("k").build(), place().key("k").build()).await;
    let second = second.unwrap();
    assert!(second.replayed && second.order == first.order);
    assert_eq!(world.inventory.faults().count("reserve"), 2, "both asked");
    assert_eq!(world.inventory.faults().count("release"), 0);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn another_request_with_a_key_that_was_taken_meanwhile_gives_back_its_own_stock() {
    let world = World::new();
    let (first, second) = overtaken(&world, other_body("k"), place().key("k").build()).await;
    assert!(matches!(second, Err(OrderError::IdempotencyKeyReused)));
    assert_eq!(world.only_order().id(), first.order.id());
    assert_eq!(world.kept_units(), 2, "that of the first");
}

#[tokio::test]
async fn duplicates_that_want_the_last_units_get_one_answer() {
    let world = World::new();
    let request = || place().line(line("abc", 10)).key("k").build();
    let (first, second) = overtaken(&world, request(), request()).await;
    assert_eq!(first.order.status(), OrderStatus::Processing);
    assert_eq!(second.unwrap().order, first.order);
}

#[tokio::test]
async fn while_the_store_is_away_nothing_is_asked_and_nothing_leaks() {
    for request in [place().key("k").build(), place().build()] {
        let world = World::new();
        let service = world.service();
        world.store.faults().down();
        for _again in 0..5 {
            let refused = service.place(request.clone()).await;
            assert!(matches!(refused, Err(OrderError::Store(_))));
        }
        assert_eq!(world.inventory.faults().count("reserve"), 1, "at first");
        assert_eq!(service.reservations_left_to_expire(), 1);
        world.store.faults().clear();
        let placed = service.place(request.clone()).await.unwrap();
        assert_eq!(placed.order.status(), OrderStatus::Processing);
        count_from_now(&world);
        service.place(place().build()).await.unwrap();
        assert_eq!(commits(&world), 2, "it asks first again");
    }
}

#[tokio::test]
async fn retries_by_other_processes_while_the_store_is_away_reserve_once() {
    let world = World::new();
    world.store.faults().fail("commit", 3);
    for _again in 0..3 {
        let refused = world.service().place(place().key("k").build()).await;
        assert!(matches!(refused, Err(OrderError::Store(_))));
        assert_eq!(world.kept_units(), 2);
    }
    let placed = world.service().place(place().key("k").build()).await;
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn a_commit_in_doubt_keeps_its_reservation() {
    let world = World::new();
    let service = world.service();
    world.store.faults().lose_answers(1);
    let request = || place().without_token().key("k").build();
    let lost = service.place(request()).await;
    assert!(matches!(lost, Err(OrderError::Store(_))));
    let again = service.place(request()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.order.status(), OrderStatus::Confirmed);
    assert_eq!(world.kept_units(), 2);
    assert_eq!(world.inventory.faults().count("release"), 0);
}

#[tokio::test]
async fn no_payment_is_asked_for_before_the_order_is_stored() {
    let world = World::new();
    let service = world.service();
    world.store.faults().fail("commit", 1);
    let refused = service.place(place().key("k").build()).await;
    assert!(matches!(refused, Err(OrderError::Store(_))));
    assert_eq!(world.payments.faults().calls().len(), 0);
}

#[tokio::test]
async fn a_key_used_again_after_its_time_is_another_request_with_stock_of_its_own() {
    let world = World::new();
    let service = world.service();
    for units in [2, 4, 6] {
        let placed = service.place(place().key("monthly").build()).await.unwrap();
        assert_eq!(placed.order.status(), OrderStatus::Processing);
        assert_eq!(world.kept_units(), units);
        world.clock.advance(31 * DAY);
    }
}

#[tokio::test]
async fn an_outage_is_stored_with_the_order_and_its_stock_is_not_asked_for_twice() {
    let world = World::new();
    let service = world.service();
    let find = world.customers.faults().on("find");
    find.next(1, Fault::Unavailable);
    let placed = service.place(place().key("k").build()).await.unwrap();
    assert_eq!(placed.order.status(), OrderStatus::Pending);
    assert_eq!(
        placed.order.customer_verification(),
        CustomerVerification::Pending
    );
    assert_eq!(world.inventory.faults().count("reserve"), 1);
    world.settle(&service).await;
    let order = world.only_order();
    assert_eq!(order.status(), OrderStatus::Processing);
    assert_eq!(world.inventory.faults().count("reserve"), 1);
    assert_eq!(world.kept_units(), 2);
}

#[tokio::test]
async fn the_placed_event_tells_what_its_stock_is_reserved_under() {
    let world = World::new();
    let service = world.service();
    let with_key = service.place(place().key("k").build()).await.unwrap();
    let EventPayload::OrderPlaced(placed) = &with_key.events[0].payload else {
        panic!("it begins with the placed event");
    };
    let placement = placed.placement.unwrap();
    let (first, second) = (ReservationNo::FIRST, ReservationNo::FIRST.next());
    let order = with_key.order;
    assert_eq!(
        order.reservation_reference(first),
        Reference::Placement(placement)
    );
    assert_eq!(
        order.reservation_reference(second),
        Reference::Reservation(order.id(), second)
    );
    let without = service.given_order(place().build()).await;
    assert_eq!(
        without.reservation_reference(first),
        Reference::Reservation(without.id(), first)
    );
    let found = service.get(&shop(), order.id()).await.unwrap().unwrap();
    assert_eq!(found, order, "and it is stored");
}
