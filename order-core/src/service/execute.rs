//! Executes and previews commands on an order.

use super::commit::Committed;
use super::engine::{Engine, MAX_CONFLICTS};
use super::run_effects::EffectRun;
use crate::command::Command;
use crate::decide::decide_on;
use crate::dependency::Dependency;
use crate::new_order::NewLine;
use crate::order::Order;
use crate::ports::{CommandOutcome, CommandRequest, IdempotencyScope, OrderError};
use crate::refusal::Refusal;
use crate::value::{OrderId, Version};

impl Engine {
    pub(super) async fn execute(
        &self,
        request: CommandRequest,
    ) -> Result<CommandOutcome, OrderError> {
        let (storefront, id) = (request.storefront.clone(), request.id);
        let idempotency = request.idempotency.clone();
        let outcome = self.execute_new(request).await;
        self.outcome_or_replay(outcome, &storefront, idempotency.as_ref(), Some(id))
            .await
    }

    async fn execute_new(&self, request: CommandRequest) -> Result<CommandOutcome, OrderError> {
        let CommandRequest {
            storefront,
            id,
            command,
            expected_version,
            actor,
            idempotency,
        } = request;
        let received_at = self.clock.now();
        let mut quoted = None;
        for _ in 0..MAX_CONFLICTS {
            let order = self.load(&storefront, id).await?;
            check_version(&order, expected_version)?;
            if quoted.is_none() {
                quoted = Some(self.with_prices(&order, command.clone()).await?);
            }
            let command = quoted.as_ref().unwrap_or(&command);
            let ctx = self.context(&storefront, &actor);
            let transition = decide_on(order.clone(), command, &ctx).map_err(refused(id))?;
            if transition.events.is_empty() {
                return Ok(CommandOutcome::new(order, Vec::new(), false));
            }
            let mut planned = self.plan(Some(&order), transition, &ctx);
            self.claim_key(&mut planned, idempotency.as_ref(), false, ctx.now);
            match self.commit_and_log(planned).await? {
                Committed::Applied(applied) => {
                    // A request without effects to carry out is answered by its commit.
                    let key = idempotency
                        .as_ref()
                        .filter(|_| !applied.leased.is_empty())
                        .map(|idempotency| IdempotencyScope::new(storefront, idempotency));
                    return self
                        .run_effects(EffectRun::for_request(*applied, received_at, key))
                        .await;
                }
                Committed::IdempotencyKeyTaken(record) => {
                    return self
                        .replay(&storefront, &record, idempotency.as_ref(), Some(id))
                        .await;
                }
                Committed::VersionConflict | Committed::DuplicateExternalEvent => {}
            }
        }
        Err(OrderError::Contended { id })
    }

    pub(super) async fn preview(&self, request: CommandRequest) -> Result<Order, OrderError> {
        let order = self.load(&request.storefront, request.id).await?;
        check_version(&order, request.expected_version)?;
        let command = self.with_prices(&order, request.command).await?;
        let ctx = self.context(&request.storefront, &request.actor);
        let transition = decide_on(order, &command, &ctx).map_err(refused(request.id))?;
        Ok(transition.order)
    }

    /// Adds prices to revised lines: that of the present line, or what the inventory service quotes.
    async fn with_prices(&self, order: &Order, command: Command) -> Result<Command, OrderError> {
        let Command::ReviseLines { lines, adjustments } = command else {
            return Ok(command);
        };
        let lines: Vec<NewLine> = lines
            .into_iter()
            .map(|mut line| {
                if let Some(old) = order.lines().iter().find(|old| old.sku == line.sku) {
                    line.unit_price = line.unit_price.or(old.unit_price);
                    line.name = line.name.or_else(|| old.name.clone());
                }
                line
            })
            .collect();
        let lines = self
            .quote(order.storefront(), order.currency(), &lines)
            .await?
            .ok_or_else(|| OrderError::Unavailable {
                dependency: Dependency::Inventory,
                retry_after: self.retry_after(order.storefront()),
            })?;
        Ok(Command::ReviseLines { lines, adjustments })
    }
}

fn refused(id: OrderId) -> impl FnOnce(Refusal) -> OrderError {
    move |refusal| OrderError::Refused {
        id: Some(id),
        refusal,
    }
}

fn check_version(order: &Order, expected: Option<Version>) -> Result<(), OrderError> {
    match expected {
        Some(expected) if expected != order.version() => Err(OrderError::VersionConflict {
            id: order.id(),
            expected,
            found: order.version(),
        }),
        Some(_) | None => Ok(()),
    }
}
