use super::*;

fn notification(id: &str) -> Notification {
    Notification {
        id: id.into(),
        kind: "order_shipped".into(),
        order_id: "order-1".into(),
        to: "ada@example.com".into(),
        data: Map::new(),
    }
}

#[test]
fn the_same_notification_again_is_kept_once() {
    let notifications = Notifications::new();
    notifications.notify(notification("n1")).unwrap();
    notifications.notify(notification("n1")).unwrap();
    assert_eq!(notifications.accepted(), [notification("n1")]);
    let other = Notification {
        kind: "order_delivered".into(),
        ..notification("n1")
    };
    assert_eq!(
        notifications.notify(other),
        Err(NotificationError::IdReused { id: "n1".into() })
    );
}

#[test]
fn the_oldest_give_way() {
    let notifications = Notifications::new();
    for n in 0..KEPT + 5 {
        notifications
            .notify(notification(&format!("n{n}")))
            .unwrap();
    }
    let kept = notifications.accepted();
    assert_eq!((kept.len(), kept[0].id.as_str()), (KEPT, "n5"));
}

#[test]
fn the_address_is_in_no_debug_output() {
    assert!(!format!("{:?}", notification("n1")).contains("ada@"));
}
