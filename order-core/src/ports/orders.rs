//! The driving port: what order management offers to its adapters.

use super::{DeadLetterPage, ListQuery, Page, StoreError};
use crate::command::{Command, CommandKind, ImportOrder, NewLine};
use crate::effect::EffectId;
use crate::event::{Actor, Event};
use crate::fact::Fact;
use crate::money::Currency;
use crate::order::{Adjustment, Metadata, Order, PersonalData};
use crate::policy::Dependency;
use crate::refusal::Refusal;
use crate::value::{CustomerId, FactId, IdempotencyKey, OrderId, Sku, StorefrontId, Version};
use async_trait::async_trait;
use std::time::Duration;

/// A caller's promise that the same key means the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The operation, as the adapter names it: at most 64 characters.
    pub operation: String,
    /// The caller's key.
    pub key: IdempotencyKey,
    /// A hash of the request, to tell a repetition from another request with the same key.
    pub fingerprint: [u8; 32],
}

/// An outside event that must be recorded once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    /// Who reported it: `payments`, `shipping`.
    pub source: String,
    /// Its id there.
    pub id: FactId,
}

/// A wish to place an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// At this storefront.
    pub storefront: StorefrontId,
    /// For this customer.
    pub customer_id: CustomerId,
    /// In this currency; none: the storefront's.
    pub currency: Option<Currency>,
    /// Of these lines.
    pub lines: Vec<NewLine>,
    /// With these adjustments, which name lines by place: the first is line 1.
    pub adjustments: Vec<Adjustment>,
    /// With this address, contact and payment token.
    pub personal: PersonalData,
    /// With the caller's own data.
    pub metadata: Metadata,
    /// By whom.
    pub actor: Actor,
    /// Once only.
    pub idempotency: Option<Idempotency>,
}

impl Place {
    /// An order of these lines for this customer, by this system.
    #[must_use]
    pub fn new(storefront: StorefrontId, customer_id: CustomerId, lines: Vec<NewLine>) -> Self {
        Self {
            storefront,
            customer_id,
            currency: None,
            lines,
            adjustments: Vec::new(),
            personal: PersonalData::default(),
            metadata: Metadata::default(),
            actor: Actor::system(),
            idempotency: None,
        }
    }
}

/// A wish to take over an order from another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The order. Its id is kept.
    pub order: ImportOrder,
    /// By whom.
    pub actor: Actor,
}

/// A command to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execute {
    /// Of this storefront.
    pub storefront: StorefrontId,
    /// This order.
    pub id: OrderId,
    /// What is asked of it.
    pub command: Command,
    /// The version the caller knows; none: any.
    pub expected: Option<Version>,
    /// By whom.
    pub actor: Actor,
    /// Once only.
    pub idempotency: Option<Idempotency>,
}

impl Execute {
    /// A command to an order of any version, by this system.
    #[must_use]
    pub const fn new(storefront: StorefrontId, id: OrderId, command: Command) -> Self {
        Self {
            storefront,
            id,
            command,
            expected: None,
            actor: Actor::system(),
            idempotency: None,
        }
    }
}

/// A fact about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of this storefront.
    pub storefront: StorefrontId,
    /// This order.
    pub id: OrderId,
    /// What has happened.
    pub fact: Fact,
    /// Who says so.
    pub actor: Actor,
    /// Once only, for ever.
    pub receipt: Option<Receipt>,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// The order afterwards.
    pub order: Order,
    /// What has happened to it since the request came in.
    pub events: Vec<Event>,
    /// Whether this repeats the answer to an earlier request with the same key.
    pub replayed: bool,
}

impl Done {
    /// An order and what has happened to it.
    #[must_use]
    pub const fn new(order: Order, events: Vec<Event>, replayed: bool) -> Self {
        Self {
            order,
            events,
            replayed,
        }
    }
}

/// Whether a command would be accepted now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionState {
    /// The command.
    pub action: CommandKind,
    /// Why not; none: it would be.
    pub refusal: Option<Refusal>,
}

impl ActionState {
    /// A command that would be accepted, or why not.
    #[must_use]
    pub const fn new(action: CommandKind, refusal: Option<Refusal>) -> Self {
        Self { action, refusal }
    }
}

