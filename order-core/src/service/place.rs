//! Placing and importing orders.

use super::Engine;
use super::drive::{Drive, tell};
use crate::command::{Command, CommandKind, NewLine, PlaceOrder};
use crate::decide::begin;
use crate::event::Happening;
use crate::money::Currency;
use crate::order::{Order, OrderStatus};
use crate::policy::{Dependency, OutagePolicy};
use crate::ports::{
    Call, CommitOutcome, Done, Idempotency, Import, KeyChange, KeyRecord, OrderError, OutsideError,
    OutsideErrorKind, Place, Product, ScopedKey,
};
use crate::refusal::{Refusal, RefusalCode};
use crate::time::after;
use crate::value::{IdempotencyKey, Sku, StorefrontId, Version};
use std::time::Duration;

/// The code of an order that was closed because an outside service was away.
pub(super) const UNAVAILABLE: &str = "dependency_unavailable";
/// When to come back if nobody said so.
const COME_BACK: Duration = Duration::from_secs(30);
/// Keys that outlast everything, such as the reference of an imported order.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Engine {
    pub(super) async fn place(&self, place: Place) -> Result<Done, OrderError> {
        let (storefront, idempotency) = (place.storefront.clone(), place.idempotency.clone());
        let outcome = self.place_anew(place).await;
        let done = self
            .unless_answered(outcome, &storefront, idempotency.as_ref(), None)
            .await?;
        match closed_by_outage(&done.events) {
            Some(dependency) => Err(OrderError::Unavailable {
                dependency,
                retry_after: self.come_back(&storefront),
            }),
            None => Ok(done),
        }
    }

    async fn place_anew(&self, place: Place) -> Result<Done, OrderError> {
        let began = self.clock.now();
        let (storefront, idempotency) = (place.storefront.clone(), place.idempotency.clone());
        let currency = place
            .currency
            .unwrap_or(self.policies(&storefront).currency);
        let lines = match self.quote(&storefront, currency, &place.lines).await? {
            Some(lines) => lines,
            // Prices cannot be asked for now: the order waits for them.
            None => place.lines,
        };
        let actor = place.actor;
        let ctx = self.context(&storefront, &actor);
        let id = self.ids.order_id(ctx.now);
        let command = Command::PlaceOrder(Box::new(PlaceOrder {
            id,
            storefront: storefront.clone(),
            customer_id: place.customer_id,
            currency: Some(currency),
            lines,
            adjustments: place.adjustments,
            personal: place.personal,
            metadata: place.metadata,
        }));
        let step =
            begin(&command, &ctx).map_err(|refusal| OrderError::Refused { id: None, refusal })?;
        let mut prepared = self.prepare(None, step, &ctx);
        let key = idempotency
            .as_ref()
            .map(|idempotency| ScopedKey::new(storefront.clone(), idempotency));
        self.claim(&mut prepared, idempotency.as_ref(), ctx.now);
        let (order, events) = (
            prepared.change.order.clone(),
            prepared.change.events.clone(),
        );
        match self.store.commit(prepared.change).await? {
            CommitOutcome::Applied => tell(&order, &events),
            CommitOutcome::KeyTaken(record) => {
                let fingerprint = idempotency.map_or([0; 32], |one| one.fingerprint);
                return self.replay(&storefront, &record, &fingerprint, None).await;
            }
            CommitOutcome::Stale { .. } | CommitOutcome::AlreadyReceived => {
                return Err(OrderError::Contended { id });
            }
        }
        let driven = self
            .drive(Drive::of_placing(order, prepared.mine, began, key))
            .await?;
        let mut happened = events;
        happened.extend(driven.events);
        Ok(Done::new(driven.order, happened, false))
    }

    pub(super) async fn import(&self, import: Import) -> Result<Done, OrderError> {
        let storefront = import.order.order.storefront.clone();
        let reference = import.order.reference.clone();
        let id = import.order.order.id;
        let ctx = self.context(&storefront, &import.actor);
        let command = Command::ImportOrder(Box::new(import.order));
        let step =
            begin(&command, &ctx).map_err(|refusal| OrderError::Refused { id: None, refusal })?;
        let mut prepared = self.prepare(None, step, &ctx);
        let key = IdempotencyKey::parse(reference.as_str())
            .map(|key| Idempotency {
                operation: "import".to_owned(),
                key,
                fingerprint: [0; 32],
            })
            .map(|idempotency| ScopedKey::new(storefront.clone(), &idempotency));
        prepared.change.key = key.ok().map(|key| KeyChange::Claim {
            key,
            record: KeyRecord::new(
                id,
                [0; 32],
                Version::NONE,
                prepared.change.order.version(),
                None,
                after(ctx.now, FOR_EVER),
            ),
            now: ctx.now,
        });
        let (order, events) = (
            prepared.change.order.clone(),
            prepared.change.events.clone(),
        );
        match self.store.commit(prepared.change).await? {
            CommitOutcome::Applied => {
                tell(&order, &events);
                Ok(Done::new(order, events, false))
            }
            CommitOutcome::KeyTaken(record) => {
                self.replay(&storefront, &record, &[0; 32], None).await
            }
            CommitOutcome::Stale { .. } | CommitOutcome::AlreadyReceived => {
                Err(OrderError::Refused {
                    id: Some(id),
                    refusal: Refusal::new(
                        RefusalCode::AlreadyPlaced,
                        CommandKind::ImportOrder,
                        None,
                        "there is an order of this id already",
                    ),
                })
            }
        }
    }

    /// The lines with names and prices as the inventory service quotes them; `None` if it cannot be
    /// reached and the storefront waits for it.
    pub(super) async fn quote(
        &self,
        storefront: &StorefrontId,
        currency: Currency,
        lines: &[NewLine],
    ) -> Result<Option<Vec<NewLine>>, OrderError> {
        let mut skus: Vec<Sku> = lines
            .iter()
            .filter(|line| is_quoted(line))
            .map(|line| line.sku.clone())
            .collect();
        skus.sort();
        skus.dedup();
        if skus.is_empty() {
            return Ok(Some(lines.to_vec()));
        }
        let now = self.clock.now();
        let call = Call::new(
            storefront.clone(),
            format!("quote-{:016x}", self.ids.chance()),
            after(now, self.settings.budget),
        );
        match self.outside.inventory.products(&call, &skus).await {
            Ok(products) => priced(lines, &products, currency).map(Some),
            Err(error) if !error.is_outage() => Err(OrderError::UnknownProducts { skus }),
            Err(error) => {
                tracing::warn!(%storefront, error = %error, "prices cannot be asked for");
                match self.policies(storefront).outage {
                    OutagePolicy::Reject { .. } => Err(OrderError::Unavailable {
                        dependency: Dependency::Inventory,
                        retry_after: wait_of(&error).unwrap_or_else(|| self.come_back(storefront)),
                    }),
                    OutagePolicy::Defer { .. } | OutagePolicy::AcceptUnverified { .. } => Ok(None),
                }
            }
        }
    }

    /// When a caller should come back who was turned away.
    pub(super) fn come_back(&self, storefront: &StorefrontId) -> Duration {
        match self.policies(storefront).outage {
            OutagePolicy::Reject { retry_after } => retry_after,
            OutagePolicy::Defer { .. } | OutagePolicy::AcceptUnverified { .. } => COME_BACK,
        }
    }
}

