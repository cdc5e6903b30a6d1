//! What is read is what was committed.

use super::{applied, found, history, same};
use crate::builders::{
    address, at, code, contact, label, line, order_id, place, priced, reason, short_text,
    storefront, token, units,
};
use crate::history::OrderHistory;
use chrono::TimeDelta;
use order_core::dependency::Dependency;
use order_core::event::{Actor, ActorKind, EventPayload};
use order_core::money::{Amount, Currency};
use order_core::order::{
    Adjustment, AdjustmentKind, HoldOrigin, LineQuantity, Metadata, Order, PersonalData,
    PricedLine, RefundPurpose, Tracking,
};
use order_core::ports::OrderStore;
use order_core::value::{
    Carrier, FulfillmentNo, HoldNo, LineNo, PaymentAttemptNo, RefundNo, ReservationNo, ReturnNo,
    StorefrontId, TrackingNumber, TrackingUrl,
};
use serde_json::json;
use std::collections::BTreeSet;

fn metadata() -> Metadata {
    let entries = json!({
        "channel": "web",
        "nested": {"list": [1, 2.5, null, true, "x"], "empty": {}},
        "Ünïcode \"quoted\"": "日本\n\t\u{1}👩‍👧",
    });
    let entries = entries.as_object().cloned().unwrap_or_default();
    Metadata::new(entries).expect("it is small")
}

/// Returns an order with every part that an order can have.
fn life() -> OrderHistory {
    let mut request = place()
        .customer("cus|with,odd;characters'\"%_")
        .line(priced("緑茶 \"50%_off\" 'x'", 3, 1_999))
        .line(line("tea", 1_000_000))
        .adjustment(Adjustment::of_order(
            AdjustmentKind::Shipping,
            Amount::new(i64::MAX / 4),
            Some(label("Standard — ½ day")),
        ))
        .adjustment(Adjustment::of_line(
            AdjustmentKind::Discount,
            Amount::new(5_997),
            None,
            LineNo::new(1),
        ))
        .currency(Currency::KWD)
        .actor(Actor::new(ActorKind::Staff, Some(short_text("staff:7"))))
        .build();
    request.order.metadata = metadata();
    let one = |units| vec![LineQuantity::new(LineNo::new(1), units)];
    let (fulfillment, refund, hold) = (FulfillmentNo::FIRST, RefundNo::FIRST, HoldNo::FIRST);
    let return_no = ReturnNo::FIRST;
    OrderHistory::placed(1, request, at(1))
        .deferred(at(2))
        .then(
            at(2),
            EventPayload::OrderDeferred {
                dependency: Dependency::Customers,
            },
        )
        .then(
            at(3),
            EventPayload::LinesPriced {
                lines: vec![PricedLine::new(LineNo::new(2), None, Amount::new(1))],
            },
        )
        .confirmed(at(4))
        .then(
            at(5),
            EventPayload::OrderHeld {
                hold,
                origin: HoldOrigin::Requested,
                reason: Some(reason("two\nlines")),
            },
        )
        .then(at(6), EventPayload::HoldReleased { hold })
        .authorized(at(7))
        .then(at(8), EventPayload::OrderReleased)
        .then(
            at(9),
            EventPayload::FulfillmentPlanned {
                fulfillment,
                lines: one(2),
            },
        )
        .then(
            at(10),
            EventPayload::FulfillmentShipped {
                fulfillment,
                lines: one(2),
                excess: vec![units("tea", 1)],
                tracking: Tracking::new(
                    Carrier::parse("Post").ok(),
                    TrackingNumber::parse("00 34").ok(),
                    TrackingUrl::parse("https://example.com/?a=b&c").ok(),
                ),
            },
        )
        .then(at(11), EventPayload::FulfillmentDelivered { fulfillment })
        .then(
            at(12),
            EventPayload::RefundRequested {
                refund,
                attempt: PaymentAttemptNo::FIRST,
                amount: Amount::new(i64::MAX / 2),
                purpose: RefundPurpose::Goodwill,
                lines: one(1),
                reason: None,
            },
        )
        .then(
            at(13),
            EventPayload::RefundFailed {
                refund,
                code: code("no-funds_1"),
            },
        )
        .then(
            at(14),
            EventPayload::ReturnRequested {
                return_no,
                lines: one(1),
                reason: Some(reason("broken")),
            },
        )
        .then(
            at(15),
            EventPayload::ReturnReceived {
                return_no,
                restocked: true,
                credit: Amount::new(1_999),
                offsets: Vec::new(),
            },
        )
        .then(
            at(16),
            EventPayload::StockReleaseRequested {
                reservation: ReservationNo::FIRST,
            },
        )
        .then(
            at(17),
            EventPayload::DetailsChanged {
                metadata: metadata(),
                labels: BTreeSet::from([label("vip"), label("später")]),
                personal: PersonalData::default(),
            },
        )
}

