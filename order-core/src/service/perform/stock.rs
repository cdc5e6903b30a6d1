//! The inventory service: quotes and reservations.

use super::{Job, Verdict};
use crate::advance::prolonged_for;
use crate::fact::Fact;
use crate::order::{PricedLine, Reservation, Shortage, SkuUnits, StockWork};
use crate::ports::{OutsideError, Reserve, ReserveOutcome, ReviseOutcome, StockOutcome};
use crate::reference::Reference;
use crate::time::after;
use crate::value::{Code, ReservationNo, Sku};

impl Job<'_> {
    pub(super) async fn quote(&self) -> Verdict {
        if self.order.is_priced() || self.order.status().is_closed() {
            return Verdict::obsolete();
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
        let inventory = &self.engine.outside.inventory;
        let products = match inventory.products(&self.call, &skus).await {
            Ok(products) => products,
            Err(error) => return Verdict::of_error(error),
        };
        let product = |sku: &Sku| products.iter().find(|product| product.sku == *sku);
        let unknown: Vec<Sku> = skus
            .iter()
            .filter(|sku| product(sku).is_none())
            .cloned()
            .collect();
        if !unknown.is_empty() {
            return cannot_price(unknown, "unknown_sku");
        }
        let foreign: Vec<Sku> = products
            .iter()
            .filter(|product| product.unit_price.currency() != self.order.currency())
            .map(|product| product.sku.clone())
            .collect();
        if !foreign.is_empty() {
            return cannot_price(foreign, "currency_mismatch");
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
        Verdict::fact(Fact::LinesPriced { lines })
    }

    pub(super) async fn reserve(&self, no: ReservationNo, lines: &[SkuUnits]) -> Verdict {
        if !self.is_wanted(no, StockWork::Reserve) {
            return Verdict::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let request = Reserve::new(self.id(no), lines.to_vec(), self.ttl());
        let inventory = &self.engine.outside.inventory;
        let rejected = |shortages, unknown| {
            Verdict::fact(Fact::StockRejected {
                reservation: no,
                lines: lines.to_vec(),
                shortages,
                unknown,
            })
        };
        match inventory.reserve(&self.call, &request).await {
            Ok(ReserveOutcome::Reserved { expires_at }) => Verdict::fact(Fact::StockReserved {
                reservation: no,
                lines: lines.to_vec(),
                expires_at,
            }),
            Ok(ReserveOutcome::Insufficient { shortages }) => rejected(shortages, Vec::new()),
            Ok(ReserveOutcome::UnknownSkus { skus }) => rejected(Vec::new(), skus),
            Ok(ReserveOutcome::Gone) => gone(no),
            Err(error) => Verdict::of_error(error),
        }
    }

    pub(super) async fn revise(&self, no: ReservationNo, lines: &[SkuUnits]) -> Verdict {
        if !self.is_wanted(no, StockWork::Revise) {
            return Verdict::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let id = self.id(no);
        let inventory = &self.engine.outside.inventory;
        match inventory.revise(&self.call, &id, lines).await {
            Ok(ReviseOutcome::Revised) => Verdict::fact(Fact::StockRevised {
                reservation: no,
                lines: lines.to_vec(),
            }),
            Ok(ReviseOutcome::Insufficient { shortages }) => {
                Verdict::fact(Fact::StockRevisionRejected {
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
                Verdict::fact(Fact::StockRevisionRejected {
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
            Err(error) => Verdict::of_error(error),
        }
    }

    pub(super) async fn extend(&self, no: ReservationNo) -> Verdict {
        if !self.is_wanted(no, StockWork::Extend) {
            return Verdict::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let (id, now) = (self.id(no), self.engine.clock.now());
        let policies = self.engine.policies(self.order.storefront());
        let ttl = prolonged_for(self.order, policies, now);
        let inventory = &self.engine.outside.inventory;
        self.outcome(no, inventory.extend(&self.call, &id, ttl).await, |end| {
            Fact::StockExtended {
                reservation: no,
                expires_at: end.unwrap_or_else(|| after(now, ttl)),
            }
        })
    }

    pub(super) async fn commit_stock(&self, no: ReservationNo) -> Verdict {
        if !self.is_wanted(no, StockWork::Commit) {
            return Verdict::obsolete();
        }
        if self.order.gives_back_all_stock() {
            return self.release(no).await;
        }
        let id = self.id(no);
        let inventory = &self.engine.outside.inventory;
        self.outcome(no, inventory.commit(&self.call, &id).await, |_| {
            Fact::StockCommitted { reservation: no }
        })
    }

    /// Gives back whatever is held or taken. Also what is done instead of any other work on stock
    /// once all of it is to go back.
    pub(super) async fn release(&self, no: ReservationNo) -> Verdict {
        let id = self.id(no);
        let inventory = &self.engine.outside.inventory;
        match inventory.release(&self.call, &id).await {
            Ok(()) => Verdict::fact(Fact::StockReleased { reservation: no }),
            Err(error) => Verdict::Again {
                error,
                facts: Vec::new(),
            },
        }
    }

    fn outcome(
        &self,
        no: ReservationNo,
        answer: Result<StockOutcome, OutsideError>,
        done: impl FnOnce(Option<crate::time::Timestamp>) -> Fact,
    ) -> Verdict {
        match answer {
            Ok(StockOutcome::Done { expires_at }) => Verdict::fact(done(expires_at)),
            Ok(StockOutcome::Gone) => gone(no),
            Err(error) => Verdict::of_error(error),
        }
    }

    /// Whether the order still waits for this.
    fn is_wanted(&self, no: ReservationNo, work: StockWork) -> bool {
        self.order
            .reservation()
            .is_some_and(|one: &Reservation| one.no == no && one.work == Some(work))
    }

    fn id(&self, no: ReservationNo) -> Reference {
        Reference::Reservation(self.order.id(), no)
    }

    fn ttl(&self) -> std::time::Duration {
        self.engine
            .policies(self.order.storefront())
            .reservation_ttl
    }
}

fn gone(no: ReservationNo) -> Verdict {
    Verdict::fact(Fact::ReservationExpired { reservation: no })
}

fn cannot_price(skus: Vec<Sku>, code: &str) -> Verdict {
    Verdict::Done(
        Code::parse(code)
            .map(|code| Fact::PricingRejected { skus, code })
            .into_iter()
            .collect(),
    )
}
