//! Trouble upon trouble: one call in eight goes wrong, processes die, and orders still end where
//! they should, with every cent and unit where it belongs.

use crate::world::{Ask, TOTAL, World, cancel, shop};
use order_core::command::Command;
use order_core::order::{Order, OrderStatus, Tracking};
use order_core::policy::{FulfillmentPolicy, PaymentPolicy};
use order_core::ports::{Done, Execute, OrderError, Orders};
use order_core::service::OrderService;
use order_core::testing::builders::{idempotency, place};
use order_core::value::FulfillmentNo;
use std::time::Duration;

const SEEDS: u64 = 300;
const PAYMENTS: [PaymentPolicy; 3] = [
    PaymentPolicy::CaptureOnShip,
    PaymentPolicy::CaptureOnConfirm,
    PaymentPolicy::Invoice,
];

struct Storm {
    world: World,
    payment: PaymentPolicy,
    seed: u64,
}

impl Storm {
    fn process(&self) -> OrderService {
        self.world.service_with(|all| {
            all.fulfillment = FulfillmentPolicy::Automatic;
            all.payment = self.payment;
        })
    }

    /// Asks in the storm, again and again, while runners come and go.
    async fn ask<W>(&self, request: impl Fn(OrderService) -> W) -> Result<Done, OrderError>
    where
        W: Future<Output = Result<Done, OrderError>>,
    {
        let gate = &self.world.gate;
        for _ in 0..100 {
            match gate.unless_crashed(request(self.process())).await {
                None
                | Some(Err(
                    OrderError::Store(_)
                    | OrderError::KeyInFlight { .. }
                    | OrderError::Unavailable { .. }
                    | OrderError::Contended { .. },
                )) => {}
                Some(answer) => return answer,
            }
            self.go_on(1).await;
        }
        panic!("seed {}: it is answered", self.seed);
    }

    async fn go_on(&self, rounds: u32) {
        for _ in 0..rounds {
            let runner = self.process().runner();
            let _ = self.world.gate.unless_crashed(runner.step()).await;
            self.world.clock.advance(Duration::from_secs(7));
        }
    }

    async fn command(
        &self,
        id: order_core::value::OrderId,
        command: Command,
    ) -> Result<Done, OrderError> {
        self.ask(|service| {
            let mut execute = Execute::new(shop(), id, command.clone());
            execute.idempotency = Some(idempotency("command", command.kind().as_str()));
            async move { service.execute(execute).await }
        })
        .await
    }

    async fn calm(&self) {
        self.world.gate.clear();
        self.world.settle(&self.process()).await;
    }
}

/// What there is outside fits what the order says.
fn adds_up(world: &World, order: &Order, at: &str) {
    let (balance, totals) = (world.balance(order.id()), order.totals());
    assert!(
        order.is_settled() || !order.status().is_terminal(),
        "{at}: settled"
    );
    assert_eq!(balance.captured, totals.captured, "{at}: captured");
    assert_eq!(balance.refunded, totals.refunded, "{at}: refunded");
    assert_eq!(balance.authorized, totals.authorized, "{at}: authorized");
    assert!(
        balance.kept().minor() + balance.authorized.minor() <= TOTAL,
        "{at}: charged once"
    );
    assert!(world.kept_units() <= 2, "{at}: reserved once");
    assert!(world.parcels(order.id()).len() <= 1, "{at}: asked once");
}

#[tokio::test]
async fn an_order_goes_its_way_through_any_storm() {
    for seed in 0..SEEDS {
        let payment = PAYMENTS[usize::try_from(seed % 3).unwrap()];
        let storm = Storm {
            world: World::new(),
            payment,
            seed,
        };
        storm.world.gate.storm(seed);
        let placed =
            storm.ask(|service| async move { service.place(place().key("k").build()).await });
        let id = placed.await.unwrap().order.id();
        storm.go_on(u32::try_from(seed % 7).unwrap()).await;
        let cancelled = seed % 2 == 0 && storm.command(id, cancel()).await.is_ok();
        storm.go_on(3).await;
        storm.calm().await;

        let at = format!("seed {seed}, {payment}");
        let order = storm.world.only_order();
        adds_up(&storm.world, &order, &at);
        if cancelled {
            assert_eq!(order.status(), OrderStatus::Cancelled, "{at}");
            storm.world.nothing_is_kept(id, &at);
        } else {
            assert_eq!(order.status(), OrderStatus::Processing, "{at}");
            assert_eq!(storm.world.kept_units(), 2, "{at}");
            assert_eq!(storm.world.parcels_on_their_way(id), 1, "{at}");
        }
    }
}

#[tokio::test]
async fn an_order_is_sent_and_paid_through_any_storm() {
    for seed in 0..SEEDS {
        let payment = PAYMENTS[usize::try_from(seed % 2).unwrap()];
        let storm = Storm {
            world: World::new(),
            payment,
            seed,
        };
        let id = storm.process().placed(place().build()).await.id();
        storm.world.gate.storm(seed);
        let ship = Command::ConfirmShipment {
            fulfillment: Some(FulfillmentNo::FIRST),
            lines: None,
            tracking: Tracking::default(),
        };
        storm.command(id, ship).await.unwrap();
        storm.go_on(u32::try_from(seed % 5).unwrap()).await;
        storm.command(id, crate::world::deliver()).await.unwrap();
        storm.calm().await;

        let at = format!("seed {seed}, {payment}");
        let order = storm.world.only_order();
        adds_up(&storm.world, &order, &at);
        assert_eq!(order.status(), OrderStatus::Completed, "{at}");
        assert_eq!(storm.world.balance(id).kept().minor(), TOTAL, "{at}");
        let told = storm.world.notifications.notices(id);
        assert_eq!(told.len(), 3, "{at}: each message once: {told:?}");
    }
}
