//! Changes of an order: revision, partial cancel, return, deletion, erasure, import.

use crate::world::{
    ServiceFixture, TOTAL, UNITS, World, cancel, delivered, personal_words, ship, shop,
};
use order_core::command::{Command, ImportOrder, PlaceOrder};
use order_core::event::{Actor, Event};
use order_core::money::Amount;
use order_core::order::{Order, OrderStatus, PaymentStatus, ReturnStatus};
use order_core::policy::PaymentPolicy;
use order_core::ports::{CommandRequest, ImportOrderRequest, OrderError, Orders};
use order_core::refusal::RefusalCode;
use order_core::service::OrderService;
use order_core::stored_json;
use order_core::value::{ExternalReference, OrderId, ReturnNo};
use order_testing::builders::{at, line, order_id, place, priced, units};
use std::time::Duration;

fn revise(quantity: u32) -> Command {
    Command::ReviseLines {
        lines: vec![line("abc", quantity)],
        adjustments: None,
    }
}

async fn refusal(service: &OrderService, id: OrderId, command: Command) -> RefusalCode {
    match service.try_execute(id, command).await {
        Err(OrderError::Refused { refusal, .. }) => refusal.code,
        other => panic!("it is refused: {other:?}"),
    }
}

#[tokio::test]
async fn lines_revised_upwards_reserve_and_charge_the_difference() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    let order = service.expect_executed(id, revise(5)).await;
    assert_eq!(order.totals().total.minor(), 5 * 1_999);
    world.settle(&service).await;
    assert_eq!(world.kept_units(), 5);
    assert_eq!(
        world.inventory.faults().count("reserve"),
        1,
        "no second reservation"
    );
    assert_eq!(world.inventory.faults().count("revise"), 1);
    let order = world.order(id);
    assert!(!order.revision_pending());
    assert_eq!(
        order.totals().due.minor(),
        3 * 1_999,
        "only the difference is due"
    );
    assert_eq!(refusal(&service, id, ship()).await, RefusalCode::NotPaid);
    service
        .expect_executed(id, Command::StartPayment { amount: None })
        .await;
    assert_eq!(world.balance(id).authorized.minor(), 5 * 1_999);
    service.expect_executed(id, ship()).await;
    world.settle(&service).await;
    assert_eq!(world.balance(id).captured.minor(), 5 * 1_999);
}

#[tokio::test]
async fn lines_revised_downwards_give_stock_and_money_back() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, revise(1)).await;
    world.settle(&service).await;
    assert_eq!(world.kept_units(), 1);
    assert_eq!(world.balance(id).net_captured().minor(), 1_999);
    assert_eq!(
        world.order(id).payment_status(),
        PaymentStatus::PartiallyRefunded
    );
}

#[tokio::test]
async fn a_revision_beyond_the_stock_goes_back_to_what_was_ordered() {
    let world = World::new();
    let service = world.service();
    let before = service.given_order(place().build()).await;
    service
        .expect_executed(before.id(), revise(UNITS + 1))
        .await;
    world.settle(&service).await;
    let order = world.order(before.id());
    assert_eq!(order.lines(), before.lines());
    assert!(!order.revision_pending());
    assert_eq!(world.kept_units(), 2);
    assert_eq!(world.balance(order.id()).authorized.minor(), TOTAL);
    assert_eq!(order.status(), OrderStatus::Processing);
}

#[tokio::test]
async fn a_product_that_comes_new_is_quoted_and_one_that_was_there_keeps_its_price() {
    let world = World::new();
    let service = world.service();
    let id = service
        .given_order(place().line(priced("abc", 1, 1_500)).build())
        .await
        .id();
    let lines = vec![line("abc", 2), line("tea", 1)];
    let command = Command::ReviseLines {
        lines,
        adjustments: None,
    };
    let preview = service
        .preview(CommandRequest::new(shop(), id, command.clone()))
        .await
        .unwrap();
    assert_eq!(preview.totals().total.minor(), 2 * 1_500 + 500);
    assert_eq!(world.kept_units(), 1, "a preview changes nothing");
    let order = service.expect_executed(id, command).await;
    assert_eq!(order.totals().total, preview.totals().total);
    assert_eq!(world.kept_units(), 3);
    let ghost = Command::ReviseLines {
        lines: vec![line("ghost", 1)],
        adjustments: None,
    };
    let refused = service.try_execute(id, ghost).await.unwrap_err();
    assert!(matches!(refused, OrderError::UnknownProducts { .. }));
}

