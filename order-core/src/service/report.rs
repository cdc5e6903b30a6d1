//! Records facts that external services report.

use super::commit::Committed;
use super::engine::{Engine, MAX_CONFLICTS};
use super::run_effects::EffectRun;
use crate::ports::{CommandOutcome, FactReport, OrderError};
use crate::record::record_all;

impl Engine {
    pub(super) async fn report(&self, report: FactReport) -> Result<CommandOutcome, OrderError> {
        let FactReport {
            storefront,
            id,
            fact,
            actor,
            external_event,
        } = report;
        let received_at = self.clock.now();
        for _ in 0..MAX_CONFLICTS {
            let order = self.load(&storefront, id).await?;
            let ctx = self.context(&storefront, &actor);
            let transition = record_all(order.clone(), std::slice::from_ref(&fact), &ctx);
            if transition.events.is_empty() {
                return Ok(CommandOutcome::new(order, Vec::new(), false));
            }
            let mut planned = self.plan(Some(&order), transition, &ctx);
            planned.change.external_event.clone_from(&external_event);
            match self.commit_and_log(planned).await? {
                Committed::Applied(applied) => {
                    return self
                        .run_effects(EffectRun::for_request(*applied, received_at, None))
                        .await;
                }
                Committed::DuplicateExternalEvent => {
                    return Ok(CommandOutcome::new(order, Vec::new(), true));
                }
                Committed::VersionConflict | Committed::IdempotencyKeyTaken(_) => {}
            }
        }
        Err(OrderError::Contended { id })
    }
}