/// Why a request was not carried out. Unless said otherwise, nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// There is no such order at this storefront.
    #[error("there is no order {id}")]
    NotFound {
        /// The order asked for.
        id: OrderId,
    },
    /// The order, its storefront or the embedder refuses it.
    #[error("order refused: {refusal}")]
    Refused {
        /// The order, where there is one.
        id: Option<OrderId>,
        /// Why.
        refusal: Refusal,
    },
    /// The order has another version than the caller knows.
    #[error("order {id} has version {found}, not {expected}")]
    Stale {
        /// The order.
        id: OrderId,
        /// What the caller knows.
        expected: Version,
        /// What it has.
        found: Version,
    },
    /// The inventory service does not know these products.
    #[error("unknown products: {}", list(skus))]
    UnknownProducts {
        /// Which.
        skus: Vec<Sku>,
    },
    /// These products are not sold in the order's currency.
    #[error("products not sold in {currency}: {}", list(skus))]
    CurrencyMismatch {
        /// The order's currency.
        currency: Currency,
        /// Which.
        skus: Vec<Sku>,
    },
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// A request with the same idempotency key is being worked on.
    #[error("a request with this idempotency key is being worked on")]
    KeyInFlight {
        /// When to come back.
        retry_after: Duration,
    },
    /// An outside service is away, and the storefront does not wait for it. A new order was closed.
    #[error("the {dependency} service is unavailable")]
    Unavailable {
        /// Which.
        dependency: Dependency,
        /// When to come back.
        retry_after: Duration,
    },
    /// Others change the same order all the time.
    #[error("order {id} is changed by others all the time")]
    Contended {
        /// The order.
        id: OrderId,
    },
    /// The store failed. Whether the request was carried out is not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(skus: &[Sku]) -> String {
    skus.iter().map(Sku::as_str).collect::<Vec<_>>().join(", ")
}

/// Order management, as adapters see it.
///
/// Implemented by [`OrderService`](crate::service::OrderService); an adapter for a remote one can
/// stand behind the same API.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Places an order and carries it as far as it goes within the time budget.
    ///
    /// # Errors
    /// See [`OrderError`]. An order that its customer or stock rejected is no error: see its status.
    async fn place(&self, place: Place) -> Result<Done, OrderError>;

    /// Takes over an order from another system. The same external reference again gets the order
    /// imported before, as a replay.
    ///
    /// # Errors
    /// See [`OrderError`].
    async fn import(&self, import: Import) -> Result<Done, OrderError>;

    /// Carries out a command, and what follows from it within the time budget.
    ///
    /// # Errors
    /// See [`OrderError`].
    async fn execute(&self, execute: Execute) -> Result<Done, OrderError>;

    /// Records a fact. It is never refused.
    ///
    /// # Errors
    /// See [`OrderError`]: there is no such order, or the store failed.
    async fn report(&self, report: Report) -> Result<Done, OrderError>;

    /// The order, a deleted one too; `None` if there is none at this storefront.
    ///
    /// # Errors
    /// If the store failed.
    async fn get(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, OrderError>;

    /// Orders, newest first.
    ///
    /// # Errors
    /// If the store failed.
    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError>;

    /// What has happened to an order, oldest first; `None` if there is none at this storefront.
    ///
    /// # Errors
    /// If the store failed.
    async fn history(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, OrderError>;

    /// The order as it would be right after a command. Nothing is stored, and no service is asked for
    /// anything but prices.
    ///
    /// # Errors
    /// Those that [`execute`](Self::execute) would give.
    async fn preview(&self, execute: Execute) -> Result<Order, OrderError>;

    /// Which commands would be accepted now, and why the others would not; `None` if there is no
    /// such order at this storefront.
    ///
    /// # Errors
    /// If the store failed.
    async fn actions(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<ActionState>>, OrderError>;

    /// Effects that were given up on.
    ///
    /// # Errors
    /// If the store failed.
    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError>;

    /// Tries an effect again that was given up on. Answers whether there was one.
    ///
    /// # Errors
    /// If the store failed.
    async fn retry_dead_letter(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
    ) -> Result<bool, OrderError>;

    /// Whether requests can be served: the store answers.
    ///
    /// # Errors
    /// If it does not.
    async fn ready(&self) -> Result<(), OrderError>;
}