#[tokio::test]
async fn cancelled_units_are_paid_back_and_go_back_into_stock() {
    let world = World::new();
    let service = world.service_with(|all| all.payment = PaymentPolicy::CaptureOnConfirm);
    let id = service.given_order(place().build()).await.id();
    let lines = vec![units("abc", 1).into()];
    service
        .expect_executed(
            id,
            Command::CancelLines {
                lines: lines.clone(),
                reason: None,
            },
        )
        .await;
    world.settle(&service).await;
    assert_eq!(world.balance(id).net_captured().minor(), 1_999);
    assert_eq!(world.kept_units(), 1);
    assert_eq!(world.order(id).status(), OrderStatus::Processing);
    service
        .expect_executed(
            id,
            Command::CancelLines {
                lines,
                reason: None,
            },
        )
        .await;
    world.settle(&service).await;
    assert_eq!(
        world.order(id).status(),
        OrderStatus::Cancelled,
        "the last unit"
    );
    world.expect_nothing_kept(id, "all units cancelled");
}

async fn returned(world: &World, service: &OrderService, restock: bool) -> Order {
    let id = delivered(world, service, place().build()).await.id();
    let lines = vec![units("abc", 1).into()];
    service
        .expect_executed(
            id,
            Command::RequestReturn {
                lines,
                reason: None,
            },
        )
        .await;
    let return_no = ReturnNo::FIRST;
    service
        .expect_executed(id, Command::ApproveReturn { return_no })
        .await;
    service
        .expect_executed(id, Command::ReceiveReturn { return_no, restock })
        .await;
    world.settle(service).await;
    world.order(id)
}

#[tokio::test]
async fn what_comes_back_is_paid_back_and_restocked_or_written_off() {
    for (restock, kept) in [(true, 1), (false, 2)] {
        let world = World::new();
        let service = world.service();
        let order = returned(&world, &service, restock).await;
        assert_eq!(order.return_status(), ReturnStatus::PartiallyReturned);
        assert_eq!(world.balance(order.id()).refunded.minor(), 1_999);
        assert_eq!(world.kept_units(), kept, "restock {restock}");
        assert!(order.is_settled() && !order.has_open_return());
    }
}

#[tokio::test]
async fn an_open_order_is_cancelled_before_it_is_deleted() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, Command::DeleteOrder).await;
    world.settle(&service).await;
    let order = service.get(&shop(), id).await.unwrap().unwrap();
    assert_eq!(order.status(), OrderStatus::Cancelled);
    assert!(order.deleted_at().is_some());
    world.expect_nothing_kept(id, "deleted");
    assert_eq!(
        refusal(&service, id, Command::DeleteOrder).await,
        RefusalCode::AlreadyDeleted
    );
    assert_eq!(refusal(&service, id, cancel()).await, RefusalCode::Deleted);
    let query = order_core::ports::ListQuery::new(shop(), 10);
    assert!(service.list(&query).await.unwrap().orders.is_empty());
}

#[tokio::test]
async fn what_was_shipped_is_not_deleted_before_it_is_done() {
    let world = World::new();
    let service = world.service();
    let id = service.given_order(place().build()).await.id();
    service.expect_executed(id, ship()).await;
    assert_eq!(
        refusal(&service, id, Command::DeleteOrder).await,
        RefusalCode::AlreadyShipped
    );
}

/// Returns everything that is stored, as text: orders, events, effects and outbox.
async fn written(world: &World, service: &OrderService) -> String {
    let mut events: Vec<Event> = world
        .store
        .messages()
        .into_iter()
        .map(|message| message.event)
        .collect();
    let mut all = String::new();
    for order in world.store.orders() {
        all += &stored_json::order_to_json(&order).unwrap();
        all += &stored_json::personal_to_json(order.personal())
            .unwrap()
            .unwrap_or_default();
        events.extend(service.history(&shop(), order.id()).await.unwrap().unwrap());
    }
    for event in events {
        all += &stored_json::event_to_json(&event).unwrap();
        if let Some(personal) = event.payload.personal() {
            all += &stored_json::personal_to_json(personal)
                .unwrap()
                .unwrap_or_default();
        }
    }
    all + &format!("{:?}", world.store.effects())
}

