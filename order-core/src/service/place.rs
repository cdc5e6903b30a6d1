//! Places an order: its customer and stock are asked for first, and it is stored with their answers in
//! one commit.
//!
//! | answers | what is stored |
//! |---|---|
//! | all definite, yes or no, within the patience of the storefront | the order with the answers, in one commit |
//! | an outage, a call without an outcome, or none in time | the order alone; it goes on from the calls under way |
//!
//! Stock is reserved under the id of the request ([`PlacementId`](crate::value::PlacementId)), which a
//! repetition shares. Whoever claims the key with that id owns the reservation; whoever does not,
//! because the request is refused, releases it. A payment is never asked for before the order is stored.
//!
//! Where the inventory is [in the store](super::OrderServiceBuilder::inventory_in_store), stock is not
//! asked for: the one commit reserves it. Where it is short, the rejection is committed instead.

use super::ask::{Asked, Draft};
use super::commit::{Applied, Committed};
use super::engine::Engine;
use super::outage::closed_by_outage;
use super::placements::placement_id;
use super::reserve_in_commit::{Reserving, settle_stock};
use super::run_effects::EffectRun;
use crate::command::{Command, PlaceOrder};
use crate::decide::decide_new;
use crate::event::Actor;
use crate::ports::{
    CommandOutcome, Idempotency, IdempotencyRecord, IdempotencyScope, OrderError, PlaceOrderRequest,
};
use crate::time::{Timestamp, after, between};
use crate::transition::{Context, Transition};

