//! Pages: following them visits every order exactly once.

use super::list::{listed, query};
use super::{applied, history};
use crate::builders::{at, order_id, place};
use crate::history::OrderHistory;
use futures::future::join;
use order_core::event::EventPayload;
use order_core::order::{Order, OrderStatus};
use order_core::ports::{Cursor, ListQuery, OrderStore};
use order_core::time::Timestamp;
use order_core::value::OrderId;

const ORDERS: u64 = 11;

/// Returns when the order of this number was placed: several at the same instant, and not in the order
/// of their ids.
fn placed_at(number: u64) -> Timestamp {
    at(number * 5 % ORDERS / 3)
}

/// Stores the orders, and returns their ids in the order of the list.
async fn fill(store: &(impl OrderStore + ?Sized)) -> Vec<OrderId> {
    let mut places = Vec::new();
    for number in 1..=ORDERS {
        let mut history = OrderHistory::placed(number, place().build(), placed_at(number));
        applied(store, history.change()).await;
        places.push((placed_at(number), history.id()));
    }
    places.sort();
    places.into_iter().rev().map(|(_, id)| id).collect()
}

/// Follows the pages of a query to the end.
async fn follow(store: &(impl OrderStore + ?Sized), mut query: ListQuery) -> Vec<OrderId> {
    let mut visited = Vec::new();
    loop {
        let page = store.list(&query).await.expect("the store answers");
        visited.extend(page.orders.iter().map(Order::id));
        let Some(next) = page.next else {
            return visited;
        };
        assert_eq!(
            Some(next),
            page.orders
                .last()
                .map(|order| Cursor::new(order.placed_at(), order.id())),
            "the next page begins behind the last order of this one"
        );
        let position = |cursor: Cursor| (cursor.placed_at, cursor.id);
        assert!(
            query
                .after
                .is_none_or(|last| position(next) < position(last)),
            "every page begins where the last one ended"
        );
        query.after = Some(next);
    }
}

fn of(limit: u16) -> ListQuery {
    let mut query = query();
    query.limit = limit;
    query
}

/// Checks that a page has at most `limit` orders, the newest of all.
pub async fn a_page_has_at_most_as_many_orders_as_were_asked_for(
    store: &(impl OrderStore + ?Sized),
) {
    let all = fill(store).await;
    for limit in [1, 3, 11, 500] {
        let expected: Vec<_> = all.iter().copied().take(limit.into()).collect();
        assert_eq!(
            listed(store, &of(limit)).await,
            expected,
            "a page has at most as many orders as were requested"
        );
    }
}

/// Checks that the last page has no cursor, also if it is full.
pub async fn the_last_page_has_none_behind_it(store: &(impl OrderStore + ?Sized)) {
    let none = store.list(&of(5)).await.expect("the store answers");
    assert_eq!(
        (none.orders.len(), none.next),
        (0, None),
        "nothing is there"
    );
    fill(store).await;
    for (limit, has_next) in [(10, true), (11, false), (12, false)] {
        let page = store.list(&of(limit)).await.expect("the store answers");
        assert_eq!(
            page.next.is_some(),
            has_next,
            "a page names a next one if there is one, {limit} at a time"
        );
    }
}

/// Checks that following the pages visits every order once, in order, however long the pages are.
pub async fn paging_visits_every_order_once(store: &(impl OrderStore + ?Sized)) {
    let all = fill(store).await;
    for limit in [1, 2, 3, 5, 10, 11, 12] {
        assert_eq!(
            follow(store, of(limit)).await,
            all,
            "following the pages visits every order once, {limit} at a time"
        );
    }
}

/// Checks that following the pages of a filtered list visits every matching order once.
pub async fn paging_keeps_its_filters(store: &(impl OrderStore + ?Sized)) {
    let all = fill(store).await;
    let mut rejected = Vec::new();
    for id in all.into_iter().step_by(2) {
        let order = store.find(&query().storefront, id).await;
        let order = order.expect("the store answers").expect("it is there");
        applied(
            store,
            OrderHistory::continuing(order).rejected(at(99)).change(),
        )
        .await;
        rejected.push(id);
    }
    let mut query = of(2);
    query.status = Some(OrderStatus::Rejected);
    assert_eq!(
        follow(store, query).await,
        rejected,
        "the pages of a filtered list contain what matches"
    );
}

/// Checks that while orders are added and changed, following the pages visits every order that exists
/// all the while exactly once.
pub async fn paging_visits_every_order_once_while_others_come(store: &(impl OrderStore + ?Sized)) {
    let all = fill(store).await;
    let reader = follow(store, of(1));
    let writer = async {
        for number in 100..100 + 2 * ORDERS {
            let placed_at = if number % 2 == 0 {
                at(900)
            } else {
                at(number % 5)
            };
            let mut new = OrderHistory::placed(number, place().build(), placed_at);
            applied(store, new.change()).await;
            let mut new = new.then(at(901), EventPayload::CustomerVerified);
            applied(store, new.change()).await;
        }
    };
    let (visited, ()) = join(reader, writer).await;
    let mut once = visited.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), visited.len(), "no order is visited twice");
    let there: Vec<OrderId> = visited
        .into_iter()
        .filter(|id| *id <= order_id(ORDERS))
        .collect();
    assert_eq!(
        there, all,
        "every order that exists all the while is visited"
    );
    // The same with a write between any two pages.
    let mut query = of(2);
    let mut visited = Vec::new();
    for number in 200..300 {
        let page = store.list(&query).await.expect("the store answers");
        visited.extend(page.orders.iter().map(Order::id));
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
        let mut new = OrderHistory::placed(number, place().build(), at(999));
        applied(store, new.change()).await;
    }
    visited.retain(|id| *id <= order_id(ORDERS));
    assert_eq!(
        visited, all,
        "orders that are added between pages displace none"
    );
}

/// Checks that a cursor stays valid when its order is no longer listed.
pub async fn a_cursor_outlives_its_order(store: &(impl OrderStore + ?Sized)) {
    for number in 1..=4 {
        applied(store, history(number).change()).await;
    }
    let page = store.list(&of(2)).await.expect("the store answers");
    let mut query = of(2);
    query.after = page.next;
    let mut gone = OrderHistory::continuing(page.orders.into_iter().nth(1).expect("there are two"))
        .cancelled(at(5))
        .then(at(6), EventPayload::OrderDeleted);
    applied(store, gone.change()).await;
    assert_eq!(
        listed(store, &query).await,
        [2, 1].map(order_id),
        "the next page begins behind the cursor, whatever is there"
    );
}
