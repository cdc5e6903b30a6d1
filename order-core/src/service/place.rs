//! Places an order.

use super::commit::Committed;
use super::engine::Engine;
use super::outage::closed_by_outage;
use super::run_effects::EffectRun;
use crate::command::{Command, PlaceOrder};
use crate::decide::decide_new;
use crate::ports::{CommandOutcome, IdempotencyScope, OrderError, PlaceOrderRequest};

impl Engine {
    pub(super) async fn place(
        &self,
        request: PlaceOrderRequest,
    ) -> Result<CommandOutcome, OrderError> {
        let (storefront, idempotency) = (request.storefront.clone(), request.idempotency.clone());
        let outcome = self.place_new(request).await;
        let done = self
            .outcome_or_replay(outcome, &storefront, idempotency.as_ref(), None)
            .await?;
        match closed_by_outage(&done.events) {
            Some(dependency) => Err(OrderError::Unavailable {
                dependency,
                retry_after: self.retry_after(&storefront),
            }),
            None => Ok(done),
        }
    }

    async fn place_new(&self, request: PlaceOrderRequest) -> Result<CommandOutcome, OrderError> {
        let received_at = self.clock.now();
        let PlaceOrderRequest {
            storefront,
            mut order,
            actor,
            idempotency,
        } = request;
        let currency = order.currency.unwrap_or(self.policy(&storefront).currency);
        // If prices cannot be quoted now, the order is accepted without them and priced later.
        if let Some(lines) = self.quote(&storefront, currency, &order.lines).await? {
            order.lines = lines;
        }
        let ctx = self.context(&storefront, &actor);
        let id = self.ids.order_id(ctx.now);
        let place = PlaceOrder::new(id, storefront.clone(), order);
        let transition = decide_new(&Command::PlaceOrder(Box::new(place)), &ctx)
            .map_err(|refusal| OrderError::Refused { id: None, refusal })?;
        let mut planned = self.plan(None, transition, &ctx);
        self.claim_key(&mut planned, idempotency.as_ref(), ctx.now);
        let key = idempotency
            .as_ref()
            .map(|idempotency| IdempotencyScope::new(storefront.clone(), idempotency));
        match self.commit_and_log(planned).await? {
            Committed::Applied(applied) => {
                self.run_effects(EffectRun::for_placing(*applied, received_at, key))
                    .await
            }
            Committed::IdempotencyKeyTaken(record) => {
                self.replay(&storefront, &record, idempotency.as_ref(), None)
                    .await
            }
            Committed::VersionConflict | Committed::DuplicateExternalEvent => {
                Err(OrderError::Contended { id })
            }
        }
    }
}
