//! The ports: what the core offers, and what it requires.
//!
//! [`Orders`] is the driving port: adapters such as an HTTP API call it. All others are driven: the
//! core calls them, and an adapter implements them. Each says what an adapter MUST do;
//! `order-testing` has a contract suite for each that an adapter runs in its own tests.
//!
//! | file | has |
//! |---|---|
//! | `orders` | the driving port, its requests, outcomes and errors |
//! | `store`, `change`, `list` | the order store, the one unit it writes, and its pages |
//! | `idempotency` | idempotency keys and references of external events |
//! | `effects`, `outbox`, `lease` | the effect queue, the outbox and its publisher, and leases on both |
//! | `customers`, `inventory`, `payments`, `shipping`, `notifications` | one external service each |
//! | `call`, `error` | the context of a call of an external service, and how one fails |
//! | `clock` | time, fresh ids, random numbers |
//!
//! Ports are used as `Arc<dyn Port>`, and their futures are `Send`. A caller may drop a future at any
//! await point (cancellation): an adapter MUST NOT rely on its futures being polled to completion.

mod call;
mod change;
mod clock;
mod customers;
mod effects;
mod error;
mod idempotency;
mod inventory;
mod lease;
mod list;
mod notifications;
mod orders;
mod outbox;
mod payments;
mod shipping;
mod store;

pub use call::CallContext;
pub use change::{Change, CommitOutcome, StockReservation};
pub use clock::{Clock, IdGenerator};
pub use customers::{Customer, CustomerStatus, Customers};
pub use effects::{
    DeadLetter, DeadLetterPage, EffectQueue, EffectSettlement, LeasedEffect, NewEffect,
    ParkedEffect, PostponedEffect,
};
pub use error::{ServiceError, ServiceErrorKind, StoreError};
pub use idempotency::{
    ExternalEventRef, Idempotency, IdempotencyRecord, IdempotencyScope, IdempotencyUpdate,
};
pub use inventory::{
    Inventory, Product, ReserveOutcome, ReserveRequest, ReviseOutcome, StockOutcome,
    StoredReservation, StoredReservationStatus,
};
pub use lease::{Lease, Worker};
pub use list::{Cursor, ListQuery, Page};
pub use notifications::{Notification, Notifications};
pub use orders::{
    CommandAvailability, CommandOutcome, CommandRequest, FactReport, ImportOrderRequest,
    OrderError, Orders, PlaceOrderRequest,
};
pub use outbox::{
    EventPublisher, Outbox, OutboxMessage, PARTITIONS, ParkedOrder, Partition, PublishError,
};
pub use payments::{
    PaymentRequest, Payments, ProviderPayment, ProviderPaymentStatus, ProviderRefund,
    ProviderRefundStatus, RefundRequest,
};
pub use shipping::{FulfillmentRequest, RatesRequest, Recall, Shipping, ShippingRate};
pub use store::OrderStore;
