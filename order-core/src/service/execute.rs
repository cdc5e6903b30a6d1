//! Commands to an order, and reports about it.

use super::Engine;
use super::drive::{Attempted, CONFLICTS, Drive};
use crate::command::{Command, NewLine};
use crate::decide::proceed;
use crate::order::Order;
use crate::policy::Dependency;
use crate::ports::{Done, Execute, OrderError, Report, ScopedKey};
use crate::record::follow;
use crate::value::Version;

impl Engine {
    pub(super) async fn execute(&self, execute: Execute) -> Result<Done, OrderError> {
        let (storefront, id) = (execute.storefront.clone(), execute.id);
        let idempotency = execute.idempotency.clone();
        let outcome = self.carry_out(execute).await;
        self.unless_answered(outcome, &storefront, idempotency.as_ref(), Some(id))
            .await
    }

    async fn carry_out(&self, execute: Execute) -> Result<Done, OrderError> {
        let Execute {
            storefront,
            id,
            command,
            expected,
            actor,
            idempotency,
        } = execute;
        let began = self.clock.now();
        let key = idempotency
            .as_ref()
            .map(|idempotency| ScopedKey::new(storefront.clone(), idempotency));
        let mut quoted = None;
        for _ in 0..CONFLICTS {
            let order = self.load(&storefront, id).await?;
            check_version(&order, expected)?;
            if quoted.is_none() {
                quoted = Some(self.with_prices(&order, command.clone()).await?);
            }
            let command = quoted.as_ref().unwrap_or(&command);
            let ctx = self.context(&storefront, &actor);
            let step =
                proceed(order.clone(), command, &ctx).map_err(|refusal| OrderError::Refused {
                    id: Some(id),
                    refusal,
                })?;
            if step.events.is_empty() {
                return Ok(Done::new(order, Vec::new(), false));
            }
            match self
                .commit_step(&order, step, &ctx, idempotency.as_ref(), None)
                .await?
            {
                Attempted::Applied {
                    order,
                    mut events,
                    mine,
                } => {
                    // A request that nothing is left to do for is answered by its commit.
                    let key = key.filter(|_| !mine.is_empty());
                    let driven = self
                        .drive(Drive::of_request(*order, mine, began, key))
                        .await?;
                    events.extend(driven.events);
                    return Ok(Done::new(driven.order, events, false));
                }
                Attempted::KeyTaken(record) => {
                    let fingerprint = idempotency.map_or([0; 32], |one| one.fingerprint);
                    return self
                        .replay(&storefront, &record, &fingerprint, Some(id))
                        .await;
                }
                Attempted::Stale | Attempted::AlreadyReceived => {}
            }
        }
        Err(OrderError::Contended { id })
    }

    pub(super) async fn report(&self, report: Report) -> Result<Done, OrderError> {
        let Report {
            storefront,
            id,
            fact,
            actor,
            receipt,
        } = report;
        let began = self.clock.now();
        for _ in 0..CONFLICTS {
            let order = self.load(&storefront, id).await?;
            let ctx = self.context(&storefront, &actor);
            let step = follow(order.clone(), std::slice::from_ref(&fact), &ctx);
            if step.events.is_empty() {
                return Ok(Done::new(order, Vec::new(), false));
            }
            match self
                .commit_step(&order, step, &ctx, None, receipt.clone())
                .await?
            {
                Attempted::Applied {
                    order,
                    mut events,
                    mine,
                } => {
                    let driven = self
                        .drive(Drive::of_request(*order, mine, began, None))
                        .await?;
                    events.extend(driven.events);
                    return Ok(Done::new(driven.order, events, false));
                }
                Attempted::AlreadyReceived => return Ok(Done::new(order, Vec::new(), true)),
                Attempted::Stale | Attempted::KeyTaken(_) => {}
            }
        }
        Err(OrderError::Contended { id })
    }

    pub(super) async fn preview(&self, execute: Execute) -> Result<Order, OrderError> {
        let order = self.load(&execute.storefront, execute.id).await?;
        check_version(&order, execute.expected)?;
        let command = self.with_prices(&order, execute.command).await?;
        let ctx = self.context(&execute.storefront, &execute.actor);
        let step = proceed(order, &command, &ctx).map_err(|refusal| OrderError::Refused {
            id: Some(execute.id),
            refusal,
        })?;
        Ok(step.order)
    }

    /// New lines get the price they had, or the one the inventory service quotes.
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
                retry_after: self.come_back(order.storefront()),
            })?;
        Ok(Command::ReviseLines { lines, adjustments })
    }
}

fn check_version(order: &Order, expected: Option<Version>) -> Result<(), OrderError> {
    match expected {
        Some(expected) if expected != order.version() => Err(OrderError::Stale {
            id: order.id(),
            expected,
            found: order.version(),
        }),
        Some(_) | None => Ok(()),
    }
}
