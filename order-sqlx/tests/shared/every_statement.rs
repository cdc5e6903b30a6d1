//! Executes every statement of a store, and collects them from the log of the driver.

use order_core::event::EventPayload;
use order_core::order::{FulfillmentStatus, OrderStatus, PaymentStatus};
use order_core::ports::{
    EffectQueue, EffectSettlement, ExternalEventRef, IdempotencyRecord, IdempotencyScope,
    IdempotencyUpdate, Inventory as _, ListQuery, OrderStore as _, Outbox, ParkedEffect, Partition,
    PostponedEffect, Product, ReserveRequest, StockReservation,
};
use order_core::reference::Reference;
use order_core::value::{ReservationNo, StorefrontId, Version};
use order_testing::ManualClock;
use order_testing::builders::{
    at, call, customer, fact_id, idempotency, noon, order_id, sku, units, usd, worker,
};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span;

use super::database::{self, Database, Store, StoreInventory};
use super::support::{applied, full, history};

/// Collects the statements that the driver logs.
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

/// Returns a query for every combination of filters.
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
    let key = IdempotencyScope::new(storefront.clone(), &idempotency("place", "k"));
    let mut given = history(1);
    let mut change = full(&mut given);
    change.idempotency = Some(IdempotencyUpdate::Claim {
        key: key.clone(),
        record: IdempotencyRecord::new(
            given.id(),
            [0; 32],
            Version::NONE,
            Version::INITIAL,
            Some(at(30)),
            at(3_600),
        ),
        now: at(0),
    });
    change.external_event = Some(ExternalEventRef {
        source: "payments".to_owned(),
        id: fact_id("evt_1"),
    });
    let born = change.effects[0].effect.id;
    let cup = Product::new(sku("cup"), None, usd(100), 5);
    let inventory = StoreInventory::new(store, Arc::new(ManualClock::new(noon())));
    inventory.put_product(&storefront, &cup).await.unwrap();
    let reserve = |number| {
        let id = Reference::Reservation(order_id(number), ReservationNo::new(9));
        Some(StockReservation::new(id, [units("cup", 1)], at(600)))
    };
    change.reserve = reserve(1);
    applied(store, change).await;
    let mut given = given
        .cancelled(at(5))
        .then(at(6), EventPayload::OrderDeleted);
    let mut change = full(&mut given);
    // In a transaction, and under another id than before.
    change.reserve = reserve(2);
    change.expedite_effects = true;
    change.completed_effects = vec![born];
    change.idempotency = Some(IdempotencyUpdate::Advance {
        key: key.clone(),
        answered: false,
    });
    applied(store, change).await;
    store.mark_answered(&key).await.unwrap();
    store.find_idempotency_record(&key, at(0)).await.unwrap();
    let mut given = given.then(at(7), EventPayload::PersonalDataErased);
    let mut change = given.change();
    change.idempotency = Some(IdempotencyUpdate::Release { key });
    applied(store, change).await;
    store.find(&storefront, given.id()).await.unwrap();
    let asked = [(storefront.clone(), given.id())];
    store.find_many(&asked).await.unwrap();
    store.events(&storefront, given.id()).await.unwrap();
    store.count_deferred(&storefront, 10).await.unwrap();
    store.find_due(at(60), 10).await.unwrap();
    store.purge_idempotency_keys(at(60), 10).await.unwrap();
    for query in queries() {
        store.list(&query).await.unwrap();
    }
}

async fn use_queues(store: &Store) {
    let (storefront, worker) = (StorefrontId::default(), worker("w"));
    let claimed = store.claim(&worker, at(60), at(90), 10).await.unwrap();
    let effect = claimed[0].effect.id;
    let unreachable = || "unreachable".to_owned();
    let postponed = PostponedEffect::new(effect, at(61), unreachable());
    let postponed = EffectSettlement::new(Vec::new(), vec![postponed], Vec::new());
    store.settle(&worker, at(60), &postponed).await.unwrap();
    store.claim(&worker, at(61), at(90), 10).await.unwrap();
    let parked = ParkedEffect::new(effect, unreachable());
    let parked = EffectSettlement::new(Vec::new(), Vec::new(), vec![parked]);
    store.settle(&worker, at(62), &parked).await.unwrap();
    store.dead_letters(&storefront, None, 10).await.unwrap();
    store.retry(&storefront, effect, at(62)).await.unwrap();
    EffectQueue::release(store, &worker).await.unwrap();
    let finished = EffectSettlement::new(vec![effect], Vec::new(), Vec::new());
    store.settle(&worker, at(62), &finished).await.unwrap();

    let partition = Partition::of(order_id(1));
    let claimed = store.claim_partitions(&worker, 2, at(0), at(30)).await;
    assert_eq!(claimed.unwrap(), [partition]);
    let messages = store.fetch(partition, 10).await.unwrap();
    Outbox::park_order(store, messages[0].order, "poison")
        .await
        .unwrap();
    store.parked_orders(10).await.unwrap();
    store.resume_order(messages[0].order).await.unwrap();
    store.confirm(&messages).await.unwrap();
    Outbox::release_partitions(store, &worker, &[partition])
        .await
        .unwrap();
}

async fn use_stock(store: &Store) {
    let (storefront, clock) = (StorefrontId::default(), Arc::new(ManualClock::new(noon())));
    let inventory = StoreInventory::new(store, clock.clone());
    let tea = Product::new(sku("tea"), None, usd(100), 5);
    inventory.put_product(&storefront, &tea).await.unwrap();
    inventory.add_product(&storefront, &tea).await.unwrap();
    inventory
        .restock(&storefront, &sku("tea"), 1)
        .await
        .unwrap();
    inventory
        .list_products(&storefront, None, 10)
        .await
        .unwrap();
    inventory.products(&call("p"), &[sku("tea")]).await.unwrap();
    let id = |number| Reference::Reservation(order_id(number), ReservationNo::FIRST);
    for number in 1..=3 {
        let request =
            ReserveRequest::new(id(number), vec![units("tea", 6)], Duration::from_secs(60));
        inventory.reserve(&call("r"), &request).await.unwrap();
        inventory
            .extend(&call("e"), &id(number), Duration::from_secs(60))
            .await
            .unwrap();
        inventory
            .revise(&call("v"), &id(number), &[units("tea", 5)])
            .await
            .unwrap();
        inventory.find(&call("f"), &id(number)).await.unwrap();
        clock.advance(Duration::from_secs(61));
    }
    inventory.commit(&call("c"), &id(3)).await.unwrap();
    inventory.release(&call("x"), &id(9)).await.unwrap();
    inventory.sweep(10).await.unwrap();
    inventory.purge_reservations(at(3_600), 10).await.unwrap();
}

/// Returns every statement of a store but those of its migrations.
pub(crate) async fn statements(used: &Database) -> BTreeSet<String> {
    let log = Log::default();
    let _subscribed = database::subscribe(log.clone());
    let store = used.store().await;
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