/// Whether the inventory service is asked about a line: what it costs, or what it is called.
const fn is_quoted(line: &NewLine) -> bool {
    line.unit_price.is_none() || line.name.is_none()
}

/// Names and prices onto lines. A price that was agreed stays.
fn priced(
    lines: &[NewLine],
    products: &[Product],
    currency: Currency,
) -> Result<Vec<NewLine>, OrderError> {
    let (mut unknown, mut foreign) = (Vec::new(), Vec::new());
    let mut quoted = Vec::with_capacity(lines.len());
    for line in lines {
        if !is_quoted(line) {
            quoted.push(line.clone());
            continue;
        }
        let product = products.iter().find(|product| product.sku == line.sku);
        let mut line = line.clone();
        match product {
            Some(product) => {
                if line.unit_price.is_none() {
                    if product.unit_price.currency() == currency {
                        line.unit_price = Some(product.unit_price.amount());
                    } else {
                        foreign.push(line.sku.clone());
                    }
                }
                line.name = line.name.or_else(|| product.name.clone());
            }
            None => unknown.push(line.sku.clone()),
        }
        quoted.push(line);
    }
    if !unknown.is_empty() {
        return Err(OrderError::UnknownProducts { skus: unknown });
    }
    if !foreign.is_empty() {
        return Err(OrderError::CurrencyMismatch {
            currency,
            skus: foreign,
        });
    }
    Ok(quoted)
}

const fn wait_of(error: &OutsideError) -> Option<Duration> {
    match error.kind {
        OutsideErrorKind::Unavailable { retry_after } => retry_after,
        OutsideErrorKind::Unknown | OutsideErrorKind::Refused { .. } => None,
    }
}

/// The service whose outage closed the order, if one did.
fn closed_by_outage(events: &[crate::event::Event]) -> Option<Dependency> {
    events.iter().find_map(|event| match &event.happening {
        Happening::OrderRejected { reason } if reason.code.as_str() == UNAVAILABLE => {
            Some(reason.dependency.unwrap_or(Dependency::Inventory))
        }
        _ => None,
    })
}

/// Whether the order was closed because an outside service was away.
pub(super) fn is_closed_by_outage(order: &Order, events: &[crate::event::Event]) -> bool {
    order.status() == OrderStatus::Rejected && closed_by_outage(events).is_some()
}
