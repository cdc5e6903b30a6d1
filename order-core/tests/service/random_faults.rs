//! Random faults: one call in eight fails, processes crash, and orders still reach their final status,
//! with every cent and unit accounted for.

use crate::world::{ServiceFixture, TOTAL, World, cancel, shop};
use order_core::command::Command;
use order_core::order::{Order, OrderStatus, Tracking};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy};
use order_core::ports::{CommandOutcome, CommandRequest, OrderError, Orders};
use order_core::service::OrderService;
use order_core::value::FulfillmentNo;
use order_testing::builders::{idempotency, place};
use std::time::Duration;

const SEEDS: u64 = 300;
const PAYMENTS: [PaymentPolicy; 3] = [
    PaymentPolicy::CaptureOnShip,
    PaymentPolicy::CaptureOnConfirm,
    PaymentPolicy::Invoice,
];

/// A run with random faults, which the seed determines.
struct RandomRun {
    world: World,
    payment: PaymentPolicy,
    seed: u64,
}

impl RandomRun {
    fn service(&self) -> OrderService {
        self.world.service_with(|all| {
            all.fulfillment = FulfillmentPolicy::Automatic;
            all.payment = self.payment;
        })
    }

    /// Repeats a request until it is answered, while runners come and go.
    async fn until_answered<W>(
        &self,
        request: impl Fn(OrderService) -> W,
    ) -> Result<CommandOutcome, OrderError>
    where
        W: Future<Output = Result<CommandOutcome, OrderError>>,
    {
        let faults = &self.world.faults;
        for _ in 0..100 {
            match faults.unless_crashed(request(self.service())).await {
                None
                | Some(Err(
                    OrderError::Store(_)
                    | OrderError::IdempotencyKeyInFlight { .. }
                    | OrderError::Unavailable { .. }
                    | OrderError::Contended { .. },
                )) => {}
                Some(answer) => return answer,
            }
            self.run_runners(1).await;
        }
        panic!("seed {}: it is answered", self.seed);
    }

    async fn run_runners(&self, rounds: u32) {
        for _ in 0..rounds {
            let runner = self.service().runner();
            let _ = self.world.faults.unless_crashed(runner.step()).await;
            self.world.clock.advance(Duration::from_secs(7));
        }
    }

    async fn execute(
        &self,
        id: order_core::value::OrderId,
        command: Command,
    ) -> Result<CommandOutcome, OrderError> {
        self.until_answered(|service| {
            let mut execute = CommandRequest::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency("command", command.kind().as_str()));
            async move { service.execute(execute).await }
        })
        .await
    }

    async fn end_faults(&self) {
        self.world.faults.clear();
        self.world.settle(&self.service()).await;
    }
}

/// Checks that the services agree with the order.
fn expect_agreement(world: &World, order: &Order, at: &str) {
    let (balance, totals) = (world.balance(order.id()), order.totals());
    assert!(
        order.is_settled() || !order.status().is_terminal(),
        "{at}: settled"
    );
    assert_eq!(balance.captured, totals.captured, "{at}: captured");
    assert_eq!(balance.refunded, totals.refunded, "{at}: refunded");
    assert_eq!(balance.authorized, totals.authorized, "{at}: authorized");
    assert!(
        balance.net_captured().minor() + balance.authorized.minor() <= TOTAL,
        "{at}: charged once"
    );
    assert!(world.kept_units() <= 2, "{at}: reserved once");
    assert!(world.parcels(order.id()).len() <= 1, "{at}: requested once");
}

#[tokio::test]
async fn an_order_is_released_or_cancelled_despite_random_faults() {
    released_or_cancelled(World::new).await;
}

#[tokio::test]
async fn so_is_one_whose_stock_is_in_the_store() {
    released_or_cancelled(World::with_inventory_in_store).await;
}

async fn released_or_cancelled(world: fn() -> World) {
    for seed in 0..SEEDS {
        let payment = PAYMENTS[usize::try_from(seed % 3).unwrap()];
        let run = RandomRun {
            world: world(),
            payment,
            seed,
        };
        run.world.faults.inject_randomly(seed);
        let placed = run
            .until_answered(|service| async move { service.place(place().key("k").build()).await });
        let id = placed.await.unwrap().order.id();
        run.run_runners(u32::try_from(seed % 7).unwrap()).await;
        let cancelled = seed % 2 == 0 && run.execute(id, cancel()).await.is_ok();
        run.run_runners(3).await;
        run.end_faults().await;

        let at = format!("seed {seed}, {payment}");
        let order = run.world.only_order();
        expect_agreement(&run.world, &order, &at);
        if cancelled {
            assert_eq!(order.status(), OrderStatus::Cancelled, "{at}");
            run.world.expect_nothing_kept(id, &at);
        } else {
            assert_eq!(order.status(), OrderStatus::Processing, "{at}");
            assert_eq!(run.world.kept_units(), 2, "{at}");
            assert_eq!(run.world.parcels_on_their_way(id), 1, "{at}");
        }
    }
}

#[tokio::test]
async fn an_order_is_shipped_and_paid_despite_random_faults() {
    for seed in 0..SEEDS {
        let payment = PAYMENTS[usize::try_from(seed % 2).unwrap()];
        let run = RandomRun {
            world: World::new(),
            payment,
            seed,
        };
        let id = run.service().given_order(place().build()).await.id();
        run.world.faults.inject_randomly(seed);
        let ship = Command::ConfirmShipment {
            fulfillment: Some(FulfillmentNo::FIRST),
            lines: None,
            tracking: Tracking::default(),
        };
        run.execute(id, ship).await.unwrap();
        run.run_runners(u32::try_from(seed % 5).unwrap()).await;
        run.execute(id, crate::world::deliver()).await.unwrap();
        run.end_faults().await;

        let at = format!("seed {seed}, {payment}");
        let order = run.world.only_order();
        expect_agreement(&run.world, &order, &at);
        assert_eq!(order.status(), OrderStatus::Completed, "{at}");
        assert_eq!(run.world.balance(id).net_captured().minor(), TOTAL, "{at}");
        let notices = run.world.notifications.sent(id);
        assert_eq!(notices.len(), 3, "{at}: each message once: {notices:?}");
    }
}
