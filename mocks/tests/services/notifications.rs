//! Notifications are kept once, and the oldest are dropped.

use order_mocks::notifications::{
    MAX_KEPT, MockNotification, MockNotifications, NotificationError,
};
use serde_json::Map;

fn notification(id: &str) -> MockNotification {
    MockNotification {
        id: id.into(),
        kind: "order_shipped".into(),
        order_id: "order-1".into(),
        to: "ada@example.com".into(),
        data: Map::new(),
    }
}

#[test]
fn a_repeated_notification_is_kept_once() {
    let notifications = MockNotifications::new();
    notifications.notify(notification("n1")).unwrap();
    notifications.notify(notification("n1")).unwrap();
    assert_eq!(notifications.accepted(), [notification("n1")]);
    let other = MockNotification {
        kind: "order_delivered".into(),
        ..notification("n1")
    };
    assert_eq!(
        notifications.notify(other),
        Err(NotificationError::IdReused { id: "n1".into() })
    );
}

#[test]
fn the_oldest_are_dropped() {
    let notifications = MockNotifications::new();
    for n in 0..MAX_KEPT + 5 {
        notifications
            .notify(notification(&format!("n{n}")))
            .unwrap();
    }
    let kept = notifications.accepted();
    assert_eq!((kept.len(), kept[0].id.as_str()), (MAX_KEPT, "n5"));
}

#[test]
fn the_address_is_in_no_debug_output() {
    assert!(!format!("{:?}", notification("n1")).contains("ada@"));
}
