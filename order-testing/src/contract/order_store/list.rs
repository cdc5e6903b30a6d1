//! Lists: filters, storefronts and sort order.

use super::{applied, history};
use crate::builders::{at, customer, order_id, place, priced, sku, storefront};
use crate::history::OrderHistory;
use order_core::event::EventPayload;
use order_core::order::{FulfillmentStatus, Order, OrderStatus, PaymentStatus};
use order_core::ports::{ListQuery, OrderStore};
use order_core::value::{OrderId, StorefrontId};

pub(super) fn query() -> ListQuery {
    ListQuery::new(StorefrontId::default(), 100)
}

pub(super) async fn listed(store: &(impl OrderStore + ?Sized), query: &ListQuery) -> Vec<OrderId> {
    let page = store.list(query).await.expect("the store answers");
    page.orders.iter().map(Order::id).collect()
}

async fn keep(
    store: &(impl OrderStore + ?Sized),
    histories: Vec<OrderHistory>,
) -> Vec<OrderHistory> {
    let mut kept = Vec::new();
    for mut history in histories {
        applied(store, history.change()).await;
        kept.push(history);
    }
    kept
}

/// Checks that orders are listed by the time they were placed, the newest first.
pub async fn orders_are_listed_newest_first(store: &(impl OrderStore + ?Sized)) {
    let placed = [(1, 30), (2, 10), (3, 40), (4, 20)];
    let histories =
        placed.map(|(number, seconds)| OrderHistory::placed(number, place().build(), at(seconds)));
    let kept = keep(store, histories.to_vec()).await;
    assert_eq!(
        listed(store, &query()).await,
        [3, 1, 4, 2].map(order_id),
        "orders are listed newest first, by when they were placed"
    );
    let touched = kept.into_iter().nth(1).expect("there are four");
    keep(
        store,
        vec![touched.then(at(99), EventPayload::CustomerVerified)],
    )
    .await;
    assert_eq!(
        listed(store, &query()).await,
        [3, 1, 4, 2].map(order_id),
        "a change of an order does not move it in the list"
    );
}

/// Checks that orders placed at the same instant are listed by id, descending.
pub async fn orders_of_one_instant_are_listed_by_id(store: &(impl OrderStore + ?Sized)) {
    let histories = [2, 4, 1, 3].map(|number| OrderHistory::placed(number, place().build(), at(7)));
    keep(store, histories.to_vec()).await;
    assert_eq!(
        listed(store, &query()).await,
        [4, 3, 2, 1].map(order_id),
        "orders of one instant are listed by id, descending"
    );
}

/// Checks that a list contains the orders as `find` returns them, personal data included.
pub async fn a_list_holds_whole_orders(store: &(impl OrderStore + ?Sized)) {
    let kept = keep(store, vec![history(1).confirmed(at(2)), history(2)]).await;
    let page = store.list(&query()).await.expect("the store answers");
    let expected: Vec<&Order> = kept.iter().rev().map(OrderHistory::order).collect();
    assert_eq!(
        page.orders.iter().collect::<Vec<_>>(),
        expected,
        "a list holds whole orders"
    );
}

/// Returns orders that differ in everything that can be filtered.
fn varied() -> Vec<OrderHistory> {
    let plain = |number| OrderHistory::placed(number, place().build(), at(number * 10));
    let other_customer = place()
        .customer("cus_2")
        .line(priced("tea", 1, 100))
        .build();
    let free = place()
        .customer("cus_2")
        .line(priced("abc", 1, 0))
        .line(priced("tea", 2, 0))
        .build();
    let again = place().line(priced("mug", 1, 5)).line(priced("mug", 2, 5));
    vec![
        plain(1),
        plain(2).confirmed(at(21)),
        plain(3).confirmed(at(31)).authorized(at(32)),
        plain(4).rejected(at(41)),
        OrderHistory::placed(5, other_customer, at(50)).confirmed(at(51)),
        OrderHistory::placed(6, free, at(60)),
        OrderHistory::placed(7, again.build(), at(70)).cancelled(at(71)),
        plain(8)
            .confirmed(at(81))
            .authorized(at(82))
            .then(at(83), EventPayload::OrderReleased),
        plain(9).then(at(91), EventPayload::OrderExpired),
    ]
}

