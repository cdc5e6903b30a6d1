//! Events reach other services in order, at least once, and a poisoned order keeps no other back.

use crate::world::{Ask, World, cancel, shop};
use order_core::ports::{Clock, EventPublisher, Orders, Outbox, OutboxMessage, PublishError};
use order_core::relay::Relay;
use order_core::service::OrderService;
use order_core::testing::MemoryPublisher;
use order_core::testing::builders::{place, worker};
use order_core::value::OrderId;
use std::collections::BTreeMap;
use std::sync::Arc;

struct Line {
    world: World,
    service: OrderService,
    publisher: Arc<MemoryPublisher>,
}

impl Line {
    fn new() -> Self {
        let world = World::new();
        let service = world
            .builder()
            .with(|all| all.publish = true)
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
        let outbox: Arc<dyn Outbox> = self.world.store.clone();
        let publisher: Arc<dyn EventPublisher> = self.publisher.clone();
        let clock: Arc<dyn Clock> = Arc::new(self.world.clock.clone());
        Relay::new(outbox, publisher, clock, worker(name))
    }

    async fn empty(&self, relay: &Relay) {
        while relay.step().await.unwrap() > 0 {}
    }

    async fn orders(&self, count: usize) -> Vec<OrderId> {
        let mut ids = Vec::new();
        for _ in 0..count {
            ids.push(self.service.placed(place().build()).await.id());
        }
        ids
    }

    /// The versions published of each order, as they were published.
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
    let line = Line::new();
    let ids = line.orders(4).await;
    line.service.did(ids[0], cancel()).await;
    line.empty(&line.relay("relay")).await;
    for id in ids {
        assert!(line.is_complete(id), "{:?}", line.published());
    }
    assert!(line.world.store.messages().is_empty());
}

#[tokio::test]
async fn what_is_published_carries_no_personal_data() {
    let line = Line::new();
    line.orders(1).await;
    line.empty(&line.relay("relay")).await;
    for message in line.publisher.published() {
        let personal = message.event.happening.personal();
        assert!(personal.is_none_or(order_core::order::PersonalData::is_empty));
    }
}

#[tokio::test]
async fn a_broker_that_is_away_loses_nothing() {
    let line = Line::new();
    let ids = line.orders(3).await;
    let relay = line.relay("relay");
    line.publisher.down();
    for _ in 0..20 {
        assert_eq!(relay.step().await.unwrap(), 0);
    }
    line.publisher.up();
    line.publisher.lose_answers(3);
    for _ in 0..20 {
        relay.step().await.unwrap();
    }
    line.empty(&relay).await;
    assert!(
        ids.into_iter().all(|id| line.is_complete(id)),
        "at least once, in order"
    );
    assert!(line.world.store.messages().is_empty());
}

#[tokio::test]
async fn what_could_not_be_confirmed_is_published_again() {
    let line = Line::new();
    let ids = line.orders(1).await;
    let relay = line.relay("relay");
    line.world.store.faults().fail("confirm", 1);
    assert!(relay.step().await.is_err());
    line.empty(&relay).await;
    let last = line.world.order(ids[0]).version().get();
    let twice: Vec<u64> = (1..=last).chain(1..=last).collect();
    assert_eq!(line.published()[&ids[0]], twice);
}

#[tokio::test]
async fn a_poisoned_order_keeps_only_itself_back() {
    let line = Line::new();
    // Enough for some to share its lane.
    line.world.inventory.stock(
        &shop(),
        &order_core::testing::builders::sku("abc"),
        order_core::testing::builders::usd(1_999),
        100,
    );
    let ids = line.orders(33).await;
    let poisoned = ids[7];
    line.publisher.poison(poisoned);
    let relay = line.relay("relay");
    for _ in 0..100 {
        relay.step().await.unwrap();
    }
    for id in &ids {
        assert_eq!(line.is_complete(*id), *id != poisoned);
    }
    let parked = line.world.store.parked(10).await.unwrap();
    assert_eq!(
        parked.iter().map(|one| one.order).collect::<Vec<_>>(),
        [poisoned]
    );
    line.service.did(poisoned, cancel()).await;
    line.publisher.heal(poisoned);
    assert!(line.world.store.resume(poisoned).await.unwrap());
    line.empty(&relay).await;
    assert!(
        line.is_complete(poisoned),
        "in order, with what came meanwhile"
    );
}