impl Engine {
    pub(super) async fn place(
        &self,
        request: PlaceOrderRequest,
    ) -> Result<CommandOutcome, OrderError> {
        let (storefront, idempotency) = (request.storefront.clone(), request.idempotency.clone());
        let key = idempotency
            .as_ref()
            .map(|idempotency| IdempotencyScope::new(storefront.clone(), idempotency));
        let under_way = key.clone().map(|key| self.placements.begin(key));
        let outcome = match &under_way {
            // A request with this key is under way: it may be answered already.
            Some(None) => Err(self.in_flight()),
            Some(Some(_)) | None => self.place_new(request).await,
        };
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
            order,
            actor,
            idempotency,
        } = request;
        let currency = order.currency.unwrap_or(self.policy(&storefront).currency);
        let id = self.ids.order_id(received_at);
        let key_ttl = self.config.idempotency_ttl;
        let mut place = PlaceOrder::new(id, storefront, order);
        place.placement = idempotency.as_ref().map(|idempotency| {
            let lines = &place.order.lines;
            placement_id(&place.storefront, idempotency, lines, received_at, key_ttl)
        });
        let draft = self.draft(&place, &self.context(&place.storefront, &actor));
        let draft = draft.as_ref();
        let mut asked = self.ask(draft, after(received_at, self.config.request_time_budget));
        let quote = self.quote(&place.storefront, currency, &place.order.lines);
        let decided = match asked.beside(quote).await {
            // If prices cannot be quoted now, the order is accepted without them and priced later.
            Ok(lines) => {
                let is_quoted = lines.is_some();
                place.order.lines = lines.unwrap_or(place.order.lines);
                let ctx = self.context(&place.storefront, &actor);
                self.decide_placed(&place, &ctx)
                    .map(|transition| (transition, is_quoted))
            }
            Err(error) => Err(error),
        };
        let (transition, is_quoted) = match decided {
            Ok(decided) => decided,
            Err(error) => {
                self.withdraw(draft, asked).await;
                return Err(error);
            }
        };
        if is_quoted {
            let ctx = self.context(&place.storefront, &actor);
            let waited = between(received_at, ctx.now);
            let left = self.patience(&ctx).saturating_sub(waited);
            asked.wait(self.clock.sleep(left)).await;
        }
        let request = Placing {
            place,
            actor,
            idempotency,
            received_at,
        };
        let store = self.store_placed(request, transition, draft, asked);
        Box::pin(store).await
    }

    fn decide_placed(
        &self,
        place: &PlaceOrder,
        ctx: &Context<'_>,
    ) -> Result<Transition, OrderError> {
        decide_new(&Command::PlaceOrder(Box::new(place.clone())), ctx)
            .map_err(|refusal| OrderError::Refused { id: None, refusal })
    }

    /// Stores a decided order with what was answered, and carries out the rest.
    async fn store_placed(
        &self,
        request: Placing,
        mut transition: Transition,
        draft: Option<&Draft>,
        mut asked: Asked<'_>,
    ) -> Result<CommandOutcome, OrderError> {
        let Placing {
            mut place,
            actor,
            idempotency,
            received_at,
        } = request;
        let storefront = place.storefront.clone();
        let mut out_of_stock = None;
        loop {
            let system = Actor::system();
            let ctx = self.context(&storefront, &system);
            let mut reserve = None;
            if let Some(facts) = asked.facts() {
                transition.effects.retain(|one| !asked.settles(&one.kind));
                transition = transition.then_record(&facts, &ctx);
                if self.inventory_in_store {
                    (transition, reserve) = settle_stock(transition, out_of_stock.take(), &ctx);
                }
            }
            let mut planned = self.plan(None, transition, &ctx);
            planned.change.reserve = reserve;
            let claims_unused = place.placement.is_some();
            self.claim_key(&mut planned, idempotency.as_ref(), claims_unused, ctx.now);
            let committed = match asked.beside(self.commit_reserving(planned)).await {
                Ok(Reserving::Committed(committed)) => committed,
                Ok(Reserving::OutOfStock(missing)) => {
                    out_of_stock = Some(missing);
                    transition = self.decide_placed(&place, &self.context(&storefront, &actor))?;
                    continue;
                }
                // An earlier use of the key has ended this reservation.
                Ok(Reserving::IdTaken) if place.placement.take().is_some() => {
                    transition = self.decide_placed(&place, &self.context(&storefront, &actor))?;
                    continue;
                }
                Ok(Reserving::IdTaken) => return Err(OrderError::Contended { id: place.id }),
                Err(error) => {
                    // It may be stored: a repetition of the request finds out.
                    self.leave_in_doubt(draft, &asked, &error);
                    return Err(error.into());
                }
            };
            match committed {
                Committed::Applied(applied) => {
                    if applied.leased.is_empty() {
                        let Applied { order, events, .. } = *applied;
                        return Ok(CommandOutcome::new(order, events, false));
                    }
                    let key = idempotency
                        .as_ref()
                        .map(|idempotency| IdempotencyScope::new(storefront, idempotency));
                    let run = EffectRun::for_placing(*applied, received_at, key);
                    let run = self.run_effects_from(run, asked.into_calls());
                    return Box::pin(run).await;
                }
                Committed::IdempotencyKeyTaken(record) if record.is_released() => {
                    // An outage closed the order of an earlier request with this key. What is
                    // reserved under its id belongs to that order, which releases it.
                    if !self.inventory_in_store {
                        asked = Asked::Nothing;
                    }
                    place.placement = None;
                    transition = self.decide_placed(&place, &self.context(&storefront, &actor))?;
                }
                Committed::IdempotencyKeyTaken(record) => {
                    if !is_repetition(&record, idempotency.as_ref()) {
                        self.withdraw(draft, asked).await;
                    }
                    return self
                        .replay(&storefront, &record, idempotency.as_ref(), None)
                        .await;
                }
                Committed::VersionConflict | Committed::DuplicateExternalEvent => {
                    self.withdraw(draft, asked).await;
                    return Err(OrderError::Contended { id: place.id });
                }
            }
        }
    }
}

/// A request whose order is decided.
struct Placing {
    place: PlaceOrder,
    actor: Actor,
    idempotency: Option<Idempotency>,
    received_at: Timestamp,
}

/// Returns whether a request is the one that the record is of: its reservation is that of the record's
/// order.
fn is_repetition(record: &IdempotencyRecord, idempotency: Option<&Idempotency>) -> bool {
    idempotency.is_some_and(|one| one.fingerprint == record.fingerprint)
}