/// Returns the ids of the histories that match, newest first.
fn those(histories: &[OrderHistory], pass: impl Fn(&Order) -> bool) -> Vec<OrderId> {
    histories
        .iter()
        .rev()
        .map(OrderHistory::order)
        .filter(|order| pass(order))
        .map(Order::id)
        .collect()
}

async fn lets_through(
    store: &(impl OrderStore + ?Sized),
    histories: &[OrderHistory],
    query: ListQuery,
    pass: impl Fn(&Order) -> bool,
) {
    assert_eq!(
        listed(store, &query).await,
        those(histories, pass),
        "a filter matches its orders and no others: {query:?}"
    );
}

/// Checks that each filter by itself matches exactly its orders, for every value it can have.
pub async fn each_filter_lets_its_orders_through_and_no_others(store: &(impl OrderStore + ?Sized)) {
    let kept = keep(store, varied()).await;
    lets_through(store, &kept, query(), |_| true).await;
    for status in OrderStatus::ALL {
        let mut query = query();
        query.status = Some(*status);
        lets_through(store, &kept, query, |order| order.status() == *status).await;
    }
    for status in PaymentStatus::ALL {
        let mut query = query();
        query.payment_status = Some(*status);
        let pass = |order: &Order| order.payment_status() == *status;
        lets_through(store, &kept, query, pass).await;
    }
    for status in FulfillmentStatus::ALL {
        let mut query = query();
        query.fulfillment_status = Some(*status);
        let pass = |order: &Order| order.fulfillment_status() == *status;
        lets_through(store, &kept, query, pass).await;
    }
    for id in ["cus_1", "cus_2", "cus_3", "CUS_1"] {
        let mut query = query();
        query.customer_id = Some(customer(id));
        let pass = |order: &Order| order.customer_id().as_str() == id;
        lets_through(store, &kept, query, pass).await;
    }
    for text in ["abc", "tea", "mug", "ab", "ABC", "%", "___"] {
        let mut query = query();
        query.sku = Some(sku(text));
        let pass = |order: &Order| order.lines().iter().any(|line| line.sku.as_str() == text);
        lets_through(store, &kept, query, pass).await;
    }
}

/// Checks that a query with several filters returns the orders that match all of them.
pub async fn filters_are_combined(store: &(impl OrderStore + ?Sized)) {
    let kept = keep(store, varied()).await;
    let mut found = 0;
    for id in ["cus_1", "cus_2"] {
        for text in ["abc", "tea", "mug"] {
            for status in OrderStatus::ALL {
                for (from, to) in [(0, 100), (20, 60)] {
                    let mut query = query();
                    query.customer_id = Some(customer(id));
                    query.sku = Some(sku(text));
                    query.status = Some(*status);
                    query.placed_after = Some(at(from));
                    query.placed_before = Some(at(to));
                    let pass = |order: &Order| {
                        order.customer_id().as_str() == id
                            && order.status() == *status
                            && order.lines().iter().any(|line| line.sku.as_str() == text)
                            && (at(from)..at(to)).contains(&order.placed_at())
                    };
                    found += those(&kept, pass).len();
                    lets_through(store, &kept, query, pass).await;
                }
            }
        }
    }
    assert!(found > 0, "some combination matches an order");
    let mut query = query();
    query.status = Some(OrderStatus::Processing);
    query.payment_status = Some(PaymentStatus::Authorized);
    query.fulfillment_status = Some(FulfillmentStatus::Allocated);
    assert_eq!(
        listed(store, &query).await,
        [order_id(8)],
        "one matches all"
    );
    query.payment_status = Some(PaymentStatus::Unpaid);
    assert_eq!(listed(store, &query).await, [], "none matches all");
}

