//! Runners finish the effects that requests leave over, concurrently, and do nothing twice.

use crate::world::{ServiceFixture, World, cancel, shop};
use order_core::order::OrderStatus;
use order_core::policy::FulfillmentPolicy;
use order_core::ports::Orders;
use order_core::service::OrderService;
use order_testing::builders::{place, priced};
use order_testing::{Fault, PauseAt};
use std::time::Duration;

/// Returns a service that leaves all work to runners.
fn hasty(world: &World) -> OrderService {
    let mut policy = order_core::policy::StorefrontPolicy::default();
    policy.fulfillment = FulfillmentPolicy::Automatic;
    world
        .builder()
        .policies(order_core::policy::PolicySet::new(policy))
        .configure(|config| config.request_time_budget = Duration::ZERO)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_process_without_time_answers_at_once_and_leaves_all_to_runners() {
    let world = World::new();
    let service = hasty(&world);
    let order = service
        .given_order(place().line(priced("abc", 2, 1_999)).build())
        .await;
    assert_eq!(order.status(), OrderStatus::Pending);
    assert_eq!(world.inventory.faults().count("reserve"), 0);
    world.settle(&service).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Processing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_runners_side_by_side_do_nothing_twice() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = hasty(&world);
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(
            service
                .given_order(place().line(priced("abc", 1, 1_999)).build())
                .await
                .id(),
        );
    }
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let runner = hasty(&world).runner();
            tokio::spawn(async move {
                for _ in 0..20 {
                    runner.step().await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    world.settle(&service).await;
    for id in ids {
        assert_eq!(world.order(id).status(), OrderStatus::Processing);
        assert_eq!(world.parcels(id).len(), 1);
        assert_eq!(world.balance(id).authorized.minor(), 1_999);
    }
    for (faults, method) in [
        (world.inventory.faults(), "reserve"),
        (world.inventory.faults(), "commit"),
        (world.payments.faults(), "authorize"),
        (world.shipping.faults(), "request"),
        (world.notifications.faults(), "notify"),
    ] {
        assert_eq!(faults.count(method), 10, "{method}: each once");
    }
}

#[tokio::test]
async fn what_one_process_has_the_lease_of_no_other_touches() {
    let world = World::new();
    let service = world.service();
    let mut paused = world
        .payments
        .faults()
        .on("authorize")
        .pause(PauseAt::Request);
    let meanwhile = async {
        paused.reached().await;
        assert_eq!(world.payments.faults().count("find"), 0);
        let runner = world.service().runner();
        for _ in 0..5 {
            runner.step().await.unwrap();
        }
        assert_eq!(
            world.payments.faults().count("authorize"),
            1,
            "nobody else pays"
        );
        assert_eq!(
            world.payments.faults().count("find"),
            0,
            "nobody else queries it"
        );
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().build()), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
}

#[tokio::test]
async fn a_lease_that_lapses_is_anybodys_and_one_given_back_at_once() {
    for releases in [true, false] {
        let world = World::new();
        hasty(&world).given_order(place().build()).await;
        let dying = world.service().runner();
        let mut paused = world
            .inventory
            .faults()
            .on("reserve")
            .pause(PauseAt::Request);
        tokio::select! {
            _ = dying.step() => panic!("it is dropped first"),
            () = paused.reached() => {}
        }
        drop(paused);
        let other = world.service().runner();
        other.step().await.unwrap();
        assert_eq!(world.only_order().status(), OrderStatus::Pending, "not yet");
        if releases {
            assert_eq!(dying.release().await.unwrap(), 2);
        } else {
            world.clock.advance(Duration::from_secs(31));
        }
        other.step().await.unwrap();
        assert_eq!(world.only_order().status(), OrderStatus::Processing);
        assert_eq!(world.kept_units(), 2);
    }
}

#[tokio::test]
async fn a_runner_gives_back_no_lease_of_a_request_under_way() {
    let world = World::new();
    let service = world.service();
    let mut paused = world
        .payments
        .faults()
        .on("authorize")
        .pause(PauseAt::Request);
    let meanwhile = async {
        paused.reached().await;
        assert_eq!(service.runner().release().await.unwrap(), 0);
        world.service().runner().step().await.unwrap();
        assert_eq!(
            world.payments.faults().count("find"),
            0,
            "nobody else queries it"
        );
        paused.resume();
    };
    let (placed, ()) = tokio::join!(service.place(place().build()), meanwhile);
    assert_eq!(placed.unwrap().order.status(), OrderStatus::Processing);
}

#[tokio::test]
async fn a_runner_begins_nothing_whose_lease_may_lapse_before_the_answer() {
    let world = World::new();
    let service = world
        .builder()
        .configure(|config| {
            config.request_time_budget = Duration::ZERO;
            config.runner.calls_per_service = 4;
        })
        .build()
        .unwrap();
    // More orders than a runner works on concurrently.
    for _ in 0..20 {
        service
            .given_order(place().line(priced("tea", 1, 500)).without_token().build())
            .await;
    }
    let mut paused = world.customers.faults().on("find").pause(PauseAt::Request);
    let runner = service.runner();
    let slow = async {
        paused.reached().await;
        world.clock.advance(Duration::from_secs(25));
        paused.resume();
    };
    // The first batch is in progress when time jumps; this runner must not begin another.
    world.faults.interleave_calls();
    let (done, ()) = tokio::join!(runner.step(), slow);
    done.unwrap();
    let begun = world.customers.faults().count("find");
    assert!(begun <= 4, "{begun} calls were begun");
    world.settle(&service).await;
    assert!(world.store.effects().is_empty());
}

#[tokio::test]
async fn a_runner_survives_a_store_that_fails() {
    let world = World::new();
    let service = hasty(&world);
    let id = service.given_order(place().build()).await.id();
    let runner = service.runner();
    world.store.faults().down();
    assert!(runner.step().await.is_err());
    world.store.faults().clear();
    world.store.faults().fail("commit", 1);
    runner.step().await.unwrap();
    world.settle(&service).await;
    assert_eq!(world.order(id).status(), OrderStatus::Processing);
}

#[tokio::test]
async fn runners_that_wake_the_same_order_expire_it_once() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = world.service();
    let id = service
        .given_order(place().without_token().build())
        .await
        .id();
    world.clock.advance(Duration::from_secs(80 * 3_600));
    let runners: Vec<_> = (0..4).map(|_| world.service().runner()).collect();
    for _ in 0..5 {
        let steps = runners.iter().map(order_core::service::Runner::step);
        for done in futures::future::join_all(steps).await {
            done.unwrap();
        }
    }
    let history = service.history(&shop(), id).await.unwrap().unwrap();
    let named = |name| {
        history
            .iter()
            .filter(|event| event.payload.name() == name)
            .count()
    };
    assert!(named("order_expired") <= 1);
    world.settle(&service).await;
    world
        .pass(&service, Duration::from_secs(80 * 3_600), 200)
        .await;
    assert_eq!(world.order(id).status(), OrderStatus::Expired);
    world.expect_nothing_kept(id, "expired");
}

#[tokio::test]
async fn a_round_in_which_nothing_could_be_done_is_no_work() {
    let world = World::new();
    let service = world.service();
    service.given_order(place().without_token().build()).await;
    world.settle(&service).await;
    world.clock.advance(Duration::from_secs(80 * 3_600));
    world.store.faults().fail("commit", 1);
    let runner = service.runner();
    assert_eq!(
        runner.step().await.unwrap(),
        0,
        "otherwise it would not pause"
    );
    assert!(runner.step().await.unwrap() > 0);
}

#[tokio::test]
async fn a_runner_that_runs_stops_when_it_is_told_and_gives_its_leases_back() {
    let world = World::new();
    let service = hasty(&world);
    world
        .payments
        .faults()
        .on("authorize")
        .next(1, Fault::Busy(Duration::from_secs(60)));
    let id = service.given_order(place().build()).await.id();
    let stop = tokio_util::sync::CancellationToken::new();
    let runner = service.runner();
    let pause = Duration::from_secs(1);
    let run = runner.run(pause, stop.clone());
    let watch = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
            world.clock.advance(pause);
            if world.order(id).status() == OrderStatus::Processing {
                break;
            }
        }
        stop.cancel();
    };
    tokio::join!(run, watch);
    assert_eq!(world.order(id).status(), OrderStatus::Processing);
    assert!(
        world
            .store
            .effects()
            .iter()
            .all(|queued| queued.lease.is_none())
    );
    service.expect_executed(id, cancel()).await;
}
