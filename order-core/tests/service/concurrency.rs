//! Concurrency: no update is lost, however many processes work on an order.

use crate::world::{ServiceFixture, World, cancel, ship, shop};
use order_core::command::{Command, DetailsPatch};
use order_core::order::{OrderStatus, Tracking};
use order_core::ports::{CommandRequest, OrderError, Orders};
use order_core::value::{Carrier, FulfillmentNo, TrackingNumber};
use order_testing::builders::{place, priced};
use serde_json::json;

fn entry(name: &str) -> Command {
    let mut patch = DetailsPatch::default();
    patch.metadata.insert(name.into(), json!(true));
    Command::UpdateDetails(Box::new(patch))
}

fn track(number: usize) -> Command {
    let carrier = Carrier::parse("Post").unwrap();
    let number = TrackingNumber::parse(format!("T{number}")).unwrap();
    Command::UpdateTracking {
        fulfillment: FulfillmentNo::FIRST,
        tracking: Tracking::new(Some(carrier), Some(number), None),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_acknowledged_update_is_there() {
    let world = World::new();
    world.faults.interleave_calls();
    // Two processes on one store.
    let services = [world.service(), world.service()];
    let id = services[0].given_order(place().build()).await.id();
    services[0].expect_executed(id, ship()).await;
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let service = services[number % 2].clone();
            tokio::spawn(async move {
                let details = service.try_execute(id, entry(&format!("n{number}"))).await;
                let tracked = service.try_execute(id, track(number)).await;
                (number, details.is_ok(), tracked.is_ok())
            })
        })
        .collect();
    let outcomes = futures::future::join_all(tasks).await;
    let order = world.order(id);
    let (mut updated, mut tracked) = (0, 0);
    for outcome in outcomes {
        let (number, details, tracking) = outcome.unwrap();
        updated += usize::from(details);
        tracked += usize::from(tracking);
        let there = order
            .metadata()
            .entries()
            .contains_key(&format!("n{number}"));
        assert_eq!(
            there, details,
            "n{number}: acknowledged is there, refused is not"
        );
    }
    assert_eq!((updated, tracked), (40, 40), "nobody gives up so soon");
    let history = services[0].history(&shop(), id).await.unwrap().unwrap();
    let named = |name| {
        history
            .iter()
            .filter(|event| event.payload.name() == name)
            .count()
    };
    assert_eq!(
        named("tracking_updated"),
        40,
        "each tracking update has its event"
    );
    let versions: Vec<u64> = history.iter().map(|event| event.version.get()).collect();
    let last = u64::try_from(versions.len()).unwrap();
    assert_eq!(versions, (1..=last).collect::<Vec<_>>(), "without a gap");
}

#[tokio::test]
async fn of_updates_that_expect_the_same_version_one_is_carried_out() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = world.service();
    let order = service.given_order(place().build()).await;
    let updates = (0..10).map(|number| {
        let command = entry(&format!("n{number}"));
        let mut execute = CommandRequest::new(shop(), order.id(), command);
        execute.expected_version = Some(order.version());
        service.execute(execute)
    });
    let outcomes = futures::future::join_all(updates).await;
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
    for outcome in outcomes {
        if let Err(error) = outcome {
            assert!(
                matches!(error, OrderError::VersionConflict { expected, .. } if expected == order.version()),
                "{error}"
            );
        }
    }
    assert_eq!(world.order(order.id()).metadata().entries().len(), 1);
}

#[tokio::test]
async fn what_expects_an_old_version_is_told_the_new_one() {
    let world = World::new();
    let service = world.service();
    let order = service.given_order(place().build()).await;
    let newer = service.expect_executed(order.id(), entry("n")).await;
    let mut execute = CommandRequest::new(shop(), order.id(), cancel());
    execute.expected_version = Some(order.version());
    let stale = service.execute(execute).await.unwrap_err();
    assert!(matches!(stale, OrderError::VersionConflict { found, .. } if found == newer.version()));
    assert_eq!(world.order(order.id()).status(), OrderStatus::Processing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_cancel_and_a_shipment_exactly_one_wins() {
    let world = World::new();
    world.inventory.stock(
        &shop(),
        &order_testing::builders::sku("abc"),
        order_testing::builders::usd(1_999),
        1_000,
    );
    world.faults.interleave_calls();
    let (service, other) = (world.service(), world.service());
    let (mut cancelled, mut shipped) = (0, 0);
    for round in 0..200 {
        let id = service.given_order(place().build()).await.id();
        let (one, two) = (service.clone(), other.clone());
        let first = tokio::spawn(async move { one.try_execute(id, cancel()).await });
        let second = tokio::spawn(async move { two.try_execute(id, ship()).await });
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert!(
            first.is_ok() != second.is_ok(),
            "round {round}: exactly one"
        );
        let order = world.order(id);
        if first.is_ok() {
            cancelled += 1;
            assert!(
                order.status().is_closed() && order.nothing_shipped(),
                "round {round}"
            );
        } else {
            shipped += 1;
            assert!(!order.nothing_shipped(), "round {round}");
            assert_eq!(order.status(), OrderStatus::Processing, "round {round}");
        }
    }
    world.settle(&service).await;
    assert_eq!(
        world.kept_units(),
        2 * shipped,
        "{cancelled} cancelled, {shipped} shipped"
    );
    assert_eq!(
        world.payments.total().captured.minor(),
        3_998 * i64::from(shipped)
    );
    assert_eq!(world.payments.total().authorized.minor(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_is_sold_than_there_is() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = world.service();
    let tasks: Vec<_> = (0..30)
        .map(|_| {
            let service = service.clone();
            let request = place().line(priced("abc", 1, 1_999)).build();
            tokio::spawn(async move { service.given_order(request).await.status() })
        })
        .collect();
    let statuses: Vec<OrderStatus> = futures::future::join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let sold = statuses
        .iter()
        .filter(|one| **one == OrderStatus::Processing)
        .count();
    let rejected = statuses
        .iter()
        .filter(|one| **one == OrderStatus::Rejected)
        .count();
    assert_eq!((sold, rejected), (10, 20));
    world.settle(&service).await;
    assert_eq!(world.kept_units(), 10);
}
