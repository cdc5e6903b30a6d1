//! From what was decided or recorded to what is committed.

use super::Engine;
use crate::advance::next_wake;
use crate::draft::{Context, Step};
use crate::effect::Task;
use crate::event::Happening;
use crate::fact::Fact;
use crate::order::Order;
use crate::ports::{Change, Lease, NewEffect, TakenEffect};
use crate::record::follow;
use crate::time::after;
use crate::value::Version;

/// A change, and those of its effects that this process carries out at once.
pub(crate) struct Prepared {
    pub(crate) change: Change,
    pub(crate) mine: Vec<TakenEffect>,
}

impl Engine {
    /// What a step on an order of version `expected` writes. `before` is the order the events of
    /// the step apply to, none if the first makes it.
    pub(crate) fn prepare(
        &self,
        before: Option<&Order>,
        step: Step,
        ctx: &Context<'_>,
    ) -> Prepared {
        let Step {
            order,
            mut events,
            effects,
        } = dispatch(step, ctx);
        let expected = before.map_or(Version::NONE, Order::version);
        let lease = Lease::new(self.worker.clone(), after(ctx.now, self.settings.lease));
        let mut mine = Vec::new();
        let effects = effects
            .into_iter()
            .map(|effect| {
                // Messages to customers can wait; everything else is done at once.
                if matches!(effect.task, Task::Notify { .. }) {
                    return NewEffect::new(effect, None);
                }
                mine.push(TakenEffect::new(effect.clone(), 1));
                NewEffect::new(effect, Some(lease.clone()))
            })
            .collect();
        let closing =
            order.status().is_closed() && before.is_none_or(|before| !before.status().is_closed());
        let wake_at = next_wake(&order, ctx.policies);
        events.shrink_to_fit();
        let mut change = Change::new(expected, order, events);
        change.effects = effects;
        change.hurry = closing;
        change.publish = self.settings.publish;
        change.wake_at = wake_at;
        Prepared { change, mine }
    }
}

/// Payments and refunds that will be sent at once are marked as sent in the same commit.
///
/// So a crash never leaves in doubt whether one may have been sent: what is marked is queried
/// before it is sent again.
fn dispatch(step: Step, ctx: &Context<'_>) -> Step {
    let facts: Vec<Fact> = step
        .events
        .iter()
        .filter_map(|event| match event.happening {
            Happening::AttemptStarted { attempt, .. } => Some(Fact::AttemptDispatched { attempt }),
            Happening::RefundRequested { refund, .. } => Some(Fact::RefundDispatched { refund }),
            _ => None,
        })
        .collect();
    if facts.is_empty() {
        return step;
    }
    let Step {
        order,
        mut events,
        mut effects,
    } = step;
    let further = follow(order, &facts, ctx);
    events.extend(further.events);
    effects.extend(further.effects);
    Step {
        order: further.order,
        events,
        effects,
    }
}
