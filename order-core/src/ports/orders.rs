//! The driving port: what order management offers to its callers, such as an HTTP API.

use super::{DeadLetterPage, ExternalEventRef, Idempotency, ListQuery, Page, StoreError};
use crate::command::{Command, CommandKind, ImportOrder};
use crate::dependency::Dependency;
use crate::effect::EffectId;
use crate::event::{Actor, Event};
use crate::fact::Fact;
use crate::money::Currency;
use crate::new_order::NewOrder;
use crate::order::Order;
use crate::refusal::Refusal;
use crate::value::{OrderId, Sku, StorefrontId, Version};
use async_trait::async_trait;
use std::time::Duration;

/// A request to place an order, for [`Orders::place`].
///
/// ```
/// use order_core::new_order::{NewLine, NewOrder};
/// use order_core::ports::PlaceOrderRequest;
/// use order_core::value::{CustomerId, Quantity, Sku, StorefrontId};
///
/// let line = NewLine::new(Sku::parse("tea")?, Quantity::new(2)?);
/// let order = NewOrder::new(CustomerId::parse("ada")?, vec![line]);
/// let request = PlaceOrderRequest::new(StorefrontId::default(), order);
/// # Ok::<(), order_core::value::InvalidValue>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceOrderRequest {
    /// The storefront the order is placed at.
    pub storefront: StorefrontId,
    /// The order as requested.
    pub order: NewOrder,
    /// Who sends the request.
    pub actor: Actor,
    /// The idempotency key, if the caller gave one; absent: every request places an order.
    pub idempotency: Option<Idempotency>,
}

impl PlaceOrderRequest {
    /// Creates a request by the system and without an idempotency key.
    #[must_use]
    pub const fn new(storefront: StorefrontId, order: NewOrder) -> Self {
        Self {
            storefront,
            order,
            actor: Actor::system(),
            idempotency: None,
        }
    }
}

/// A request to import an order from another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportOrderRequest {
    /// The order; it keeps its id.
    pub order: ImportOrder,
    /// Who sends the request.
    pub actor: Actor,
}

/// A request to carry out a command on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandRequest {
    /// The storefront of the order.
    pub storefront: StorefrontId,
    /// The id of the order.
    pub id: OrderId,
    /// The command.
    pub command: Command,
    /// The version that the caller has seen (optimistic lock); absent: any version.
    pub expected_version: Option<Version>,
    /// Who sends the request.
    pub actor: Actor,
    /// The idempotency key, if the caller gave one.
    pub idempotency: Option<Idempotency>,
}

impl CommandRequest {
    /// Creates a request for any version, by the system and without an idempotency key.
    #[must_use]
    pub const fn new(storefront: StorefrontId, id: OrderId, command: Command) -> Self {
        Self {
            storefront,
            id,
            command,
            expected_version: None,
            actor: Actor::system(),
            idempotency: None,
        }
    }
}

/// A report of a fact about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactReport {
    /// The storefront of the order.
    pub storefront: StorefrontId,
    /// The id of the order.
    pub id: OrderId,
    /// The fact.
    pub fact: Fact,
    /// Who reports it.
    pub actor: Actor,
    /// The external event that carried it, which the inbox deduplicates for ever; absent if the report
    /// has no identity.
    pub external_event: Option<ExternalEventRef>,
}

/// The outcome of a request: the order and its new events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandOutcome {
    /// The order after the request.
    pub order: Order,
    /// The events since the request was received, oldest first.
    pub events: Vec<Event>,
    /// Whether this replays the answer to an earlier request with the same idempotency key.
    pub replayed: bool,
}

impl CommandOutcome {
    /// Creates an outcome.
    #[must_use]
    pub const fn new(order: Order, events: Vec<Event>, replayed: bool) -> Self {
        Self {
            order,
            events,
            replayed,
        }
    }
}

/// Whether a command would be accepted at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandAvailability {
    /// The command.
    pub command: CommandKind,
    /// The refusal that it would get; absent if it would be accepted.
    pub refusal: Option<Refusal>,
}

impl CommandAvailability {
    /// Creates an entry.
    #[must_use]
    pub const fn new(command: CommandKind, refusal: Option<Refusal>) -> Self {
        Self { command, refusal }
    }
}

