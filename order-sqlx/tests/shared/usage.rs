//! Uses everything of a store, and notes the statements that the driver logs.

use order_core::event::Happening;
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::{
    EffectQueue, Inventory as _, KeyChange, KeyRecord, Lane, ListQuery, OrderStore as _, Outbox,
    Product, Receipt, Reserve, ScopedKey,
};
use order_core::reference::Reference;
use order_core::testing::ManualClock;
use order_core::testing::builders::{
    at, call, customer, fact_id, idempotency, noon, order_id, sku, units, usd, worker,
};
use order_core::value::{ReservationNo, StorefrontId, Version};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span;

use super::database::{Database, SqlInventory, Store};
use super::support::{applied, full, story};

/// Notes the statements that the driver logs.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<BTreeSet<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

impl Visit for Log {
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "db.statement" && !value.is_empty() {
            self.0.lock().unwrap().insert(value.trim().to_owned());
        }
    }
}

/// Every filter, and every combination of them.
pub(crate) fn queries() -> Vec<ListQuery> {
    let mut all = vec![ListQuery::new(StorefrontId::default(), 50)];
    for of in [
        |query: &mut ListQuery| query.status = Some(OrderStatus::Processing),
        |query: &mut ListQuery| query.payment_status = Some(PaymentStatus::Authorized),
        |query: &mut ListQuery| query.fulfillment_status = Some(FulfillmentStatus::Allocated),
        |query: &mut ListQuery| query.customer_id = Some(customer("cus_1")),
        |query: &mut ListQuery| query.sku = Some(sku("abc")),
        |query: &mut ListQuery| query.placed_after = Some(at(0)),
        |query: &mut ListQuery| query.placed_before = Some(at(9)),
        |query: &mut ListQuery| query.include_deleted = true,
    ] {
        for mut query in all.clone() {
            of(&mut query);
            all.push(query);
        }
    }
    all
}

pub(crate) async fn use_orders(store: &Store) {
    let storefront = StorefrontId::default();
    let key = ScopedKey::new(storefront.clone(), &idempotency("place", "k"));
    let mut told = story(1);
    let mut change = full(&mut told);
    change.key = Some(KeyChange::Claim {
        key: key.clone(),
        record: KeyRecord::new(
            told.id(),
            [0; 32],
            Version::NONE,
            Version::INITIAL,
            Some(at(30)),
            at(3_600),
        ),
        now: at(0),
    });
    change.receipt = Some(Receipt {
        source: "payments".to_owned(),
        id: fact_id("evt_1"),
    });
    let born = change.effects[0].effect.id;
    applied(store, change).await;
    let mut told = told.cancelled(at(5)).then(at(6), Happening::OrderDeleted);
    let mut change = full(&mut told);
    change.hurry = true;
    change.finished = vec![born];
    change.key = Some(KeyChange::Advance {
        key: key.clone(),
        answered: false,
    });
    applied(store, change).await;
    store.answer_key(&key).await.unwrap();
    store.find_key(&key, at(0)).await.unwrap();
    let mut told = told.then(at(7), Happening::PersonalDataErased);
    let mut change = told.change();
    change.key = Some(KeyChange::Forget { key });
    applied(store, change).await;
    store.find(&storefront, told.id()).await.unwrap();
    store.events(&storefront, told.id()).await.unwrap();
    store.count_deferred(&storefront, 10).await.unwrap();
    store.due(at(60), 10).await.unwrap();
    store.purge_keys(at(60), 10).await.unwrap();
    for query in queries() {
        store.list(&query).await.unwrap();
    }
}

async fn use_queues(store: &Store) {
    let (storefront, worker) = (StorefrontId::default(), worker("w"));
    let taken = store.take(&worker, at(60), at(90), 10).await.unwrap();
    let effect = taken[0].effect.id;
    store
        .postpone(&worker, effect, at(61), "away")
        .await
        .unwrap();
    store.take(&worker, at(61), at(90), 10).await.unwrap();
    EffectQueue::park(store, &worker, effect, at(62), "away")
        .await
        .unwrap();
    store.dead_letters(&storefront, None, 10).await.unwrap();
    store.retry(&storefront, effect, at(62)).await.unwrap();
    EffectQueue::release(store, &worker).await.unwrap();
    store.finish(&[effect]).await.unwrap();

    let lane = store.claim(&worker, at(0), at(30)).await.unwrap().unwrap();
    assert_eq!(lane, Lane::of(order_id(1)));
    let messages = store.fetch(lane, 10).await.unwrap();
    Outbox::park(store, messages[0].order, "poison")
        .await
        .unwrap();
    store.parked(10).await.unwrap();
    store.resume(messages[0].order).await.unwrap();
    store.confirm(lane, &messages).await.unwrap();
    Outbox::release(store, &worker, lane).await.unwrap();
}

async fn use_stock(store: &Store) {
    let (storefront, clock) = (StorefrontId::default(), Arc::new(ManualClock::new(noon())));
    let stock = SqlInventory::new(store, clock.clone());
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    stock.put_product(&storefront, &tea).await.unwrap();
    stock.add_product(&storefront, &tea).await.unwrap();
    stock.restock(&storefront, &sku("tea"), 1).await.unwrap();
    stock.list_products(&storefront, None, 10).await.unwrap();
    stock.products(&call("p"), &[sku("tea")]).await.unwrap();
    let id = |number| Reference::Reservation(order_id(number), ReservationNo::FIRST);
    for number in 1..=3 {
        let wish = Reserve::new(id(number), vec![units("tea", 6)], Duration::from_secs(60));
        stock.reserve(&call("r"), &wish).await.unwrap();
        stock
            .extend(&call("e"), &id(number), Duration::from_secs(60))
            .await
            .unwrap();
        stock
            .revise(&call("v"), &id(number), &[units("tea", 5)])
            .await
            .unwrap();
        stock.find(&call("f"), &id(number)).await.unwrap();
        clock.advance(Duration::from_secs(61));
    }
    stock.commit(&call("c"), &id(3)).await.unwrap();
    stock.release(&call("x"), &id(9)).await.unwrap();
    stock.sweep(10).await.unwrap();
    stock.purge(at(3_600), 10).await.unwrap();
}

/// The statements of a store that is used for everything it does, but for its migrations.
pub(crate) async fn statements(database: &Database) -> BTreeSet<String> {
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let store = database.store().await;
    log.0.lock().unwrap().clear();
    use_orders(&store).await;
    use_queues(&store).await;
    use_stock(&store).await;
    let planned = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "("];
    let statements = log.0.lock().unwrap().clone();
    statements
        .into_iter()
        .filter(|statement| planned.iter().any(|verb| statement.starts_with(verb)))
        .collect()
}