/// Checks that filters match the current status of an order, not an earlier one.
pub async fn a_list_follows_what_happens(store: &(impl OrderStore + ?Sized)) {
    let with = |status, payment, fulfillment| {
        let mut query = query();
        query.status = Some(status);
        query.payment_status = Some(payment);
        query.fulfillment_status = Some(fulfillment);
        query
    };
    let pending = with(
        OrderStatus::Pending,
        PaymentStatus::Unpaid,
        FulfillmentStatus::Unallocated,
    );
    let confirmed = with(
        OrderStatus::Confirmed,
        PaymentStatus::Authorized,
        FulfillmentStatus::Allocated,
    );
    let kept = keep(store, vec![history(1)]).await;
    assert_eq!(
        listed(store, &pending).await,
        [order_id(1)],
        "its current status matches"
    );
    assert_eq!(
        listed(store, &confirmed).await,
        [],
        "a later status does not match"
    );
    let went_on = kept
        .into_iter()
        .map(|history| history.confirmed(at(2)).authorized(at(3)));
    keep(store, went_on.collect()).await;
    assert_eq!(
        listed(store, &pending).await,
        [],
        "an earlier status does not match"
    );
    assert_eq!(
        listed(store, &confirmed).await,
        [order_id(1)],
        "its current status matches"
    );
}

/// Checks that the time filter includes its start and excludes its end.
pub async fn the_time_filter_takes_its_start_and_leaves_its_end(
    store: &(impl OrderStore + ?Sized),
) {
    keep(store, (1..=5).map(history).collect()).await;
    let mut query = query();
    query.placed_after = Some(at(2));
    assert_eq!(
        listed(store, &query).await,
        [5, 4, 3, 2].map(order_id),
        "placed at this instant or later"
    );
    query.placed_before = Some(at(4));
    assert_eq!(
        listed(store, &query).await,
        [3, 2].map(order_id),
        "placed before this instant"
    );
    query.placed_after = None;
    assert_eq!(
        listed(store, &query).await,
        [3, 2, 1].map(order_id),
        "placed before this instant"
    );
}

/// Checks that deleted orders are listed only if the query includes them. An order whose deletion is
/// requested but not complete is not deleted.
pub async fn deleted_orders_are_listed_when_they_are_asked_for(store: &(impl OrderStore + ?Sized)) {
    let histories = vec![
        history(1),
        history(2)
            .cancelled(at(3))
            .then(at(4), EventPayload::OrderDeleted),
        history(3).then(at(4), EventPayload::DeletionRequested),
    ];
    let kept = keep(store, histories).await;
    let mut query = query();
    assert_eq!(
        listed(store, &query).await,
        [3, 1].map(order_id),
        "a deleted order is not listed"
    );
    query.include_deleted = true;
    assert_eq!(
        listed(store, &query).await,
        [3, 2, 1].map(order_id),
        "a deleted order is listed if the query includes it"
    );
    let gone = kept.into_iter().nth(2).expect("there are three");
    let gone = gone
        .cancelled(at(5))
        .then(at(6), EventPayload::OrderDeleted);
    keep(store, vec![gone]).await;
    query.include_deleted = false;
    assert_eq!(
        listed(store, &query).await,
        [order_id(1)],
        "an order is not listed once it is deleted"
    );
}

/// Checks that a list contains the orders of one storefront only.
pub async fn a_list_is_of_one_storefront(store: &(impl OrderStore + ?Sized)) {
    let elsewhere = || place().storefront("other").build();
    let histories = vec![
        history(1),
        OrderHistory::placed(2, elsewhere(), at(2)),
        history(3),
        OrderHistory::placed(3, elsewhere(), at(3)),
    ];
    keep(store, histories).await;
    assert_eq!(
        listed(store, &query()).await,
        [3, 1].map(order_id),
        "a list is of one storefront"
    );
    let other = ListQuery::new(storefront("other"), 100);
    assert_eq!(
        listed(store, &other).await,
        [3, 2].map(order_id),
        "a list is of one storefront"
    );
    let nobody = ListQuery::new(storefront("nobody"), 100);
    assert_eq!(
        listed(store, &nobody).await,
        [],
        "a storefront without orders"
    );
}
