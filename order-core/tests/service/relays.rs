//! Relays: events are published in order and at least once, and a parked order blocks no other.

use crate::world::{ServiceFixture, World, cancel, shop};
use futures::future::select;
use order_core::ports::{Clock, EventPublisher, Orders, Outbox, OutboxMessage, PublishError};
use order_core::relay::Relay;
use order_core::service::OrderService;
use order_core::value::OrderId;
use order_testing::MemoryPublisher;
use order_testing::builders::{place, worker};
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

struct RelayFixture {
    world: World,
    service: OrderService,
    publisher: Arc<MemoryPublisher>,
}

impl RelayFixture {
    fn new() -> Self {
        let world = World::new();
        let service = world
            .builder()
            .configure(|all| all.publish = true)
            .build()
            .unwrap();
        let publisher = Arc::new(MemoryPublisher::new());
        Self {
            world,
            service,
            publisher,
        }
    }

    fn relay(&self, name: &str) -> Relay {
        self.relay_to(self.publisher.clone(), name)
    }

    fn relay_to(&self, publisher: Arc<dyn EventPublisher>, name: &str) -> Relay {
        let outbox: Arc<dyn Outbox> = self.world.store.clone();
        let clock: Arc<dyn Clock> = Arc::new(self.world.clock.clone());
        Relay::new(outbox, publisher, clock, worker(name))
    }

    /// Stocks enough for orders in every partition.
    fn stock_plenty(&self) {
        let (sku, price) = (
            order_testing::builders::sku("abc"),
            order_testing::builders::usd(1_999),
        );
        self.world.inventory.stock(&shop(), &sku, price, 100);
    }

    async fn empty(&self, relay: &Relay) {
        while relay.step().await.unwrap() > 0 {}
    }

    async fn orders(&self, count: usize) -> Vec<OrderId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.service.given_order(place().build()).await.id());
        }
        ids
    }

    /// Returns the published versions of each order, in the order of publication.
    fn published(&self) -> BTreeMap<OrderId, Vec<u64>> {
        let mut all = BTreeMap::<OrderId, Vec<u64>>::new();
        for message in self.publisher.published() {
            let versions = all.entry(message.order).or_default();
            versions.push(message.event.version.get());
        }
        all
    }

    fn is_complete(&self, id: OrderId) -> bool {
        let last = self.world.order(id).version().get();
        let mut versions = self.published().remove(&id).unwrap_or_default();
        versions.dedup();
        versions == (1..=last).collect::<Vec<_>>()
    }
}

#[tokio::test]
async fn every_event_is_published_in_order_and_then_forgotten() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(4).await;
    fixture.service.expect_executed(ids[0], cancel()).await;
    fixture.empty(&fixture.relay("relay")).await;
    for id in ids {
        assert!(fixture.is_complete(id), "{:?}", fixture.published());
    }
    assert!(fixture.world.store.messages().is_empty());
}

#[tokio::test]
async fn what_is_published_carries_no_personal_data() {
    let fixture = RelayFixture::new();
    fixture.orders(1).await;
    fixture.empty(&fixture.relay("relay")).await;
    for message in fixture.publisher.published() {
        let personal = message.event.payload.personal();
        assert!(personal.is_none_or(order_core::order::PersonalData::is_empty));
    }
}

#[tokio::test]
async fn a_broker_that_is_away_loses_nothing() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(3).await;
    let relay = fixture.relay("relay");
    fixture.publisher.down();
    for _ in 0..20 {
        assert_eq!(relay.step().await.unwrap(), 0);
    }
    fixture.publisher.up();
    fixture.publisher.lose_answers(3);
    for _ in 0..20 {
        relay.step().await.unwrap();
    }
    fixture.empty(&relay).await;
    assert!(
        ids.into_iter().all(|id| fixture.is_complete(id)),
        "at least once, in order"
    );
    assert!(fixture.world.store.messages().is_empty());
}

#[tokio::test]
async fn what_could_not_be_confirmed_is_published_again() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(1).await;
    let relay = fixture.relay("relay");
    fixture.world.store.faults().fail("confirm", 1);
    assert!(relay.step().await.is_err());
    fixture.empty(&relay).await;
    let last = fixture.world.order(ids[0]).version().get();
    let twice: Vec<u64> = (1..=last).chain(1..=last).collect();
    assert_eq!(fixture.published()[&ids[0]], twice);
}

