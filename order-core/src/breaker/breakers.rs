//! One circuit for each storefront and outside service.

use super::{BreakerPolicy, BreakerState, CircuitBreaker, Open, Outcome, Permit};
use crate::policy::Dependency;
use crate::time::Timestamp;
use crate::value::StorefrontId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many storefronts are kept, unless said otherwise.
const STOREFRONTS: usize = 4_096;

/// The circuits of one storefront, in the order of [`Dependency::ALL`].
type Circuits = [CircuitBreaker; Dependency::ALL.len()];

#[derive(Debug)]
struct Storefront {
    circuits: Circuits,
    last_used: Timestamp,
}

/// One [`CircuitBreaker`] for each storefront and outside service, to be shared by all who call.
///
/// The number of storefronts it remembers is bounded. When there are more, those in whose circuits
/// nothing failed of late are forgotten first, then the one that was not used for longest.
#[derive(Debug)]
pub struct Breakers {
    fresh: Circuits,
    at_most: usize,
    storefronts: Mutex<HashMap<StorefrontId, Storefront>>,
}

impl Default for Breakers {
    fn default() -> Self {
        Self::new(BreakerPolicy::default())
    }
}

impl Breakers {
    /// The same policy for every service.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            fresh: std::array::from_fn(|_| CircuitBreaker::new(policy)),
            at_most: STOREFRONTS,
            storefronts: Mutex::default(),
        }
    }

    /// Another policy for this service.
    #[must_use]
    pub fn with(mut self, dependency: Dependency, policy: BreakerPolicy) -> Self {
        *of(&mut self.fresh, dependency) = CircuitBreaker::new(policy);
        self
    }

    /// Remembers at most so many storefronts; at least 1.
    #[must_use]
    pub fn with_storefronts(mut self, at_most: usize) -> Self {
        self.at_most = at_most.max(1);
        self
    }

    /// Asks to call this service for this storefront now.
    ///
    /// # Errors
    /// [`Open`], with the time to come back.
    pub fn permit(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        now: Timestamp,
    ) -> Result<Pass<'_>, Open> {
        let mut storefronts = self.locked();
        if !storefronts.contains_key(storefront) {
            make_room(&mut storefronts, self.at_most, now);
        }
        let entry = storefronts
            .entry(storefront.clone())
            .or_insert_with(|| Storefront {
                circuits: self.fresh.clone(),
                last_used: now,
            });
        entry.last_used = now;
        let permit = of(&mut entry.circuits, dependency).permit(now)?;
        drop(storefronts);
        Ok(Pass {
            breakers: self,
            storefront: storefront.clone(),
            dependency,
            permit: Some(permit),
        })
    }

    /// Where the circuit of this storefront and service stands now.
    #[must_use]
    pub fn state(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        now: Timestamp,
    ) -> BreakerState {
        self.locked()
            .get_mut(storefront)
            .map_or(BreakerState::Closed, |it| {
                of(&mut it.circuits, dependency).state(now)
            })
    }

    /// The circuits that are not closed now.
    #[must_use]
    pub fn not_closed(&self, now: Timestamp) -> BTreeMap<(StorefrontId, Dependency), BreakerState> {
        let storefronts = self.locked();
        let mut found = BTreeMap::new();
        for (storefront, it) in storefronts.iter() {
            for (dependency, circuit) in Dependency::ALL.iter().zip(&it.circuits) {
                let state = circuit.state(now);
                if state != BreakerState::Closed {
                    found.insert((storefront.clone(), *dependency), state);
                }
            }
        }
        found
    }

    /// How many storefronts are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.locked().len()
    }

    /// The circuit of a call under way; none if its storefront was forgotten meanwhile.
    fn with_circuit<T>(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        act: impl FnOnce(&mut CircuitBreaker) -> T,
    ) -> Option<T> {
        let mut storefronts = self.locked();
        let entry = storefronts.get_mut(storefront)?;
        Some(act(of(&mut entry.circuits, dependency)))
    }

    /// Locks, also after a panic elsewhere: a circuit is whole at every step.
    fn locked(&self) -> MutexGuard<'_, HashMap<StorefrontId, Storefront>> {
        self.storefronts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a service in [`Dependency::ALL`], which is the order of declaration.
const fn of(circuits: &mut Circuits, dependency: Dependency) -> &mut CircuitBreaker {
    &mut circuits[dependency as usize]
}

fn make_room(storefronts: &mut HashMap<StorefrontId, Storefront>, at_most: usize, now: Timestamp) {
    if storefronts.len() < at_most {
        return;
    }
    storefronts.retain(|_, it| !it.circuits.iter().all(|circuit| circuit.is_at_rest(now)));
    while storefronts.len() >= at_most {
        let oldest = storefronts
            .iter()
            .min_by_key(|(id, it)| (it.last_used, *id))
            .map(|(id, _)| id.clone());
        let Some(oldest) = oldest else { return };
        storefronts.remove(&oldest);
    }
}

/// A call under way. Say how it went with [`finish`](Self::finish); dropped, it says nothing, and
/// lets the next caller probe.
#[derive(Debug)]
#[must_use = "dropped, it says nothing about the service"]
pub struct Pass<'a> {
    breakers: &'a Breakers,
    storefront: StorefrontId,
    dependency: Dependency,
    permit: Option<Permit>,
}

impl Pass<'_> {
    /// Says how the call went.
    pub fn finish(mut self, outcome: Outcome, now: Timestamp) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let turn = self
            .breakers
            .with_circuit(&self.storefront, self.dependency, |circuit| {
                let before = circuit.state(now);
                circuit.record(permit, outcome, now);
                (before, circuit.state(now))
            });
        let (storefront, dependency) = (self.storefront.as_str(), self.dependency.as_str());
        use BreakerState::{Closed, HalfOpen, Open};
        match turn {
            Some((Closed | HalfOpen, Open { retry_after })) => {
                tracing::warn!(storefront, dependency, ?retry_after, "circuit opened");
            }
            Some((HalfOpen, Closed)) => {
                tracing::info!(storefront, dependency, "circuit closed");
            }
            _ => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.breakers
                .with_circuit(&self.storefront, self.dependency, |circuit| {
                    circuit.release(permit);
                });
        }
    }
}
