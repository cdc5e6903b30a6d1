//! The business policy of a storefront: payment, outages, deadlines and limits.
//!
//! A policy is data that `decide` and `record` read; it never does anything itself.

use crate::guard::CommandGuard;
use crate::money::{Amount, Currency};
use crate::value::StorefrontId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

string_enum! {
    /// When a payment is captured.
    pub enum PaymentPolicy as "payment policy" {
        /// Authorized before release, captured as units ship.
        CaptureOnShip = "capture_on_ship",
        /// Captured before release.
        CaptureOnConfirm = "capture_on_confirm",
        /// Nothing has to be paid before release.
        Invoice = "invoice",
    }
}

/// How orders are handled while an external service is unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutagePolicy {
    /// Accept the order and continue when the service is back, until the order's deadline; refuse
    /// further orders while the queue is full.
    Defer {
        /// The maximum number of deferred orders of one storefront.
        at_most: u32,
    },
    /// Reject the order, with a delay after which the caller may retry.
    Reject {
        /// The delay before the caller should retry.
        retry_after: Duration,
    },
    /// Accept orders up to an amount without verifying the customer; otherwise as `Defer`.
    AcceptUnverified {
        /// The maximum total of an order accepted without verification, in minor units.
        up_to: Amount,
        /// The maximum number of deferred orders of one storefront.
        at_most: u32,
    },
}

impl OutagePolicy {
    /// Returns the maximum number of deferred orders of one storefront; `None` under `Reject`.
    #[must_use]
    pub const fn queue_bound(&self) -> Option<u32> {
        match self {
            Self::Defer { at_most } | Self::AcceptUnverified { at_most, .. } => Some(*at_most),
            Self::Reject { .. } => None,
        }
    }
}

string_enum! {
    /// How a released order gets to the warehouse.
    pub enum FulfillmentPolicy as "fulfillment policy" {
        /// Fulfillments are planned and released by command.
        Manual = "manual",
        /// Everything is released to the warehouse as soon as the order is released and covered.
        Automatic = "automatic",
    }
}

/// When a new order is stored: after its customer and stock have been asked for, or before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlacingPolicy {
    /// The customer service and the inventory service are asked first, and the order is stored with
    /// their answers in one commit. If they do not answer definitely within `patience`, the order is
    /// stored without them, and goes on from the same calls.
    AskFirst {
        /// How long the answers are waited for; at most the request's time budget.
        patience: Duration,
    },
    /// The order is stored first, and its customer and stock are asked for afterwards.
    StoreFirst,
}

/// The policy of one storefront.
#[derive(Clone)]
#[non_exhaustive]
pub struct StorefrontPolicy {
    /// The currency of orders that are placed without one. Default: USD.
    pub currency: Currency,
    /// When a new order is stored. Default: once it is asked for, with a patience of 100 ms.
    pub placing: PlacingPolicy,
    /// When payments are captured. Default: as units ship.
    pub payment: PaymentPolicy,
    /// How orders are handled during an outage. Default: deferred, 10 000 at most.
    pub outage: OutagePolicy,
    /// How released orders get to the warehouse. Default: by command.
    pub fulfillment: FulfillmentPolicy,
    /// The maximum time an order may be pending before it expires. Default: one day.
    pub acceptance_window: Duration,
    /// The maximum time a confirmed order may be unpaid before it expires; restarted when an order
    /// whose stock was lost is confirmed again. Default: three days.
    pub payment_window: Duration,
    /// The lifetime of a stock reservation, after which it is extended or expires. Default: one hour.
    pub reservation_ttl: Duration,
    /// The maximum duration of one payment attempt; stock must be reserved for at least as long.
    /// Default: 15 minutes.
    pub attempt_window: Duration,
    /// The time after delivery within which a return can be requested. Default: 30 days.
    pub return_window: Duration,
    /// The maximum number of payment attempts of one order. Default: 20.
    pub max_attempts: u32,
    /// The number of failed attempts after which a compensation is reported as stuck; it is retried
    /// nevertheless. Default: 10.
    pub stuck_after: u32,
    /// The maximum number of lines of one order. Default: 500.
    pub max_lines: usize,
    /// The embedder's own rules, checked in this order. Default: none.
    pub guards: Vec<Arc<dyn CommandGuard>>,
}

impl Default for StorefrontPolicy {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        const DAY: u64 = 24 * HOUR;
        Self {
            currency: Currency::USD,
            placing: PlacingPolicy::AskFirst {
                patience: Duration::from_millis(100),
            },
            payment: PaymentPolicy::CaptureOnShip,
            outage: OutagePolicy::Defer { at_most: 10_000 },
            fulfillment: FulfillmentPolicy::Manual,
            acceptance_window: Duration::from_secs(DAY),
            payment_window: Duration::from_secs(3 * DAY),
            reservation_ttl: Duration::from_secs(HOUR),
            attempt_window: Duration::from_secs(HOUR / 4),
            return_window: Duration::from_secs(30 * DAY),
            max_attempts: 20,
            stuck_after: 10,
            max_lines: 500,
            guards: Vec::new(),
        }
    }
}

impl fmt::Debug for StorefrontPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorefrontPolicy")
            .field("currency", &self.currency)
            .field("payment", &self.payment)
            .field("outage", &self.outage)
            .field("guards", &self.guards.len())
            .finish_non_exhaustive()
    }
}

/// The policies of all storefronts: a default and the exceptions.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    default: StorefrontPolicy,
    storefronts: BTreeMap<StorefrontId, StorefrontPolicy>,
}

impl PolicySet {
    /// Makes a set that has this policy for every storefront.
    #[must_use]
    pub const fn new(default: StorefrontPolicy) -> Self {
        Self {
            default,
            storefronts: BTreeMap::new(),
        }
    }

    /// Sets the policy of one storefront.
    #[must_use]
    pub fn with(mut self, storefront: StorefrontId, policy: StorefrontPolicy) -> Self {
        self.storefronts.insert(storefront, policy);
        self
    }

    /// Returns the policy of this storefront, or the default.
    #[must_use]
    pub fn for_storefront(&self, storefront: &StorefrontId) -> &StorefrontPolicy {
        self.storefronts.get(storefront).unwrap_or(&self.default)
    }
}