#[tokio::test]
async fn erased_personal_data_is_nowhere() {
    let world = World::new();
    let service = world
        .builder()
        .configure(|all| all.publish = true)
        .build()
        .unwrap();
    let id = delivered(&world, &service, place().key("k").build())
        .await
        .id();
    let before = written(&world, &service).await;
    assert!(
        personal_words().iter().all(|word| before.contains(word)),
        "before, it is there"
    );
    service
        .expect_executed(id, Command::ErasePersonalData)
        .await;
    let after = written(&world, &service).await;
    for word in personal_words() {
        assert!(!after.contains(&word), "after, {word} is nowhere");
    }
    let order = world.order(id);
    assert!(order.personal().is_empty() && order.erased_at().is_some());
    assert_eq!(
        order.payment_status(),
        PaymentStatus::Paid,
        "the balance stays"
    );
    world.settle(&service).await;
    let again = service
        .try_execute(id, Command::ErasePersonalData)
        .await
        .unwrap();
    assert!(again.events.is_empty(), "erasing again changes nothing");
}

fn import(number: u64, reference: &str) -> ImportOrderRequest {
    let mut order = ImportOrder::new(
        PlaceOrder::new(order_id(number), shop(), place().build().order),
        ExternalReference::parse(reference).unwrap(),
        at(0),
        OrderStatus::Completed,
    );
    order.shipped = vec![units("abc", 2)];
    order.delivered = vec![units("abc", 2)];
    order.captured = Amount::new(TOTAL);
    ImportOrderRequest {
        order,
        actor: Actor::system(),
    }
}

#[tokio::test]
async fn an_order_is_taken_over_once_and_nothing_is_done_for_it() {
    let world = World::new();
    let service = world.service();
    let first = service.import(import(1, "legacy-1")).await.unwrap();
    assert_eq!(first.order.status(), OrderStatus::Completed);
    assert_eq!(
        first.order.external_reference().unwrap().as_str(),
        "legacy-1"
    );
    let again = service.import(import(2, "legacy-1")).await.unwrap();
    assert!(again.replayed, "the same reference");
    assert_eq!(again.order, first.order);
    world.settle(&service).await;
    assert_eq!(world.store.orders().len(), 1);
    assert_eq!(world.kept_units(), 0);
    assert_eq!(world.payments.faults().calls().len(), 0);
}

#[tokio::test]
async fn an_order_is_not_taken_over_twice_many_years_later_either() {
    let world = World::new();
    let service = world.service();
    let first = service.import(import(1, "legacy-1")).await.unwrap();
    world
        .clock
        .advance(Duration::from_secs(50 * 365 * 24 * 3_600));
    let again = service.import(import(2, "legacy-1")).await.unwrap();
    assert!(again.replayed, "a reference is kept for ever");
    assert_eq!(again.order.id(), first.order.id());
}

#[tokio::test]
async fn an_order_is_not_taken_over_onto_another() {
    let world = World::new();
    let service = world.service();
    service.import(import(1, "legacy-1")).await.unwrap();
    let refused = service.import(import(1, "legacy-2")).await.unwrap_err();
    assert!(
        matches!(refused, OrderError::Refused { refusal, .. } if refusal.code == RefusalCode::AlreadyPlaced)
    );
    assert_eq!(
        world.only_order().external_reference().unwrap().as_str(),
        "legacy-1"
    );
}

#[tokio::test]
async fn an_imported_order_can_be_returned_like_any_other() {
    let world = World::new();
    let service = world.service();
    let id = service
        .import(import(1, "legacy-1"))
        .await
        .unwrap()
        .order
        .id();
    let actions = service
        .available_commands(&shop(), id)
        .await
        .unwrap()
        .unwrap();
    assert!(actions.iter().any(|one| one.refusal.is_none()));
}
