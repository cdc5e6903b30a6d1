//! What a [`Notifications`] adapter must do.

use crate::builders::{call, contact, order_id};
use crate::memory::MemoryNotifications;
use async_trait::async_trait;
use futures::future::join_all;
use order_core::effect::NotificationKind;
use order_core::ports::{Notification, Notifications};
use serde_json::Map;

/// A notification service under test, and how to inspect it.
#[async_trait]
pub trait NotificationsUnderTest: Send + Sync {
    /// Returns the adapter.
    fn notifications(&self) -> &dyn Notifications;

    /// Returns how often the message with this id was delivered, or will be.
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

fn message(id: &str, kind: NotificationKind) -> Notification {
    let mut data = Map::new();
    data.insert("total".to_owned(), 3_998.into());
    Notification::new(id.to_owned(), kind, order_id(1), contact(), data)
}

async fn notify(
    subject: &(impl NotificationsUnderTest + ?Sized),
    id: &str,
    kind: NotificationKind,
) {
    subject
        .notifications()
        .notify(&call(id), &message(id, kind))
        .await
        .expect("the message is accepted");
}

/// Checks that a message of every kind is accepted.
pub async fn every_notice_is_taken(subject: &(impl NotificationsUnderTest + ?Sized)) {
    for kind in NotificationKind::ALL {
        let id = format!("n-{kind}");
        notify(subject, &id, *kind).await;
        assert_eq!(subject.delivered(&id).await, 1, "it is delivered");
    }
}

/// Checks that a message is delivered once, however often it is sent.
pub async fn a_message_is_delivered_once_however_often_it_is_sent(
    subject: &(impl NotificationsUnderTest + ?Sized),
) {
    assert_eq!(subject.delivered("n-1").await, 0, "it was not sent");
    join_all((0..4).map(|_| notify(subject, "n-1", NotificationKind::Shipped))).await;
    notify(subject, "n-1", NotificationKind::Shipped).await;
    assert_eq!(
        subject.delivered("n-1").await,
        1,
        "the same id is not delivered twice"
    );
}

/// Checks that messages are identified by their ids alone.
pub async fn messages_of_other_ids_are_others(subject: &(impl NotificationsUnderTest + ?Sized)) {
    for id in ["n-1", "n-2"] {
        notify(subject, id, NotificationKind::Shipped).await;
    }
    for id in ["n-1", "n-2"] {
        assert_eq!(subject.delivered(id).await, 1, "each is delivered");
    }
}
