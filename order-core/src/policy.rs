//! What a storefront may decide for itself.

use crate::command::Command;
use crate::money::{Amount, Currency};
use crate::order::Order;
use crate::refusal::Refusal;
use crate::value::StorefrontId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

coded! {
    /// An outside service that orders depend on.
    pub enum Dependency as "dependency" {
        /// Knows the customers.
        Customers = "customers",
        /// Holds the stock.
        Inventory = "inventory",
        /// Takes and returns money.
        Payments = "payments",
        /// Runs the warehouse.
        Shipping = "shipping",
        /// Writes to customers.
        Notifications = "notifications",
    }
}

coded! {
    /// When money is taken.
    pub enum PaymentPolicy as "payment policy" {
        /// Authorized before release, captured as units are shipped.
        CaptureOnShip = "capture_on_ship",
        /// Captured before release.
        CaptureOnConfirm = "capture_on_confirm",
        /// Nothing is due before release.
        Invoice = "invoice",
    }
}

/// What becomes of an order when an outside service cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutagePolicy {
    /// Accept the order and go on when the service is back, until its deadline; refuse further ones
    /// once this many wait.
    Defer {
        /// The most orders that may wait at one storefront for outside services.
        at_most: u32,
    },
    /// Close the order and ask the caller to come back.
    Reject {
        /// When to come back.
        retry_after: Duration,
    },
    /// Accept customers unchecked for orders up to this amount (minor units); else as `Defer`.
    AcceptUnverified {
        /// The greatest total of an order so accepted.
        up_to: Amount,
        /// The most orders that may wait at one storefront for outside services.
        at_most: u32,
    },
}

impl OutagePolicy {
    /// The most orders that may wait at one storefront for outside services; none under `Reject`.
    #[must_use]
    pub const fn queue_bound(&self) -> Option<u32> {
        match self {
            Self::Defer { at_most } | Self::AcceptUnverified { at_most, .. } => Some(*at_most),
            Self::Reject { .. } => None,
        }
    }
}

coded! {
    /// Who asks the warehouse to pack a released order.
    pub enum FulfillmentPolicy as "fulfillment policy" {
        /// Somebody, by command.
        Manual = "manual",
        /// The order itself, as soon as it is released and covered.
        Automatic = "automatic",
    }
}

/// An embedder's own rule. It may veto a command, never a fact.
pub trait Guard: Send + Sync {
    /// Vetoes the command on this order, or lets it pass.
    ///
    /// It is asked after the transition table has allowed the command, and must be pure: the same
    /// order and command always get the same answer.
    ///
    /// # Errors
    /// The refusal that the caller will see.
    fn check(&self, order: &Order, command: &Command) -> Result<(), Refusal>;
}

/// The rules of one storefront.
#[derive(Clone)]
#[non_exhaustive]
pub struct Policies {
    /// The currency of an order that names none.
    pub currency: Currency,
    /// When money is taken.
    pub payment: PaymentPolicy,
    /// What becomes of orders during an outage.
    pub outage: OutagePolicy,
    /// Who asks the warehouse.
    pub fulfillment: FulfillmentPolicy,
    /// How long an order may stay pending.
    pub acceptance_window: Duration,
    /// How long a confirmed order may stay unpaid. It counts anew where an order whose stock was lost
    /// is confirmed again.
    pub payment_window: Duration,
    /// How long stock is set aside at a time.
    pub reservation_ttl: Duration,
    /// How long one payment attempt may take; stock must be held for at least as long.
    pub attempt_window: Duration,
    /// How long after delivery units may be sent back.
    pub return_window: Duration,
    /// The most payment attempts of one order.
    pub max_attempts: u32,
    /// After how many failed tries a compensation is reported as stuck. It goes on being tried.
    pub stuck_after: u32,
    /// The most lines of one order.
    pub max_lines: usize,
    /// The embedder's own vetoes.
    pub guards: Vec<Arc<dyn Guard>>,
}

impl Default for Policies {
    fn default() -> Self {
        const HOUR: u64 = 60 * 60;
        const DAY: u64 = 24 * HOUR;
        Self {
            currency: Currency::USD,
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

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies")
            .field("currency", &self.currency)
            .field("payment", &self.payment)
            .field("outage", &self.outage)
            .field("guards", &self.guards.len())
            .finish_non_exhaustive()
    }
}

/// The policies of every storefront: one set for all, and those that differ.
#[derive(Debug, Clone, Default)]
pub struct PolicyBook {
    default: Policies,
    storefronts: BTreeMap<StorefrontId, Policies>,
}

impl PolicyBook {
    /// The same policies for every storefront.
    #[must_use]
    pub const fn new(default: Policies) -> Self {
        Self {
            default,
            storefronts: BTreeMap::new(),
        }
    }

    /// Other policies for this storefront.
    #[must_use]
    pub fn with(mut self, storefront: StorefrontId, policies: Policies) -> Self {
        self.storefronts.insert(storefront, policies);
        self
    }

    /// The policies of this storefront.
    #[must_use]
    pub fn of(&self, storefront: &StorefrontId) -> &Policies {
        self.storefronts.get(storefront).unwrap_or(&self.default)
    }
}
