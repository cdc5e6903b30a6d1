//! The ports: what the core offers, and what it needs.
//!
//! [`Orders`] is the driving port: adapters such as an HTTP API call it. All others are driven: the
//! core calls them. Each says what an adapter MUST do; `order_core::testing` has a contract suite
//! for each that an adapter can run.
//!
//! Ports are used as `Arc<dyn Port>`. Their futures are `Send`. Dropping a future is always
//! allowed, at any moment: an adapter MUST NOT depend on its calls being awaited to the end.

mod clock;
mod customers;
mod effects;
mod inventory;
mod notifications;
mod orders;
mod outbox;
mod outside;
mod payments;
mod shipping;
mod store;

pub use clock::{Clock, Ids};
pub use customers::{Customer, CustomerStatus, Customers};
pub use effects::{DeadLetter, DeadLetterPage, EffectQueue, Lease, NewEffect, TakenEffect, Worker};
pub use inventory::{
    Inventory, Product, ReservationStatus, ReservationView, Reserve, ReserveOutcome, ReviseOutcome,
    StockOutcome,
};
pub use notifications::{Notification, Notifications};
pub use orders::{
    ActionState, Done, Execute, Idempotency, Import, OrderError, Orders, Place, Receipt, Report,
};
pub use outbox::{EventPublisher, LANES, Lane, Outbox, OutboxMessage, ParkedOrder, PublishError};
pub use outside::{Call, OutsideError, OutsideErrorKind};
pub use payments::{
    PaymentRequest, PaymentView, PaymentViewStatus, Payments, RefundRequest, RefundView,
    RefundViewStatus,
};
pub use shipping::{FulfillmentRequest, Rate, RatesRequest, Recall, Shipping};
pub use store::{
    Change, CommitOutcome, Cursor, KeyChange, KeyRecord, ListQuery, OrderStore, Page, ScopedKey,
    StoreError,
};