/// Checks that an order and its events are found as they were committed, in one change or in several.
pub async fn what_is_committed_is_found_again(store: &(impl OrderStore + ?Sized)) {
    let mut at_once = life();
    applied(store, at_once.change()).await;
    same(store, &at_once, "what was committed is found again").await;
}

/// Checks that every event is found as it was committed, after each commit of a long history.
pub async fn every_event_is_found_as_it_was_committed(store: &(impl OrderStore + ?Sized)) {
    let whole = life();
    let mut events = whole.events().iter();
    let mut history = OrderHistory::beginning_with(events.next().expect("it has a first event"));
    loop {
        applied(store, history.change()).await;
        same(store, &history, "each event is found as it was committed").await;
        let Some(event) = events.next() else { break };
        history = history.by(event.actor.clone(), event.at, event.payload.clone());
    }
    let order: Option<Order> = found(store, &whole).await;
    assert_eq!(order.as_ref(), Some(whole.order()), "the order is whole");
}

/// Checks that personal data is found as it was committed, on the order and with its events.
pub async fn every_shape_of_personal_data_is_found_again(store: &(impl OrderStore + ?Sized)) {
    let mut elsewhere = address();
    elsewhere.line2 = Some(short_text("c/o \"Bäcker\" \\ Söhne"));
    elsewhere.name = None;
    let to = |shipping_address| PersonalData {
        shipping_address,
        contact: None,
        payment_token: None,
    };
    let reached_by = |contact| PersonalData {
        shipping_address: None,
        contact,
        payment_token: None,
    };
    let paid_by = |payment_token| PersonalData {
        shipping_address: None,
        contact: None,
        payment_token,
    };
    let bare = OrderHistory::placed(1, place().without_personal().build(), at(1));
    let full = OrderHistory::placed(2, place().build(), at(2));
    for mut history in [bare, full] {
        applied(store, history.change()).await;
        same(store, &history, "an order is found with its personal data").await;
        let mut history = history
            .then(
                at(3),
                EventPayload::AddressChanged {
                    personal: to(Some(elsewhere.clone())),
                },
            )
            .then(
                at(4),
                EventPayload::PaymentMethodChanged {
                    personal: paid_by(Some(token("tok_2"))),
                },
            )
            .then(
                at(5),
                EventPayload::DetailsChanged {
                    metadata: Metadata::default(),
                    labels: BTreeSet::new(),
                    personal: reached_by(Some(contact())),
                },
            );
        applied(store, history.change()).await;
        same(
            store,
            &history,
            "each event is found with its personal data",
        )
        .await;
        let order = history.order_at(storefront("other"));
        let mut taken_over = OrderHistory::imported(order, at(6));
        applied(store, taken_over.change()).await;
        same(store, &taken_over, "an imported order is found with it").await;
    }
}

