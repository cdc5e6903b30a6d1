//! What is read is what was committed.

use super::{applied, found, same, story};
use crate::event::{Actor, ActorKind, Happening};
use crate::money::{Amount, Currency};
use crate::order::{
    Adjustment, AdjustmentKind, HoldOrigin, LineUnits, Metadata, Order, PersonalData, PricedLine,
    RefundPurpose, Tracking,
};
use crate::policy::Dependency;
use crate::ports::OrderStore;
use crate::testing::Story;
use crate::testing::builders::{
    address, at, code, contact, label, line, order_id, place, priced, reason, storefront, token,
    units,
};
use crate::value::{
    AttemptNo, Carrier, FulfillmentNo, HoldNo, LineId, RefundNo, ReservationNo, ReturnNo,
    StorefrontId, TrackingNumber, TrackingUrl,
};
use chrono::TimeDelta;
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

/// A whole life: something of every part that an order can have.
fn life() -> Story {
    let mut wish = place()
        .customer("cus|with,odd;characters'\"%_")
        .line(priced("緑茶 \"50%_off\" 'x'", 3, 1_999))
        .line(line("tea", 1_000_000))
        .adjustment(Adjustment::of_order(
            AdjustmentKind::Shipping,
            Amount::new(500),
            Some(label("Standard — ½ day")),
        ))
        .adjustment(Adjustment::of_line(
            AdjustmentKind::Discount,
            Amount::new(i64::MAX / 4),
            None,
            LineId::new(1),
        ))
        .currency(Currency::KWD)
        .actor(Actor::new(ActorKind::Staff, Some(label("staff:7"))))
        .build();
    wish.metadata = metadata();
    let one = |units| vec![LineUnits::new(LineId::new(1), units)];
    let (fulfillment, refund, hold) = (FulfillmentNo::FIRST, RefundNo::FIRST, HoldNo::FIRST);
    let return_no = ReturnNo::FIRST;
    Story::placed(1, wish, at(1))
        .deferred(at(2))
        .then(
            at(2),
            Happening::OrderDeferred {
                dependency: Dependency::Customers,
            },
        )
        .then(
            at(3),
            Happening::LinesPriced {
                lines: vec![PricedLine::new(LineId::new(2), None, Amount::new(1))],
            },
        )
        .confirmed(at(4))
        .then(
            at(5),
            Happening::OrderHeld {
                hold,
                origin: HoldOrigin::Requested,
                reason: Some(reason("two\nlines")),
            },
        )
        .then(at(6), Happening::HoldReleased { hold })
        .authorized(at(7))
        .then(at(8), Happening::OrderReleased)
        .then(
            at(9),
            Happening::FulfillmentPlanned {
                fulfillment,
                lines: one(2),
            },
        )
        .then(
            at(10),
            Happening::FulfillmentShipped {
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
        .then(at(11), Happening::FulfillmentDelivered { fulfillment })
        .then(
            at(12),
            Happening::RefundRequested {
                refund,
                attempt: AttemptNo::FIRST,
                amount: Amount::new(i64::MAX / 2),
                purpose: RefundPurpose::Goodwill,
                reason: None,
            },
        )
        .then(
            at(13),
            Happening::RefundFailed {
                refund,
                code: code("no-funds_1"),
            },
        )
        .then(
            at(14),
            Happening::ReturnRequested {
                return_no,
                lines: one(1),
                reason: Some(reason("broken")),
            },
        )
        .then(
            at(15),
            Happening::ReturnReceived {
                return_no,
                restocked: true,
                credit: Amount::new(1_999),
            },
        )
        .then(
            at(16),
            Happening::StockReleaseRequested {
                reservation: ReservationNo::FIRST,
            },
        )
        .then(
            at(17),
            Happening::DetailsChanged {
                metadata: metadata(),
                labels: BTreeSet::from([label("vip"), label("später")]),
                personal: PersonalData::default(),
            },
        )
}

/// An order and its events are found as they were committed, at once or bit by bit.
pub async fn what_is_committed_is_found_again(store: &(impl OrderStore + ?Sized)) {
    let mut at_once = life();
    applied(store, at_once.change()).await;
    same(store, &at_once, "what was committed is found again").await;
}

/// Every event is found as it was committed, after every commit of a life.
pub async fn every_event_is_found_as_it_was_committed(store: &(impl OrderStore + ?Sized)) {
    let whole = life();
    let mut events = whole.events().iter();
    let mut story = Story::told(events.next().expect("it has a first event"));
    loop {
        applied(store, story.change()).await;
        same(store, &story, "each event is found as it was committed").await;
        let Some(event) = events.next() else { break };
        story = story.by(event.actor.clone(), event.at, event.happening.clone());
    }
    let order: Option<Order> = found(store, &whole).await;
    assert_eq!(order.as_ref(), Some(whole.order()), "the order is whole");
}

/// Personal data is found as it was committed, on the order and beside its events.
pub async fn every_shape_of_personal_data_is_found_again(store: &(impl OrderStore + ?Sized)) {
    let mut elsewhere = address();
    elsewhere.line2 = Some(label("c/o \"Bäcker\" \\ Söhne"));
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
    let bare = Story::placed(1, place().without_personal().build(), at(1));
    let full = Story::placed(2, place().build(), at(2));
    for mut story in [bare, full] {
        applied(store, story.change()).await;
        same(store, &story, "an order is found with its personal data").await;
        let mut story = story
            .then(
                at(3),
                Happening::AddressChanged {
                    personal: to(Some(elsewhere.clone())),
                },
            )
            .then(
                at(4),
                Happening::PaymentMethodChanged {
                    personal: paid_by(Some(token("tok_2"))),
                },
            )
            .then(
                at(5),
                Happening::DetailsChanged {
                    metadata: Metadata::default(),
                    labels: BTreeSet::new(),
                    personal: reached_by(Some(contact())),
                },
            );
        applied(store, story.change()).await;
        same(store, &story, "each event is found with its personal data").await;
        let order = story.order().clone();
        let mut taken_over = Story::imported(order, storefront("other"), at(6));
        applied(store, taken_over.change()).await;
        same(store, &taken_over, "an imported order is found with it").await;
    }
}

/// Instants are kept to the microsecond.
pub async fn times_keep_their_microseconds(store: &(impl OrderStore + ?Sized)) {
    let odd = at(1) + TimeDelta::microseconds(123_457);
    let mut story = Story::placed(1, place().build(), odd).then(
        odd + TimeDelta::microseconds(1),
        Happening::CustomerVerified,
    );
    applied(store, story.change()).await;
    same(store, &story, "times keep their microseconds").await;
    let due = odd + TimeDelta::microseconds(7);
    let mut story = story.then(odd, Happening::CustomerVerified);
    let mut change = story.change();
    change.wake_at = Some(due);
    applied(store, change).await;
    for (now, orders) in [(due - TimeDelta::microseconds(1), 0), (due, 1)] {
        let found = store.due(now, 10).await.expect("the store answers");
        assert_eq!(found.len(), orders, "an order is due to the microsecond");
    }
}

/// What is not there is not found, which is no error.
pub async fn an_order_that_is_not_there_is_not_found(store: &(impl OrderStore + ?Sized)) {
    applied(store, story(1).change()).await;
    let storefront = StorefrontId::default();
    let order = store.find(&storefront, order_id(2)).await;
    assert_eq!(order.expect("the store answers"), None, "it is not there");
    let events = store.events(&storefront, order_id(2)).await;
    assert_eq!(events.expect("the store answers"), [], "it has no events");
}

/// An order is found at the storefront it belongs to, and at no other.
pub async fn an_order_is_found_at_its_own_storefront_only(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1);
    applied(store, story.change()).await;
    let other = storefront("other");
    let order = store.find(&other, story.id()).await;
    assert_eq!(order.expect("the store answers"), None, "it is another's");
    let events = store.events(&other, story.id()).await;
    assert_eq!(events.expect("the store answers"), [], "it is another's");
}

/// The key of an order is its storefront and its id.
pub async fn the_same_id_at_two_storefronts_is_two_orders(store: &(impl OrderStore + ?Sized)) {
    let mut here = story(1);
    let elsewhere = place().storefront("other").customer("cus_2").build();
    let mut there = Story::placed(1, elsewhere, at(5));
    applied(store, here.change()).await;
    applied(store, there.change()).await;
    let mut there = there.then(at(6), Happening::OrderExpired);
    applied(store, there.change()).await;
    same(store, &here, "the one here is as it was").await;
    same(store, &there, "the one there is its own").await;
}

/// A deleted order is found.
pub async fn a_deleted_order_is_found(store: &(impl OrderStore + ?Sized)) {
    let mut story = story(1)
        .cancelled(at(2))
        .then(at(3), Happening::OrderDeleted);
    applied(store, story.change()).await;
    same(store, &story, "a deleted order is found").await;
}

/// A store that works answers a ping.
pub async fn a_store_that_works_answers_a_ping(store: &(impl OrderStore + ?Sized)) {
    store.ping().await.expect("a store that works answers");
}
