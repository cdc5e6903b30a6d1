//! From what was decided or recorded to what is committed.

use super::Engine;
use crate::advance::next_wake;
use crate::apply;
use crate::draft::{Context, Step};
use crate::effect::{Task, effects};
use crate::event::{Event, Happening};
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
        let Step { order, mut events } = dispatch(step, ctx);
        let expected = before.map_or(Version::NONE, Order::version);
        let caused = caused(before, &events);
        let lease = Lease::new(self.worker.clone(), after(ctx.now, self.settings.lease));
        let mut mine = Vec::new();
        let effects = caused
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
    let mut events = step.events;
    let further = follow(step.order, &facts, ctx);
    events.extend(further.events);
    Step {
        order: further.order,
        events,
    }
}

/// The effects of all the events, each seen on the order as it was right after it.
fn caused(before: Option<&Order>, events: &[Event]) -> Vec<crate::effect::Effect> {
    let mut order = before.cloned();
    let mut caused = Vec::new();
    for event in events {
        order = apply(order, event);
        if let Some(order) = &order {
            caused.extend(effects(order, event));
        }
    }
    caused
}