/// A request that was not carried out. Nothing was changed unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// The storefront has no such order.
    #[error("there is no order {id}")]
    NotFound {
        /// The requested id.
        id: OrderId,
    },
    /// The command is refused by the state of the order, the policy or the embedder's guard.
    #[error("order refused: {refusal}")]
    Refused {
        /// The order; absent if there is none.
        id: Option<OrderId>,
        /// The refusal.
        refusal: Refusal,
    },
    /// The order has another version than the caller expects.
    #[error("order {id} has version {found}, not {expected}")]
    VersionConflict {
        /// The order.
        id: OrderId,
        /// The version that the caller expects.
        expected: Version,
        /// The version of the order.
        found: Version,
    },
    /// The inventory service does not know some SKUs.
    #[error("unknown products: {}", list(skus))]
    UnknownProducts {
        /// The unknown SKUs.
        skus: Vec<Sku>,
    },
    /// Some SKUs are not sold in the order's currency.
    #[error("products not sold in {currency}: {}", list(skus))]
    CurrencyMismatch {
        /// The order's currency.
        currency: Currency,
        /// The SKUs sold in other currencies.
        skus: Vec<Sku>,
    },
    /// The idempotency key was used for a request with another fingerprint.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// A request with the same idempotency key is in flight.
    #[error("a request with this idempotency key is being worked on")]
    IdempotencyKeyInFlight {
        /// How long to wait before a retry.
        retry_after: Duration,
    },
    /// An external service is unavailable, and the policy is not to wait for it. A new order was
    /// rejected.
    #[error("the {dependency} service is unavailable")]
    Unavailable {
        /// The service.
        dependency: Dependency,
        /// How long to wait before a retry.
        retry_after: Duration,
    },
    /// Every attempt lost the race against concurrent changes of the same order.
    #[error("order {id} is changed by others all the time")]
    Contended {
        /// The order.
        id: OrderId,
    },
    /// The store failed. It is not known whether the request was carried out.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn list(skus: &[Sku]) -> String {
    skus.iter().map(Sku::as_str).collect::<Vec<_>>().join(", ")
}

/// Order management, as callers see it.
///
/// [`OrderService`](crate::service::OrderService) implements it. A client of a remote order service
/// can implement it as well, so that both are served by the same HTTP API.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Places an order and carries out its effects within the time budget of a request.
    ///
    /// # Errors
    /// See [`OrderError`]. An order that is rejected because of its customer or stock is not an error:
    /// its status says so.
    async fn place(&self, place: PlaceOrderRequest) -> Result<CommandOutcome, OrderError>;

    /// Imports an order from another system. A repeated external reference returns the order that was
    /// imported before, as a replay.
    ///
    /// # Errors
    /// See [`OrderError`].
    async fn import(&self, import: ImportOrderRequest) -> Result<CommandOutcome, OrderError>;

    /// Carries out a command, and its effects within the time budget of a request.
    ///
    /// # Errors
    /// See [`OrderError`].
    async fn execute(&self, execute: CommandRequest) -> Result<CommandOutcome, OrderError>;

    /// Records a fact. A fact is never refused.
    ///
    /// # Errors
    /// If there is no such order, or the store failed; see [`OrderError`].
    async fn report(&self, report: FactReport) -> Result<CommandOutcome, OrderError>;

    /// Returns an order, also if it is deleted; `None` if the storefront has no such order.
    ///
    /// # Errors
    /// If the store failed.
    async fn get(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, OrderError>;

    /// Returns a page of orders, newest first.
    ///
    /// # Errors
    /// If the store failed.
    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError>;

    /// Returns the events of an order, oldest first; `None` if the storefront has no such order.
    ///
    /// # Errors
    /// If the store failed.
    async fn history(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, OrderError>;

    /// Returns the order as it would be right after a command (dry run). Nothing is stored, and no
    /// external service is called except for prices.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute).
    async fn preview(&self, execute: CommandRequest) -> Result<Order, OrderError>;

    /// Returns for each command whether it would be accepted at the moment, and else why not; `None`
    /// if the storefront has no such order.
    ///
    /// # Errors
    /// If the store failed.
    async fn available_commands(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<CommandAvailability>>, OrderError>;

    /// Returns up to `limit` dead letters of a storefront that follow `after`.
    ///
    /// # Errors
    /// If the store failed.
    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError>;

    /// Makes a dead letter due again. Returns whether there was one.
    ///
    /// # Errors
    /// If the store failed.
    async fn retry_dead_letter(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
    ) -> Result<bool, OrderError>;

    /// Checks that requests can be served: the store answers.
    ///
    /// # Errors
    /// If it does not.
    async fn ready(&self) -> Result<(), OrderError>;
}
