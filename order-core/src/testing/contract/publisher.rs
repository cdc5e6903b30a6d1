//! What an [`EventPublisher`] must do.

use crate::event::Happening;
use crate::order::PersonalData;
use crate::ports::{EventPublisher, OutboxMessage};
use crate::testing::builders::{at, place};
use crate::testing::{MemoryPublisher, Story};
use crate::value::{OrderId, StorefrontId, Version};
use async_trait::async_trait;

/// An event as a receiver tells it from others.
pub type Received = (StorefrontId, OrderId, Version);

/// A publisher under test, and how to see what arrives.
#[async_trait]
pub trait PublisherUnderTest: Send + Sync {
    /// The adapter.
    fn publisher(&self) -> &dyn EventPublisher;

    /// What has arrived at a receiver so far, oldest first, repetitions among it. It waits until all
    /// is there that the broker has.
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
    an_event_may_be_published_again,
}

fn received(message: &OutboxMessage) -> Received {
    (
        message.storefront.clone(),
        message.order,
        message.event.version,
    )
}

/// The messages of an order, as the outbox has them.
fn messages(number: u64, events: u64) -> Vec<OutboxMessage> {
    let placed = Story::placed(number, place().build(), at(0));
    let story = (1..events).fold(placed, |story, n| {
        story.then(at(n), Happening::CustomerVerified)
    });
    story
        .events()
        .iter()
        .map(|event| {
            let event = event.clone().with_personal(PersonalData::default());
            OutboxMessage::new(story.storefront().clone(), story.id(), event)
        })
        .collect()
}

async fn publish(subject: &(impl PublisherUnderTest + ?Sized), message: &OutboxMessage) {
    subject
        .publisher()
        .publish(message)
        .await
        .expect("the broker takes it");
}

/// Once it is published, an event is safe with the broker, and arrives.
pub async fn what_is_published_is_safe_with_the_broker(
    subject: &(impl PublisherUnderTest + ?Sized),
) {
    assert_eq!(subject.received().await, [], "nothing was published");
    for message in messages(1, 2) {
        publish(subject, &message).await;
        assert!(
            subject.received().await.contains(&received(&message)),
            "what is published is safe with the broker"
        );
    }
}

/// The events of an order arrive in the order they were published.
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
        let sent: Vec<Received> = sent.iter().map(received).collect();
        let of_this: Vec<Received> = arrived
            .iter()
            .filter(|event| event.1 == sent[0].1)
            .cloned()
            .collect();
        assert_eq!(of_this, sent, "events arrive in the order of their order");
    }
}

/// An event that is safe already may be published again.
pub async fn an_event_may_be_published_again(subject: &(impl PublisherUnderTest + ?Sized)) {
    let message = messages(1, 1).remove(0);
    for _again in 0..3 {
        publish(subject, &message).await;
    }
    assert!(
        subject.received().await.contains(&received(&message)),
        "it is safe with the broker"
    );
}
