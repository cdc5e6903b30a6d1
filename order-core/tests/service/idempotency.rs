//! Idempotency keys: a repeated request gets the same answer, another request with the same key is
//! refused.

use crate::world::{ServiceFixture, World, cancel, ship, shop};
use order_core::command::{Command, DetailsPatch};
use order_core::order::OrderStatus;
use order_core::ports::{CommandOutcome, CommandRequest, OrderError, Orders, PlaceOrderRequest};
use order_core::service::OrderService;
use order_core::value::OrderId;
use order_testing::PauseAt;
use order_testing::builders::{idempotency, place, reason, sku, storefront, usd};
use serde_json::json;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3_600);

async fn with_key(
    service: &OrderService,
    id: OrderId,
    key: &str,
    command: Command,
) -> Result<CommandOutcome, OrderError> {
    let mut execute = CommandRequest::new(shop(), id, command);
    execute.idempotency = Some(idempotency("command", key));
    service.execute(execute).await
}

fn with_another_body(key: &str) -> PlaceOrderRequest {
    let mut request = place().key(key).build();
    if let Some(idempotency) = &mut request.idempotency {
        idempotency.fingerprint = [7; 32];
    }
    request
}

fn note(text: &str) -> Command {
    let mut patch = DetailsPatch::default();
    patch.metadata.insert("note".into(), json!(text));
    Command::UpdateDetails(Box::new(patch))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_requests_with_one_key_make_one_order() {
    let world = World::new();
    world.faults.interleave_calls();
    let service = world.service();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                loop {
                    match service.place(place().key("k").build()).await {
                        Err(OrderError::IdempotencyKeyInFlight { .. }) => {
                            tokio::task::yield_now().await;
                        }
                        answer => return answer.expect("each is answered in the end"),
                    }
                }
            })
        })
        .collect();
    let answers: Vec<CommandOutcome> = futures::future::join_all(tasks)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let order = world.only_order();
    assert_eq!(answers.iter().filter(|done| !done.replayed).count(), 1);
    assert!(
        answers.iter().all(|done| done.order == order),
        "all get the same answer"
    );
    assert_eq!(world.kept_units(), 2, "reserved once");
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_changes_nothing() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().key("k").build()).await.id();
    let refused = service.place(with_another_body("k")).await.unwrap_err();
    assert!(matches!(refused, OrderError::IdempotencyKeyReused));
    assert_eq!(world.only_order().id(), id);
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_though_the_order_went_on() {
    let world = World::new();
    let service = world.service();
    let first = service.place(place().key("k").build()).await.unwrap();
    service.expect_executed(first.order.id(), ship()).await;
    world.settle(&service).await;
    let again = service.place(place().key("k").build()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.order, first.order);
    assert_eq!(again.events, first.events);
    assert_eq!(world.payments.faults().count("authorize"), 1);
}

#[tokio::test]
async fn a_repetition_after_erasure_brings_no_personal_data_back() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().key("k").build()).await.id();
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    service
        .expect_executed(id, Command::ErasePersonalData)
        .await;
    let again = service.place(place().key("k").build()).await.unwrap();
    assert!(again.order.personal().is_empty());
}

#[tokio::test]
async fn a_request_whose_key_is_being_worked_on_is_asked_to_come_back() {
    let world = World::new();
    let service = world.service();
    let mut paused = world
        .payments
        .faults()
        .on("authorize")
        .pause(PauseAt::Request);
    let meanwhile = async {
        paused.reached().await;
        let refused = service.place(place().key("k").build()).await.unwrap_err();
        assert!(matches!(refused, OrderError::IdempotencyKeyInFlight { .. }));
        let refused = service.place(with_another_body("k")).await.unwrap_err();
        assert!(matches!(refused, OrderError::IdempotencyKeyReused));
        paused.resume();
    };
    let (first, ()) = tokio::join!(service.place(place().key("k").build()), meanwhile);
    let again = service.place(place().key("k").build()).await.unwrap();
    assert!(again.replayed && again.order == first.unwrap().order);
}

