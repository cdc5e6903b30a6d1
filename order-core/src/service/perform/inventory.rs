//! Calls of the inventory service: quotes and reservations.

use super::{EffectContext, EffectOutcome};
use crate::fact::Fact;
use crate::order::{PricedLine, Reservation, ReservationOperation, Shortage, SkuQuantity};
use crate::ports::{ReserveOutcome, ReserveRequest, ReviseOutcome, ServiceError, StockOutcome};
use crate::reconcile::reservation_extension;
use crate::reference::Reference;
use crate::time::after;
use crate::value::{Code, ReservationNo, Sku};

impl EffectContext<'_> {
    pub(super) async fn quote(&self) -> EffectOutcome {
        if self.order.is_priced() || self.order.status().is_closed() {
            return EffectOutcome::obsolete();
        }
        let mut skus: Vec<Sku> = self
            .order
            .lines()
            .iter()
            .filter(|line| line.unit_price.is_none())
            .map(|line| line.sku.clone())
            .collect();
        skus.sort();
        skus.dedup();
        let inventory = &self.engine.services.inventory;
        let products = match inventory.products(&self.call, &skus).await {
            Ok(products) => products,
            Err(error) => return EffectOutcome::from_error(error),
        };
        let product = |sku: &Sku| products.iter().find(|product| product.sku == *sku);
        let unknown: Vec<Sku> = skus
            .iter()
            .filter(|sku| product(sku).is_none())
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return cannot_price(unknown, Code::literal("unknown_sku"));
        }
        let foreign: Vec<Sku> = products
            .iter()
            .filter(|product| product.unit_price.currency() != self.order.currency())
            .map(|product| product.sku.clone())
            .collect();
        if !foreign.is_empty() {
            return cannot_price(foreign, Code::literal("currency_mismatch"));
        }
        let lines = self
            .order
            .lines()
            .iter()
            .filter(|line| line.unit_price.is_none())
            .filter_map(|line| {
                let product = product(&line.sku)?;
                let price = product.unit_price.amount();
                Some(PricedLine::new(line.id, product.name.clone(), price))
            })
            .collect();
        EffectOutcome::fact(Fact::LinesPriced { lines })
    }

    pub(super) async fn reserve(&self, no: ReservationNo, lines: &[SkuQuantity]) -> EffectOutcome {
        if !self.is_wanted(no, ReservationOperation::Reserve) {
            return EffectOutcome::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let request = ReserveRequest::new(self.id(no), lines.to_vec(), self.ttl());
        let inventory = &self.engine.services.inventory;
        let rejected = |shortages, unknown| {
            EffectOutcome::fact(Fact::StockRejected {
                reservation: no,
                lines: lines.to_vec(),
                shortages,
                unknown,
            })
        };
        match inventory.reserve(&self.call, &request).await {
            Ok(ReserveOutcome::Reserved { expires_at }) => {
                EffectOutcome::fact(Fact::StockReserved {
                    reservation: no,
                    lines: lines.to_vec(),
                    expires_at,
                })
            }
            Ok(ReserveOutcome::Insufficient { shortages }) => rejected(shortages, Vec::new()),
            Ok(ReserveOutcome::UnknownSkus { skus }) => rejected(Vec::new(), skus),
            Ok(ReserveOutcome::Gone) => gone(no),
            Err(error) => EffectOutcome::from_error(error),
        }
    }

    pub(super) async fn revise(&self, no: ReservationNo, lines: &[SkuQuantity]) -> EffectOutcome {
        if !self.is_wanted(no, ReservationOperation::Revise) {
            return EffectOutcome::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let id = self.id(no);
        let inventory = &self.engine.services.inventory;
        match inventory.revise(&self.call, &id, lines).await {
            Ok(ReviseOutcome::Revised) => EffectOutcome::fact(Fact::StockRevised {
                reservation: no,
                lines: lines.to_vec(),
            }),
            Ok(ReviseOutcome::Insufficient { shortages }) => {
                EffectOutcome::fact(Fact::StockRevisionRejected {
                    reservation: no,
                    shortages,
                })
            }
            Ok(ReviseOutcome::UnknownSkus { skus }) => {
                let wanted = |sku: &Sku| {
                    lines
                        .iter()
                        .find(|line| line.sku == *sku)
                        .map_or(0, |line| line.quantity)
                };
                EffectOutcome::fact(Fact::StockRevisionRejected {
                    reservation: no,
                    shortages: skus
                        .into_iter()
                        .map(|sku| {
                            let requested = wanted(&sku);
                            Shortage::new(sku, requested, 0)
                        })
                        .collect(),
                })
            }
            Ok(ReviseOutcome::Gone) => gone(no),
            Err(error) => EffectOutcome::from_error(error),
        }
    }

    pub(super) async fn extend(&self, no: ReservationNo) -> EffectOutcome {
        if !self.is_wanted(no, ReservationOperation::Extend) {
            return EffectOutcome::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let (id, now) = (self.id(no), self.engine.clock.now());
        let policy = self.engine.policy(self.order.storefront());
        let ttl = reservation_extension(self.order, policy, now);
        let inventory = &self.engine.services.inventory;
        self.outcome(no, inventory.extend(&self.call, &id, ttl).await, |end| {
            Fact::StockExtended {
                reservation: no,
                expires_at: end.unwrap_or_else(|| after(now, ttl)),
            }
        })
    }

    pub(super) async fn commit_stock(&self, no: ReservationNo) -> EffectOutcome {
        if !self.is_wanted(no, ReservationOperation::Commit) {
            return EffectOutcome::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let id = self.id(no);
        let inventory = &self.engine.services.inventory;
        self.outcome(no, inventory.commit(&self.call, &id).await, |_| {
            Fact::StockCommitted { reservation: no }
        })
    }

    /// Releases what is reserved or committed. Also replaces every other operation on stock once all of
    /// it is to be released.
    pub(super) async fn release(&self, no: ReservationNo) -> EffectOutcome {
        let id = self.id(no);
        let inventory = &self.engine.services.inventory;
        match inventory.release(&self.call, &id).await {
            Ok(()) => EffectOutcome::fact(Fact::StockReleased { reservation: no }),
            Err(error) => EffectOutcome::Retry {
                error,
                facts: Vec::new(),
            },
        }
    }

    fn outcome(
        &self,
        no: ReservationNo,
        answer: Result<StockOutcome, ServiceError>,
        done: impl FnOnce(Option<crate::time::Timestamp>) -> Fact,
    ) -> EffectOutcome {
        match answer {
            Ok(StockOutcome::Done { expires_at }) => EffectOutcome::fact(done(expires_at)),
            Ok(StockOutcome::Gone) => gone(no),
            Err(error) => EffectOutcome::from_error(error),
        }
    }

    /// Returns whether the reservation still waits for this operation.
    fn is_wanted(&self, no: ReservationNo, operation: ReservationOperation) -> bool {
        self.order.reservation().is_some_and(|one: &Reservation| {
            one.no == no && one.pending_operation == Some(operation)
        })
    }

    fn id(&self, no: ReservationNo) -> Reference {
        self.order.reservation_reference(no)
    }

    fn ttl(&self) -> std::time::Duration {
        self.engine.policy(self.order.storefront()).reservation_ttl
    }
}

fn gone(no: ReservationNo) -> EffectOutcome {
    EffectOutcome::fact(Fact::ReservationExpired { reservation: no })
}

fn cannot_price(skus: Vec<Sku>, code: Code) -> EffectOutcome {
    EffectOutcome::fact(Fact::PricingRejected { skus, code })
}