#[tokio::test]
async fn several_relays_side_by_side_keep_the_order_of_events() {
    let line = Line::new();
    let ids = line.orders(5).await;
    let relays = ["a", "b", "c"].map(|name| line.relay(name));
    for _ in 0..20 {
        let steps = relays.iter().map(Relay::step);
        for step in futures::future::join_all(steps).await {
            step.unwrap();
        }
    }
    assert!(ids.into_iter().all(|id| line.is_complete(id)));
}

/// A broker that refuses the second event of every order.
struct Picky(Arc<MemoryPublisher>);

#[async_trait::async_trait]
impl EventPublisher for Picky {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        if message.event.version.get() == 2 {
            return Err(PublishError::Poisoned("too odd".to_owned()));
        }
        self.0.publish(message).await
    }
}

#[tokio::test]
async fn what_follows_a_poisoned_event_waits_for_it() {
    let line = Line::new();
    let ids = line.orders(20).await;
    let picky: Arc<dyn EventPublisher> = Arc::new(Picky(line.publisher.clone()));
    let outbox: Arc<dyn Outbox> = line.world.store.clone();
    let clock = Arc::new(line.world.clock.clone());
    let relay = Relay::new(outbox, picky, clock, worker("picky"));
    for _ in 0..40 {
        relay.step().await.unwrap();
    }
    for id in &ids {
        assert_eq!(line.published()[id], [1], "nothing overtakes the second");
        assert!(line.world.store.resume(*id).await.unwrap(), "it is parked");
    }
    line.empty(&line.relay("relay")).await;
    assert!(ids.into_iter().all(|id| line.is_complete(id)));
}

/// A broker that hangs on the first event until it is let go.
struct Hanging {
    inner: Arc<MemoryPublisher>,
    gate: tokio::sync::Mutex<Option<tokio::sync::oneshot::Receiver<()>>>,
}

#[async_trait::async_trait]
impl EventPublisher for Hanging {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        let hang = self.gate.lock().await.take();
        if let Some(hang) = hang {
            let _ = hang.await;
        }
        self.inner.publish(message).await
    }
}

#[tokio::test]
async fn a_relay_that_hangs_until_its_lease_lapses_does_not_publish_after_the_next() {
    let line = Line::new();
    let id = line.orders(1).await[0];
    let (let_go, hang) = tokio::sync::oneshot::channel();
    let publisher: Arc<dyn EventPublisher> = Arc::new(Hanging {
        inner: line.publisher.clone(),
        gate: tokio::sync::Mutex::new(Some(hang)),
    });
    let outbox: Arc<dyn Outbox> = line.world.store.clone();
    let slow = Relay::new(
        outbox,
        publisher,
        Arc::new(line.world.clock.clone()),
        worker("slow"),
    );
    let next = async {
        tokio::task::yield_now().await;
        line.world.clock.advance(std::time::Duration::from_secs(31));
        line.empty(&line.relay("next")).await;
        tokio::task::yield_now().await;
        let _ = let_go.send(());
    };
    let (outcome, ()) = tokio::join!(slow.step(), next);
    outcome.unwrap();
    let last = line.world.order(id).version().get();
    assert_eq!(line.published()[&id], (1..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_relay_goes_on_past_an_outage_until_it_is_stopped() {
    let line = Line::new();
    let ids = line.orders(1).await;
    let relay = line.relay("steady");
    line.world.store.faults().fail("claim", 1);
    let stop = tokio_util::sync::CancellationToken::new();
    let run = relay.run(std::time::Duration::from_secs(1), stop.clone());
    let watch = async {
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
            line.world.clock.advance(std::time::Duration::from_secs(1));
            if line.world.store.messages().is_empty() {
                break;
            }
        }
        stop.cancel();
    };
    tokio::join!(run, watch);
    let history = line.service.history(&shop(), ids[0]).await.unwrap();
    let told = line.publisher.published().len();
    assert_eq!(
        told,
        history.unwrap().len(),
        "each event was published once"
    );
}
