//! Imports an order from another system.

use super::commit::Committed;
use super::engine::Engine;
use crate::command::{Command, CommandKind};
use crate::decide::decide_new;
use crate::ports::{
    CommandOutcome, Idempotency, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
    ImportOrderRequest, OrderError,
};
use crate::refusal::{Refusal, RefusalCode};
use crate::time::after;
use crate::value::{ExternalReference, IdempotencyKey, OrderId, StorefrontId, Version};
use std::time::Duration;

/// How long the reference of an imported order is kept: 100 years, in practice for ever.
const REFERENCE_TTL: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Engine {
    /// Imports an order under its external reference, which works as an idempotency key: the same
    /// reference again answers with the order imported first.
    pub(super) async fn import(
        &self,
        request: ImportOrderRequest,
    ) -> Result<CommandOutcome, OrderError> {
        let ImportOrderRequest { order, actor } = request;
        let storefront = order.order.storefront.clone();
        let (reference, id) = (order.reference.clone(), order.order.id);
        let ctx = self.context(&storefront, &actor);
        let transition = decide_new(&Command::ImportOrder(Box::new(order)), &ctx)
            .map_err(|refusal| OrderError::Refused { id: None, refusal })?;
        let mut planned = self.plan(None, transition, &ctx);
        let version = planned.change.order.version();
        planned.change.idempotency =
            scope(&storefront, &reference).map(|key| IdempotencyUpdate::Claim {
                key,
                record: IdempotencyRecord::new(
                    id,
                    [0; 32],
                    Version::NONE,
                    version,
                    None,
                    after(ctx.now, REFERENCE_TTL),
                ),
                now: ctx.now,
            });
        match self.commit_and_log(planned).await? {
            Committed::Applied(applied) => {
                Ok(CommandOutcome::new(applied.order, applied.events, false))
            }
            Committed::IdempotencyKeyTaken(record) => {
                self.replay(&storefront, &record, None, None).await
            }
            Committed::VersionConflict | Committed::DuplicateExternalEvent => {
                Err(already_placed(id))
            }
        }
    }
}

fn scope(storefront: &StorefrontId, reference: &ExternalReference) -> Option<IdempotencyScope> {
    let idempotency = Idempotency {
        operation: "import".to_owned(),
        key: IdempotencyKey::parse(reference.as_str()).ok()?,
        fingerprint: [0; 32],
    };
    Some(IdempotencyScope::new(storefront.clone(), &idempotency))
}

fn already_placed(id: OrderId) -> OrderError {
    OrderError::Refused {
        id: Some(id),
        refusal: Refusal::new(
            RefusalCode::AlreadyPlaced,
            CommandKind::ImportOrder,
            None,
            "there is an order of this id already",
        ),
    }
}