/// Checks that instants are stored with microseconds.
pub async fn times_keep_their_microseconds(store: &(impl OrderStore + ?Sized)) {
    let odd = at(1) + TimeDelta::microseconds(123_457);
    let mut history = OrderHistory::placed(1, place().build(), odd).then(
        odd + TimeDelta::microseconds(1),
        EventPayload::CustomerVerified,
    );
    applied(store, history.change()).await;
    same(store, &history, "times keep their microseconds").await;
    let due = odd + TimeDelta::microseconds(7);
    let mut history = history.then(odd, EventPayload::CustomerVerified);
    let mut change = history.change();
    change.wake_at = Some(due);
    applied(store, change).await;
    for (now, orders) in [(due - TimeDelta::microseconds(1), 0), (due, 1)] {
        let found = store.find_due(now, 10).await.expect("the store answers");
        assert_eq!(found.len(), orders, "an order is due to the microsecond");
    }
}

/// Checks that an order that does not exist is not found, which is no error.
pub async fn an_order_that_is_not_there_is_not_found(store: &(impl OrderStore + ?Sized)) {
    applied(store, history(1).change()).await;
    let storefront = StorefrontId::default();
    let order = store.find(&storefront, order_id(2)).await;
    assert_eq!(order.expect("the store answers"), None, "it is not there");
    let events = store.events(&storefront, order_id(2)).await;
    assert_eq!(events.expect("the store answers"), [], "it has no events");
}

/// Checks that an order is found at the storefront it belongs to, and at no other.
pub async fn an_order_is_found_at_its_own_storefront_only(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1);
    applied(store, history.change()).await;
    let other = storefront("other");
    let order = store.find(&other, history.id()).await;
    assert_eq!(
        order.expect("the store answers"),
        None,
        "it belongs to another storefront"
    );
    let events = store.events(&other, history.id()).await;
    assert_eq!(
        events.expect("the store answers"),
        [],
        "it belongs to another storefront"
    );
}

/// Checks that an order is identified by its storefront and its id.
pub async fn the_same_id_at_two_storefronts_is_two_orders(store: &(impl OrderStore + ?Sized)) {
    let mut here = history(1);
    let elsewhere = place().storefront("other").customer("cus_2").build();
    let mut there = OrderHistory::placed(1, elsewhere, at(5));
    applied(store, here.change()).await;
    applied(store, there.change()).await;
    let mut there = there.then(at(6), EventPayload::OrderExpired);
    applied(store, there.change()).await;
    same(store, &here, "the one here is as it was").await;
    same(store, &there, "the one there is its own").await;
}

/// Checks that a deleted order is found.
pub async fn a_deleted_order_is_found(store: &(impl OrderStore + ?Sized)) {
    let mut history = history(1)
        .cancelled(at(2))
        .then(at(3), EventPayload::OrderDeleted);
    applied(store, history.change()).await;
    same(store, &history, "a deleted order is found").await;
}

/// Checks that many orders are found at once, in the order in which they were asked for, and that one
/// that does not exist is none.
pub async fn many_orders_are_found_as_they_were_asked_for(store: &(impl OrderStore + ?Sized)) {
    let elsewhere = place().storefront("other").build();
    let mut histories = vec![
        history(1),
        OrderHistory::placed(2, elsewhere, at(2)),
        history(3).cancelled(at(4)),
        history(4),
    ];
    for history in &mut histories {
        applied(store, history.change()).await;
    }
    let asked = [
        (3, "default"),
        (2, "default"),
        (2, "other"),
        (9, "other"),
        (1, "default"),
        (3, "default"),
    ];
    let asked = asked.map(|(number, shop)| (storefront(shop), order_id(number)));
    let found = store.find_many(&asked).await.expect("the store answers");
    let [one, two, three] = [0, 1, 2].map(|index: usize| Some(histories[index].order().clone()));
    assert_eq!(
        found,
        [three.clone(), None, two, None, one, three],
        "as many as were asked for, in their order"
    );
    let none = store.find_many(&[]).await.expect("the store answers");
    assert_eq!(none, [], "nothing was asked for");
}

/// Checks that a store that works answers a ping.
pub async fn a_store_that_works_answers_a_ping(store: &(impl OrderStore + ?Sized)) {
    store.ping().await.expect("a store that works answers");
}
