//! What an [`EventPublisher`] must do.

use crate::builders::{at, place};
use crate::history::OrderHistory;
use crate::memory::MemoryPublisher;
use async_trait::async_trait;
use order_core::event::EventPayload;
use order_core::order::PersonalData;
use order_core::ports::{EventPublisher, OutboxMessage};
use order_core::value::{OrderId, StorefrontId, Version};

/// What identifies an event to a receiver.
pub type Received = (StorefrontId, OrderId, Version);

/// A publisher under test, and a receiver of its events.
#[async_trait]
pub trait PublisherUnderTest: Send + Sync {
    /// Returns the adapter.
    fn publisher(&self) -> &dyn EventPublisher;

    /// Returns what has arrived at a receiver so far, oldest first, duplicates included. Waits until
    /// everything that the broker has is delivered.
    async fn received(&self) -> Vec<Received>;
}

#[async_trait]
impl PublisherUnderTest for MemoryPublisher {
    fn publisher(&self) -> &dyn EventPublisher {
        self
    }

    async fn received(&self) -> Vec<Received> {
        self.published().iter().map(received).collect()
    }
}

suite! {
    $ publisher, publisher_contract, PublisherUnderTest:
    what_is_published_is_safe_with_the_broker,
    events_arrive_in_the_order_they_were_published,
    a_batch_arrives_whole_and_in_order,
    an_event_may_be_published_again,
}

fn received(message: &OutboxMessage) -> Received {
    (
        message.storefront.clone(),
        message.order,
        message.event.version,
    )
}

/// Returns the messages of an order, as the outbox returns them.
fn messages(number: u64, events: u64) -> Vec<OutboxMessage> {
    let placed = OrderHistory::placed(number, place().build(), at(0));
    let history = (1..events).fold(placed, |history, n| {
        history.then(at(n), EventPayload::CustomerVerified)
    });
    history
        .events()
        .iter()
        .map(|event| {
            let event = event.clone().with_personal(PersonalData::default());
            OutboxMessage::new(history.storefront().clone(), history.id(), event)
        })
        .collect()
}

async fn publish(subject: &(impl PublisherUnderTest + ?Sized), message: &OutboxMessage) {
    publish_all(subject, std::slice::from_ref(message)).await;
}

async fn publish_all(subject: &(impl PublisherUnderTest + ?Sized), batch: &[OutboxMessage]) {
    let answers = subject.publisher().publish(batch).await;
    assert_eq!(answers.len(), batch.len(), "each event is answered");
    for answer in answers {
        answer.expect("the broker accepts it");
    }
}

/// Asserts that the events of an order have all arrived, in the order they were sent.
fn assert_arrived_in_order(arrived: &[Received], sent: &[OutboxMessage]) {
    let sent: Vec<Received> = sent.iter().map(received).collect();
    let of_this: Vec<Received> = arrived
        .iter()
        .filter(|event| event.1 == sent[0].1)
        .cloned()
        .collect();
    assert_eq!(of_this, sent, "the events of an order arrive in order");
}

/// Checks that a published event is stored by the broker, and arrives.
pub async fn what_is_published_is_safe_with_the_broker(
    subject: &(impl PublisherUnderTest + ?Sized),
) {
    assert_eq!(subject.received().await, [], "nothing was published");
    for message in messages(1, 2) {
        publish(subject, &message).await;
        assert!(
            subject.received().await.contains(&received(&message)),
            "a published event is stored by the broker"
        );
    }
}

/// Checks that the events of an order arrive in the order they were published.
pub async fn events_arrive_in_the_order_they_were_published(
    subject: &(impl PublisherUnderTest + ?Sized),
) {
    let (one, other) = (messages(1, 10), messages(2, 10));
    for (first, second) in one.iter().zip(&other) {
        publish(subject, first).await;
        publish(subject, second).await;
    }
    let arrived = subject.received().await;
    for sent in [one, other] {
        assert_arrived_in_order(&arrived, &sent);
    }
}

/// Checks that all events of a batch arrive, those of each order in their order; an empty batch is no
/// error.
pub async fn a_batch_arrives_whole_and_in_order(subject: &(impl PublisherUnderTest + ?Sized)) {
    publish_all(subject, &[]).await;
    let orders: Vec<_> = (1..=50).map(|number| messages(number, 4)).collect();
    publish_all(subject, &orders.concat()).await;
    let arrived = subject.received().await;
    for sent in orders {
        assert_arrived_in_order(&arrived, &sent);
    }
}

/// Checks that an event that is stored by the broker already may be published again.
pub async fn an_event_may_be_published_again(subject: &(impl PublisherUnderTest + ?Sized)) {
    let message = messages(1, 1).remove(0);
    for _again in 0..3 {
        publish(subject, &message).await;
    }
    assert!(
        subject.received().await.contains(&received(&message)),
        "it is stored by the broker"
    );
}
