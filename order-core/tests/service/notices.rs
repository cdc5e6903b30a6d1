//! Notices: handed over to the runner of the process, or claimed by any; sent side by side, settled
//! together, and never twice while their lease holds.

use crate::world::{ServiceFixture, World, shop};
use futures::FutureExt;
use futures::future::BoxFuture;
use order_core::ports::{Orders, PlaceOrderRequest};
use order_core::service::OrderService;
use order_testing::builders::{code, place, priced};
use order_testing::{Fault, PauseAt};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longer than any of these tests lasts: nothing is found by looking for it again.
const PAUSE: Duration = Duration::from_secs(3_600);
/// How long outcomes are gathered.
const GATHER: Duration = Duration::from_millis(10);
/// Longer than a lease.
const LEASE: Duration = Duration::from_secs(31);

/// Returns a request whose order leaves one notice, and keeps one unit.
fn one() -> PlaceOrderRequest {
    place().line(priced("abc", 1, 1_999)).build()
}

async fn given_orders(service: &OrderService, count: usize) {
    for _ in 0..count {
        service.given_order(one()).await;
    }
}

/// A runner whose loop goes on while a test polls it.
struct Running {
    run: BoxFuture<'static, ()>,
    stop: CancellationToken,
}

impl Running {
    /// Starts the loop of a runner, and lets it look for work once.
    async fn start(service: &OrderService) -> Self {
        let (runner, stop) = (service.runner(), CancellationToken::new());
        let stopped = stop.clone();
        let run = async move { runner.run(PAUSE, stopped).await };
        let mut running = Self {
            run: run.boxed(),
            stop,
        };
        running.go_on().await;
        running
    }