#[tokio::test]
async fn a_parked_order_keeps_only_itself_back() {
    let fixture = RelayFixture::new();
    // Enough orders for some to share its partition.
    fixture.stock_plenty();
    let ids = fixture.orders(33).await;
    let rejected = ids[7];
    fixture.publisher.reject(rejected);
    let relay = fixture.relay("relay");
    for _ in 0..100 {
        relay.step().await.unwrap();
    }
    for id in &ids {
        assert_eq!(fixture.is_complete(*id), *id != rejected);
    }
    let parked = fixture.world.store.parked_orders(10).await.unwrap();
    assert_eq!(
        parked.iter().map(|one| one.order).collect::<Vec<_>>(),
        [rejected]
    );
    fixture.service.expect_executed(rejected, cancel()).await;
    fixture.publisher.accept(rejected);
    assert!(fixture.world.store.resume_order(rejected).await.unwrap());
    fixture.empty(&relay).await;
    assert!(
        fixture.is_complete(rejected),
        "in order, with the events added meanwhile"
    );
}

#[tokio::test]
async fn several_relays_side_by_side_keep_the_order_of_events() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(5).await;
    let relays = ["a", "b", "c"].map(|name| fixture.relay(name));
    for _ in 0..20 {
        let steps = relays.iter().map(Relay::step);
        for step in futures::future::join_all(steps).await {
            step.unwrap();
        }
    }
    assert!(ids.into_iter().all(|id| fixture.is_complete(id)));
}

/// A broker that rejects the second event of every order.
struct Picky(Arc<MemoryPublisher>);

#[async_trait::async_trait]
impl EventPublisher for Picky {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let mut answers = Vec::new();
        for message in batch {
            match message.event.version.get() {
                1 => answers.extend(self.0.publish(std::slice::from_ref(message)).await),
                2 => answers.push(Err(PublishError::Rejected("too odd".to_owned()))),
                _ => answers.push(Err(PublishError::Unavailable("not tried".to_owned()))),
            }
        }
        answers
    }
}

#[tokio::test]
async fn what_follows_a_rejected_event_waits_for_it() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(20).await;
    let picky: Arc<dyn EventPublisher> = Arc::new(Picky(fixture.publisher.clone()));
    let relay = fixture.relay_to(picky, "picky");
    for _ in 0..40 {
        relay.step().await.unwrap();
    }
    for id in &ids {
        assert_eq!(fixture.published()[id], [1], "nothing overtakes the second");
        assert!(
            fixture.world.store.resume_order(*id).await.unwrap(),
            "it is parked"
        );
    }
    fixture.empty(&fixture.relay("relay")).await;
    assert!(ids.into_iter().all(|id| fixture.is_complete(id)));
}

/// A broker that hangs on the first event until it is resumed.
struct Hanging {
    inner: Arc<MemoryPublisher>,
    faults: tokio::sync::Mutex<Option<tokio::sync::oneshot::Receiver<()>>>,
}

#[async_trait::async_trait]
impl EventPublisher for Hanging {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let hang = self.faults.lock().await.take();
        if let Some(hang) = hang {
            let _ = hang.await;
        }
        self.inner.publish(batch).await
    }
}

#[tokio::test]
async fn a_relay_that_hangs_until_its_lease_lapses_does_not_publish_after_the_next() {
    let fixture = RelayFixture::new();
    let id = fixture.orders(1).await[0];
    let (resume, hang) = tokio::sync::oneshot::channel();
    let publisher: Arc<dyn EventPublisher> = Arc::new(Hanging {
        inner: fixture.publisher.clone(),
        faults: tokio::sync::Mutex::new(Some(hang)),
    });
    let slow = fixture.relay_to(publisher, "slow");
    let next = async {
        tokio::task::yield_now().await;
        fixture
            .world
            .clock
            .advance(std::time::Duration::from_secs(31));
        fixture.empty(&fixture.relay("next")).await;
        tokio::task::yield_now().await;
        let _ = resume.send(());
    };
    let (outcome, ()) = tokio::join!(slow.step(), next);
    outcome.unwrap();
    let last = fixture.world.order(id).version().get();
    assert_eq!(fixture.published()[&id], (1..=last).collect::<Vec<_>>());
}

