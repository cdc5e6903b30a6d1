//! What a [`Notifications`] adapter must do.

use crate::effect::Notice;
use crate::ports::{Notification, Notifications};
use crate::testing::MemoryNotifications;
use crate::testing::builders::{call, contact, order_id};
use async_trait::async_trait;
use futures::future::join_all;
use serde_json::Map;

/// A notification service under test, and how to look into it.
#[async_trait]
pub trait NotificationsUnderTest: Send + Sync {
    /// The adapter.
    fn notifications(&self) -> &dyn Notifications;

    /// How often the message with this id was delivered, or will be.
    async fn delivered(&self, id: &str) -> usize;
}

#[async_trait]
impl NotificationsUnderTest for MemoryNotifications {
    fn notifications(&self) -> &dyn Notifications {
        self
    }

    async fn delivered(&self, id: &str) -> usize {
        MemoryNotifications::delivered(self)
            .iter()
            .filter(|one| one.id == id)
            .count()
    }
}

suite! {
    $ notifications, notifications_contract, NotificationsUnderTest:
    every_notice_is_taken,
    a_message_is_delivered_once_however_often_it_is_sent,
    messages_of_other_ids_are_others,
}

fn message(id: &str, notice: Notice) -> Notification {
    let mut data = Map::new();
    data.insert("total".to_owned(), 3_998.into());
    Notification::new(id.to_owned(), notice, order_id(1), contact(), data)
}

async fn notify(subject: &(impl NotificationsUnderTest + ?Sized), id: &str, notice: Notice) {
    subject
        .notifications()
        .notify(&call(id), &message(id, notice))
        .await
        .expect("the message is taken");
}

/// A message about anything a customer is told of is taken.
pub async fn every_notice_is_taken(subject: &(impl NotificationsUnderTest + ?Sized)) {
    for notice in Notice::ALL {
        let id = format!("n-{notice}");
        notify(subject, &id, *notice).await;
        assert_eq!(subject.delivered(&id).await, 1, "it is delivered");
    }
}

/// A message is delivered once, however often it is sent.
pub async fn a_message_is_delivered_once_however_often_it_is_sent(
    subject: &(impl NotificationsUnderTest + ?Sized),
) {
    assert_eq!(subject.delivered("n-1").await, 0, "it was not sent");
    join_all((0..4).map(|_| notify(subject, "n-1", Notice::Shipped))).await;
    notify(subject, "n-1", Notice::Shipped).await;
    assert_eq!(
        subject.delivered("n-1").await,
        1,
        "the same id is not delivered twice"
    );
}

/// Messages are told apart by their ids alone.
pub async fn messages_of_other_ids_are_others(subject: &(impl NotificationsUnderTest + ?Sized)) {
    for id in ["n-1", "n-2"] {
        notify(subject, id, Notice::Shipped).await;
    }
    for id in ["n-1", "n-2"] {
        assert_eq!(subject.delivered(id).await, 1, "each is delivered");
    }
}