    /// Lets the loop go on until it waits.
    async fn go_on(&mut self) {
        for _ in 0..100 {
            assert!((&mut self.run).now_or_never().is_none(), "it goes on");
            tokio::task::yield_now().await;
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.run.await;
    }
}

fn calls(world: &World, method: &str) -> usize {
    let calls = world.faults.calls();
    calls.iter().filter(|called| **called == method).count()
}

fn sent(world: &World) -> usize {
    world.notifications.faults().count("notify")
}

fn leased(world: &World) -> usize {
    let effects = world.store.effects();
    effects.iter().filter(|one| one.lease.is_some()).count()
}

#[tokio::test]
async fn the_notices_of_many_orders_cost_one_claim_one_load_and_one_settlement() {
    let world = World::new();
    let service = world.service();
    given_orders(&service, 10).await;
    assert_eq!(world.store.effects().len(), 10);
    world.faults.clear();
    assert_eq!(service.runner().step().await.unwrap(), 10);
    assert_eq!(sent(&world), 10);
    assert!(world.store.effects().is_empty());
    let counts = ["claim", "find_many", "find", "settle", "commit"].map(|name| calls(&world, name));
    assert_eq!(counts, [1, 1, 0, 1, 0]);
}

#[tokio::test]
async fn a_running_runner_is_handed_the_notices_of_its_process() {
    let world = World::new();
    let service = world.service();
    let mut running = Running::start(&service).await;
    given_orders(&service, 5).await;
    assert_eq!(leased(&world), 5, "they are stored leased to it");
    world.faults.clear();
    running.go_on().await;
    assert_eq!(sent(&world), 5, "each is sent at once");
    assert_eq!(
        world.store.effects().len(),
        5,
        "their outcomes are gathered"
    );
    world.clock.advance(GATHER);
    running.go_on().await;
    assert!(world.store.effects().is_empty());
    let counts = ["claim", "find_many", "find", "settle"].map(|name| calls(&world, name));
    assert_eq!(counts, [0, 0, 0, 1]);
    running.stop().await;
}

#[tokio::test]
async fn without_a_running_runner_notices_are_anybodys() {
    let world = World::new();
    let service = world.service();
    given_orders(&service, 1).await;
    assert_eq!(leased(&world), 0, "no runner has run");
    let running = Running::start(&service).await;
    running.stop().await;
    given_orders(&service, 1).await;
    assert_eq!(leased(&world), 0, "the runner has stopped");
    let mut other = Running::start(&world.service()).await;
    world.clock.advance(GATHER);
    other.go_on().await;
    given_orders(&service, 1).await;
    assert_eq!(leased(&world), 0, "it runs in another process");
    other.stop().await;
}

#[tokio::test]
async fn what_finds_no_room_is_claimed_at_once() {
    for room in [0, 2] {
        let world = World::new();
        let service = world
            .builder()
            .configure(|config| config.runner.handover = room)
            .build()
            .unwrap();
        let mut running = Running::start(&service).await;
        given_orders(&service, 5).await;
        assert_eq!(leased(&world), room);
        for _ in 0..3 {
            running.go_on().await;
            world.clock.advance(GATHER);
        }
        running.go_on().await;
        assert_eq!(sent(&world), 5, "each once, and long before the pause ends");
        assert!(world.store.effects().is_empty());
        running.stop().await;
    }
}

#[tokio::test]
async fn what_a_crashed_runner_was_handed_is_sent_under_the_same_key_once_its_lease_has_expired() {
    for reaches in [false, true] {
        let world = World::new();
        let service = world.service();
        let mut running = Running::start(&service).await;
        let paused = world.notifications.faults().on("notify");
        let paused = paused.pause(PauseAt::Answer);
        given_orders(&service, 1).await;
        if reaches {
            running.go_on().await;
        }
        assert_eq!(sent(&world), usize::from(reaches));
        // The runner dies, with the notice in its queue or on its way.
        drop(running);
        drop(paused);
        world.notifications.faults().clear();
        let other = world.service().runner();
        other.step().await.unwrap();
        assert_eq!(sent(&world), usize::from(reaches), "its lease holds");
        world.clock.advance(LEASE);
        other.step().await.unwrap();
        let mut keys: Vec<_> = world.notifications.faults().calls();
        assert_eq!(keys.len(), 1 + usize::from(reaches));
        keys.dedup_by_key(|call| call.key.clone());
        assert_eq!(keys.len(), 1, "the same key");
        assert!(world.store.effects().is_empty());
    }
}

#[tokio::test]
async fn what_a_stopping_runner_was_handed_is_released() {
    let world = World::new();
    let service = world.service();
    let running = Running::start(&service).await;
    given_orders(&service, 2).await;
    assert_eq!(leased(&world), 2);
    running.stop().await;
    assert_eq!((leased(&world), sent(&world)), (0, 0));
    service.runner().step().await.unwrap();
    assert_eq!(sent(&world), 2);
}

#[tokio::test]
async fn notices_whose_runner_stops_during_their_commit_are_released() {
    let world = World::new();
    let service = world.service();
    let running = Running::start(&service).await;
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Answer);
    let meanwhile = async {
        paused.reached().await;
        // The next commit confirms the order.
        world.store.faults().race(running.stop());
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(one()), meanwhile);
    placed.unwrap();
    assert_eq!(world.store.effects().len(), 1);
    assert_eq!(leased(&world), 0);
    service.runner().step().await.unwrap();
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_notice_that_fails_is_retried_later_and_one_that_is_refused_waits_for_a_person() {
    let world = World::new();
    let service = world.service();
    let mut running = Running::start(&service).await;
    let faults = world.notifications.faults();
    faults.next(1, Fault::LostRequest);
    faults.next(1, Fault::Refused(code("no_such_address")));
    given_orders(&service, 3).await;
    running.go_on().await;
    world.clock.advance(GATHER);
    running.go_on().await;
    assert_eq!(leased(&world), 0);
    let letters = service.dead_letters(&shop(), None, 10).await.unwrap();
    assert_eq!(letters.letters.len(), 1);
    let effects = world.store.effects();
    let waiting: Vec<_> = effects
        .iter()
        .filter(|one| one.parked_at.is_none())
        .collect();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].error.is_some() && waiting[0].attempts == 1);
    running.stop().await;
    world.settle(&service).await;
    assert_eq!(sent(&world), 4);
}

