//! The circuits of all storefronts and external services, bounded in number.

use super::{BreakerPolicy, BreakerState, CircuitBreaker, CircuitOpen, Outcome, Permit};
use crate::dependency::Dependency;
use crate::time::Timestamp;
use crate::value::StorefrontId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The default maximum number of storefronts.
const MAX_STOREFRONTS: usize = 4_096;

/// The circuits of one storefront, in the order of [`Dependency::ALL`].
type Circuits = [CircuitBreaker; Dependency::ALL.len()];

#[derive(Debug)]
struct Storefront {
    circuits: Circuits,
    last_used: Timestamp,
}

/// One [`CircuitBreaker`] for each storefront and external service, shared by all callers.
///
/// The number of storefronts is bounded. When it is exceeded, storefronts without recent failures are
/// evicted first, then the least recently used one.
#[derive(Debug)]
pub struct BreakerRegistry {
    initial: Circuits,
    max_storefronts: usize,
    storefronts: Mutex<HashMap<StorefrontId, Storefront>>,
}

impl Default for BreakerRegistry {
    fn default() -> Self {
        Self::new(BreakerPolicy::default())
    }
}

impl BreakerRegistry {
    /// Creates a registry with the same policy for every service.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            initial: std::array::from_fn(|_| CircuitBreaker::new(policy)),
            max_storefronts: MAX_STOREFRONTS,
            storefronts: Mutex::default(),
        }
    }

    /// Sets the policy of one service.
    #[must_use]
    pub fn with(mut self, dependency: Dependency, policy: BreakerPolicy) -> Self {
        *circuit_of(&mut self.initial, dependency) = CircuitBreaker::new(policy);
        self
    }

    /// Sets the maximum number of storefronts; 0 counts as 1.
    #[must_use]
    pub fn with_storefronts(mut self, max: usize) -> Self {
        self.max_storefronts = max.max(1);
        self
    }

    /// Acquires the permission to call a service for a storefront now.
    ///
    /// # Errors
    /// [`CircuitOpen`] with the time to retry, while the circuit permits no call.
    pub fn try_acquire(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        now: Timestamp,
    ) -> Result<CallPermit<'_>, CircuitOpen> {
        let mut storefronts = self.lock();
        if !storefronts.contains_key(storefront) {
            evict(&mut storefronts, self.max_storefronts, now);
        }
        let entry = storefronts
            .entry(storefront.clone())
            .or_insert_with(|| Storefront {
                circuits: self.initial.clone(),
                last_used: now,
            });
        entry.last_used = now;
        let permit = circuit_of(&mut entry.circuits, dependency).try_acquire(now)?;
        drop(storefronts);
        Ok(CallPermit {
            breakers: self,
            storefront: storefront.clone(),
            dependency,
            permit: Some(permit),
        })
    }

    /// Returns the state of the circuit of a storefront and service.
    #[must_use]
    pub fn state(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        now: Timestamp,
    ) -> BreakerState {
        self.lock()
            .get_mut(storefront)
            .map_or(BreakerState::Closed, |entry| {
                circuit_of(&mut entry.circuits, dependency).state(now)
            })
    }

    /// Returns all circuits that are open or half-open.
    #[must_use]
    pub fn tripped(&self, now: Timestamp) -> BTreeMap<(StorefrontId, Dependency), BreakerState> {
        let storefronts = self.lock();
        let mut found = BTreeMap::new();
        for (storefront, entry) in storefronts.iter() {
            for (dependency, circuit) in Dependency::ALL.iter().zip(&entry.circuits) {
                let state = circuit.state(now);
                if state != BreakerState::Closed {
                    found.insert((storefront.clone(), *dependency), state);
                }
            }
        }
        found
    }

    /// Returns the number of storefronts.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Accesses the circuit of a call in flight; `None` if its storefront was evicted meanwhile.
    fn with_circuit<T>(
        &self,
        storefront: &StorefrontId,
        dependency: Dependency,
        f: impl FnOnce(&mut CircuitBreaker) -> T,
    ) -> Option<T> {
        let mut storefronts = self.lock();
        let entry = storefronts.get_mut(storefront)?;
        Some(f(circuit_of(&mut entry.circuits, dependency)))
    }

    /// Locks the storefronts. A poisoned lock is harmless: a circuit is consistent at every step.
    fn lock(&self) -> MutexGuard<'_, HashMap<StorefrontId, Storefront>> {
        self.storefronts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the circuit of a service: circuits are in the order of [`Dependency::ALL`], which is that
/// of declaration.
const fn circuit_of(circuits: &mut Circuits, dependency: Dependency) -> &mut CircuitBreaker {
    &mut circuits[dependency as usize]
}

fn evict(
    storefronts: &mut HashMap<StorefrontId, Storefront>,
    max_storefronts: usize,
    now: Timestamp,
) {
    if storefronts.len() < max_storefronts {
        return;
    }
    storefronts.retain(|_, entry| !entry.circuits.iter().all(|circuit| circuit.is_idle(now)));
    while storefronts.len() >= max_storefronts {
        let oldest = storefronts
            .iter()
            .min_by_key(|(id, entry)| (entry.last_used, *id))
            .map(|(id, _)| id.clone());
        let Some(oldest) = oldest else { return };
        storefronts.remove(&oldest);
    }
}

/// The permission to make one call. Report its outcome with [`finish`](Self::finish); a permit that is
/// dropped reports none, and lets the next caller probe.
#[derive(Debug)]
#[must_use = "a permit that is dropped reports no outcome"]
pub struct CallPermit<'a> {
    breakers: &'a BreakerRegistry,
    storefront: StorefrontId,
    dependency: Dependency,
    permit: Option<Permit>,
}

impl CallPermit<'_> {
    /// Reports the outcome of the call.
    pub fn finish(mut self, outcome: Outcome, now: Timestamp) {
        let Some(permit) = self.permit.take() else {
            return;
        };
        let change = self
            .breakers
            .with_circuit(&self.storefront, self.dependency, |circuit| {
                let before = circuit.state(now);
                circuit.record(permit, outcome, now);
                (before, circuit.state(now))
            });
        let (storefront, dependency) = (self.storefront.as_str(), self.dependency.as_str());
        use BreakerState::{Closed, HalfOpen, Open};
        match change {
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

impl Drop for CallPermit<'_> {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.breakers
                .with_circuit(&self.storefront, self.dependency, |circuit| {
                    circuit.release(permit);
                });
        }
    }
}
