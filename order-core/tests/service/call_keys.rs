//! A retried call is the same call: key, reference and amount do not change.

use crate::world::{ServiceFixture, World, cancel};
use mockall::mock;
use order_core::money::Amount;
use order_core::order::OrderStatus;
use order_core::policy::PaymentPolicy;
use order_core::ports::{
    CallContext, PaymentRequest, Payments, ProviderPayment, ProviderPaymentStatus, ProviderRefund,
    ProviderRefundStatus, RefundRequest, ServiceError,
};
use order_core::reference::Reference;
use order_core::service::ExternalServices;
use order_core::value::ProviderId;
use order_testing::Fault;
use order_testing::builders::place;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

mock! {
    Provider {}

    #[async_trait::async_trait]
    impl Payments for Provider {
        async fn authorize(&self, call: &CallContext, request: &PaymentRequest) -> Result<ProviderPayment, ServiceError>;
        async fn find(&self, call: &CallContext, reference: &Reference) -> Result<Option<ProviderPayment>, ServiceError>;
        async fn capture(&self, call: &CallContext, payment: &ProviderId, amount: Amount, reference: &Reference) -> Result<(), ServiceError>;
        async fn void(&self, call: &CallContext, payment: &ProviderId) -> Result<(), ServiceError>;
        async fn refund(&self, call: &CallContext, request: &RefundRequest) -> Result<ProviderRefund, ServiceError>;
        async fn find_refund(&self, call: &CallContext, reference: &Reference) -> Result<Option<ProviderRefund>, ServiceError>;
    }
}

type Seen<T> = Arc<Mutex<Vec<(String, T)>>>;

/// Checks that all calls are equal. Returns one of them.
fn only<T: Clone + PartialEq + std::fmt::Debug>(seen: &Seen<T>, times: usize) -> (String, T) {
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), times);
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    seen[0].clone()
}

fn service_with(world: &World, provider: MockProvider) -> order_core::service::OrderService {
    let services = ExternalServices {
        customers: world.customers.clone(),
        inventory: world.inventory.clone(),
        payments: Arc::new(provider),
        shipping: world.shipping.clone(),
        notifications: world.notifications.clone(),
    };
    let mut policy = order_core::policy::StorefrontPolicy::default();
    policy.payment = PaymentPolicy::CaptureOnConfirm;
    order_core::service::OrderService::builder(
        world.store.clone(),
        services,
        Arc::new(world.clock.clone()),
    )
    .policies(order_core::policy::PolicySet::new(policy))
    .build()
    .unwrap()
}

#[tokio::test]
async fn a_payment_and_a_refund_are_sent_with_the_same_key_and_reference_at_every_try() {
    let world = World::new();
    let paid: Seen<PaymentRequest> = Seen::default();
    let refunded: Seen<(Reference, ProviderId, Amount)> = Seen::default();
    let id = ProviderId::parse("pay_1").unwrap();
    let mut provider = MockProvider::new();
    provider.expect_find().returning(|_, _| Ok(None));
    provider.expect_find_refund().returning(|_, _| Ok(None));
    let (seen, known, mut failures) = (Arc::clone(&paid), id.clone(), 3);
    provider
        .expect_authorize()
        .times(4)
        .returning(move |call, request| {
            seen.lock()
                .unwrap()
                .push((call.key.clone(), request.clone()));
            if failures > 0 {
                failures -= 1;
                return Err(ServiceError::unknown("no answer"));
            }
            let amount = request.money.amount();
            Ok(ProviderPayment::new(
                known.clone(),
                ProviderPaymentStatus::Captured,
                amount,
            ))
        });
    let (seen, mut failures) = (Arc::clone(&refunded), 3);
    provider
        .expect_refund()
        .times(4)
        .returning(move |call, request| {
            let what = (request.reference, request.payment.clone(), request.amount);
            seen.lock().unwrap().push((call.key.clone(), what));
            if failures > 0 {
                failures -= 1;
                return Err(ServiceError::unknown("no answer"));
            }
            let id = ProviderId::parse("ref_1").unwrap();
            Ok(ProviderRefund::new(id, ProviderRefundStatus::Succeeded))
        });

    let service = service_with(&world, provider);
    let order = service.given_order(place().build()).await;
    world.settle(&service).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Processing);
    service.expect_executed(order.id(), cancel()).await;
    world.settle(&service).await;
    assert_eq!(world.order(order.id()).status(), OrderStatus::Cancelled);

    let (key, request) = only(&paid, 4);
    assert_eq!(key, request.reference.to_string());
    assert_eq!(request.money.amount(), order.totals().total);
    let (key, (reference, payment, amount)) = only(&refunded, 4);
    assert_eq!(key, reference.to_string());
    assert_eq!((payment, amount), (id, order.totals().total));
}

#[tokio::test]
async fn every_other_call_keeps_its_key_at_every_try() {
    let world = World::new();
    let service = world.service();
    let kinds = [
        (world.customers.faults(), "find"),
        (world.inventory.faults(), "reserve"),
        (world.inventory.faults(), "commit"),
        (world.inventory.faults(), "release"),
        (world.payments.faults(), "void"),
        (world.notifications.faults(), "notify"),
    ];
    for (faults, method) in kinds {
        faults.on(method).next(2, Fault::LostAnswer);
    }
    let id = service.given_order(place().build()).await.id();
    world.settle(&service).await;
    service.expect_executed(id, cancel()).await;
    world.settle(&service).await;
    world.expect_nothing_kept(id, "every call was lost twice");
    let mut all = BTreeSet::new();
    for (faults, method) in kinds {
        let calls = faults.calls();
        let keys: Vec<String> = calls
            .into_iter()
            .filter(|call| call.method == method)
            .map(|call| call.key)
            .collect();
        let different: BTreeSet<String> = keys.iter().cloned().collect();
        assert_eq!(
            keys.len(),
            different.len() + 2,
            "{method}: two more attempts: {keys:?}"
        );
        all.extend(different);
    }
    assert_eq!(all.len(), 7, "and no two things share a key: {all:?}");
}