/// A broker that answers for all but the second event of the first order of a batch, which it forgets,
/// and for nothing beyond the given number of events.
struct Forgetful {
    inner: Arc<MemoryPublisher>,
    answered: usize,
}

#[async_trait::async_trait]
impl EventPublisher for Forgetful {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let mut answers = self.inner.publish(batch).await;
        if let Some(second) = answers.get_mut(1) {
            *second = Err(PublishError::Unavailable("forgotten".to_owned()));
        }
        answers.truncate(self.answered);
        answers
    }
}

#[tokio::test]
async fn only_what_was_answered_without_a_gap_is_confirmed() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(2).await;
    let forgetful: Arc<dyn EventPublisher> = Arc::new(Forgetful {
        inner: fixture.publisher.clone(),
        answered: 11,
    });
    let relay = fixture.relay_to(forgetful, "forgetful");
    let sent = fixture.world.store.messages().len();
    assert_eq!(sent, 20, "ten of each order, in partitions of their own");
    assert_eq!(
        relay.step().await.unwrap(),
        2,
        "one of the first order, whose second was forgotten, and one of the second, whose rest has \
         no answer"
    );
    let left = fixture.world.store.messages();
    for id in &ids {
        let versions = left.iter().filter(|one| one.order == *id);
        let versions: Vec<u64> = versions.map(|one| one.event.version.get()).collect();
        assert_eq!(versions, (2..=10).collect::<Vec<u64>>());
    }
}

/// A broker that takes a second for each event.
struct Slow {
    inner: Arc<MemoryPublisher>,
    clock: order_testing::ManualClock,
}

#[async_trait::async_trait]
impl EventPublisher for Slow {
    async fn publish(&self, batch: &[OutboxMessage]) -> Vec<Result<(), PublishError>> {
        let mut answers = Vec::new();
        for message in batch {
            self.clock.sleep(std::time::Duration::from_secs(1)).await;
            answers.extend(self.inner.publish(std::slice::from_ref(message)).await);
        }
        answers
    }
}

#[tokio::test]
async fn a_broker_too_slow_for_a_batch_gets_smaller_ones() {
    let fixture = RelayFixture::new();
    fixture.stock_plenty();
    let ids = fixture.orders(40).await;
    let slow: Arc<dyn EventPublisher> = Arc::new(Slow {
        inner: fixture.publisher.clone(),
        clock: fixture.world.clock.clone(),
    });
    let relay = fixture.relay_to(slow, "slow");
    let stop = tokio_util::sync::CancellationToken::new();
    let run = relay.run(std::time::Duration::from_secs(1), stop);
    let watch = async {
        for _ in 0..3_000 {
            tokio::task::yield_now().await;
            fixture
                .world
                .clock
                .advance(std::time::Duration::from_secs(1));
            if fixture.world.store.messages().is_empty() {
                break;
            }
        }
    };
    // Dropped, if it does not get on.
    select(pin!(run), pin!(watch)).await;
    assert!(fixture.world.store.messages().is_empty(), "all went out");
    assert_eq!(ids.len(), fixture.published().len());
}

#[tokio::test]
async fn a_relay_goes_on_past_an_outage_until_it_is_stopped() {
    let fixture = RelayFixture::new();
    let ids = fixture.orders(1).await;
    let relay = fixture.relay("steady");
    fixture.world.store.faults().fail("claim_partitions", 1);
    let stop = tokio_util::sync::CancellationToken::new();
    let run = relay.run(std::time::Duration::from_secs(1), stop.clone());
    let watch = async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
            fixture
                .world
                .clock
                .advance(std::time::Duration::from_secs(1));
            if fixture.world.store.messages().is_empty() {
                break;
            }
        }
        stop.cancel();
    };
    tokio::join!(run, watch);
    let history = fixture.service.history(&shop(), ids[0]).await.unwrap();
    let published = fixture.publisher.published().len();
    assert_eq!(
        published,
        history.unwrap().len(),
        "each event was published once"
    );
}