#[tokio::test]
async fn a_key_whose_request_died_is_answered_with_its_order_after_a_while() {
    let world = World::new();
    let service = world.service();
    let mut paused = world
        .inventory
        .faults()
        .on("reserve")
        .pause(PauseAt::Request);
    {
        let request = service.place(place().key("k").build());
        let stored = async {
            paused.reached().await;
            world.until_stored().await;
        };
        tokio::select! {
            _ = request => panic!("it is dropped first"),
            () = stored => {}
        }
    }
    let id = world.only_order().id();
    let refused = service.place(place().key("k").build()).await.unwrap_err();
    assert!(matches!(refused, OrderError::IdempotencyKeyInFlight { .. }));
    world.clock.advance(Duration::from_secs(60));
    let again = service.place(place().key("k").build()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.order.id(), again.order.status()),
        (id, OrderStatus::Pending)
    );
    world.settle(&service).await;
    assert_eq!(world.only_order().status(), OrderStatus::Processing);
}

#[tokio::test]
async fn an_expired_key_is_free() {
    let world = World::new();
    let service = world.service();
    let first = service.given_order(place().key("k").build()).await;
    world.clock.advance(31 * DAY);
    let second = service.given_order(place().key("k").build()).await;
    assert_ne!(first.id(), second.id());
}

#[tokio::test]
async fn keys_of_two_storefronts_have_nothing_to_do_with_each_other() {
    let world = World::new();
    let service = world.service();
    let other = storefront("other");
    world.inventory.stock(&other, &sku("abc"), usd(1_999), 10);
    let first = service.given_order(place().key("k").build()).await;
    let second = service
        .given_order(place().storefront("other").key("k").build())
        .await;
    assert_ne!(first.id(), second.id());
    let found = service.get(&shop(), second.id()).await.unwrap();
    assert!(found.is_none(), "each storefront has its own orders");
}

#[tokio::test]
async fn a_command_with_a_key_is_carried_out_once() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let first = with_key(&service, id, "a", note("one")).await.unwrap();
    with_key(&service, id, "b", note("two")).await.unwrap();
    let again = with_key(&service, id, "a", note("one")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.order, first.order, "as it was right after it");
    assert_eq!(again.events, first.events);
    assert_eq!(world.order(id).metadata().entries()["note"], json!("two"));
}

#[tokio::test]
async fn a_command_with_a_key_is_replayed_where_it_would_be_refused_by_now() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let hold = Command::PlaceHold {
        reason: Some(reason("fraud check")),
    };
    let first = with_key(&service, id, "h", hold.clone()).await.unwrap();
    service
        .expect_executed(id, Command::ReleaseHold { hold: None })
        .await;
    service.expect_executed(id, ship()).await;
    let again = with_key(&service, id, "h", hold.clone()).await.unwrap();
    assert!(again.replayed && again.order == first.order);
    assert!(with_key(&service, id, "i", hold).await.is_err());
}

#[tokio::test]
async fn of_the_same_command_twice_at_once_both_get_one_answer() {
    // The second starts later each time, so that it meets the first at every stage.
    for later in 0..30 {
        let world = World::new();
        world.faults.interleave_calls();
        let service = world.service();
        let id = service.given_order(place().build()).await.id();
        let ask = |later: usize| {
            let service = &service;
            async move {
                for _ in 0..later {
                    tokio::task::yield_now().await;
                }
                loop {
                    match with_key(service, id, "s", ship()).await {
                        Err(OrderError::IdempotencyKeyInFlight { .. }) => {
                            tokio::task::yield_now().await;
                        }
                        answer => return answer,
                    }
                }
            }
        };
        let (first, second) = tokio::join!(ask(0), ask(later));
        let first = first.unwrap();
        let second = second.unwrap_or_else(|error| panic!("{later} later: {error}"));
        assert!(
            first.replayed != second.replayed,
            "{later} later: one is a repetition"
        );
        assert_eq!(first.order, second.order, "{later} later");
        assert_eq!(world.order(id).fulfillments().len(), 1);
    }
}

#[tokio::test]
async fn a_key_used_for_one_order_is_refused_for_another() {
    let world = World::new();
    let service = world.service();
    let one = service.given_order(place().build()).await.id();
    let other = service.given_order(place().build()).await.id();
    with_key(&service, one, "a", note("one")).await.unwrap();
    let refused = with_key(&service, other, "a", note("one"))
        .await
        .unwrap_err();
    assert!(matches!(refused, OrderError::IdempotencyKeyReused));
}

#[tokio::test]
async fn a_refused_command_leaves_its_key_free() {
    let world = World::new();
    let service = world.service();
    let id = service
        .given_order(place().without_token().build())
        .await
        .id();
    assert!(with_key(&service, id, "s", ship()).await.is_err());
    service
        .expect_executed(id, crate::world::pay_with("tok_visa"))
        .await;
    let done = with_key(&service, id, "s", ship()).await.unwrap();
    assert!(!done.replayed);
}