#[tokio::test]
async fn nobody_else_sends_what_was_handed_over() {
    let world = World::new();
    let service = world.service();
    let mut running = Running::start(&service).await;
    let paused = world.notifications.faults().on("notify");
    let paused = paused.pause(PauseAt::Request);
    given_orders(&service, 1).await;
    running.go_on().await;
    let other = world.service().runner();
    for _ in 0..5 {
        other.step().await.unwrap();
        service.runner().step().await.unwrap();
    }
    assert_eq!(sent(&world), 1);
    paused.resume();
    running.go_on().await;
    running.stop().await;
    assert_eq!(sent(&world), 1);
    assert!(world.store.effects().is_empty());
}

#[tokio::test]
async fn a_notice_that_hangs_holds_up_no_other() {
    let world = World::new();
    let service = world.service();
    // Handed over.
    let mut running = Running::start(&service).await;
    let hanging = || world.notifications.faults().on("notify");
    let paused = hanging().pause(PauseAt::Request);
    given_orders(&service, 4).await;
    running.go_on().await;
    world.clock.advance(GATHER);
    running.go_on().await;
    assert_eq!(world.store.effects().len(), 1, "the others are settled");
    paused.resume();
    running.stop().await;
    assert!(world.store.effects().is_empty());
    // Claimed by a round.
    given_orders(&service, 4).await;
    let mut paused = hanging().pause(PauseAt::Request);
    let meanwhile = async {
        paused.reached().await;
        tokio::task::yield_now().await;
        world.clock.advance(GATHER);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(world.store.effects().len(), 1, "the others are settled");
        paused.resume();
    };
    let runner = service.runner();
    let (done, ()) = tokio::join!(runner.step(), meanwhile);
    assert_eq!(done.unwrap(), 4);
    assert!(world.store.effects().is_empty());
}

#[tokio::test]
async fn no_more_notices_are_sent_at_a_time_than_is_set() {
    let world = World::new();
    let service = world
        .builder()
        .configure(|config| config.runner.calls_per_service = 2)
        .build()
        .unwrap();
    given_orders(&service, 6).await;
    let hanging = || {
        world
            .notifications
            .faults()
            .on("notify")
            .pause(PauseAt::Request)
    };
    let (first, second) = (hanging(), hanging());
    let runner = service.runner();
    let mut step = runner.step().boxed();
    assert!((&mut step).now_or_never().is_none());
    assert_eq!(sent(&world), 2);
    first.resume();
    second.resume();
    assert_eq!(step.await.unwrap(), 6);
    assert_eq!(sent(&world), 6);
}

#[tokio::test]
async fn a_batch_that_cannot_be_loaded_at_once_is_loaded_one_by_one() {
    let world = World::new();
    let service = world.service();
    given_orders(&service, 3).await;
    world.store.faults().fail("find_many", 1);
    world.faults.clear();
    service.runner().step().await.unwrap();
    assert_eq!(calls(&world, "find"), 3);
    assert!(world.store.effects().is_empty());
}

#[tokio::test]
async fn what_is_sent_and_could_not_be_settled_is_settled_later() {
    let world = World::new();
    let service = world.service();
    given_orders(&service, 3).await;
    let runner = service.runner();
    world.store.faults().fail("settle", 1);
    assert!(runner.step().await.is_err());
    assert_eq!(world.store.effects().len(), 3);
    runner.step().await.unwrap();
    assert!(world.store.effects().is_empty());
    assert_eq!(sent(&world), 3, "each once");
}

#[tokio::test]
async fn an_order_without_a_contact_leaves_no_notice() {
    let world = World::new();
    let service = world.service();
    let mut request = one();
    request.order.personal.contact = None;
    service.given_order(request).await;
    assert!(world.store.effects().is_empty());
}
