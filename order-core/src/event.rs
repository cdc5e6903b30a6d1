//! Events: what has happened to an order. The order is the fold of its events.
//!
//! An [`Event`] is the envelope (version, time, actor) around an [`EventPayload`]. The versioned JSON
//! form is in [`stored_json`](crate::stored_json).
//!
//! Personal data is never part of an event's serialized form: it is stored beside it
//! ([`EventPayload::personal`], [`Event::with_personal`]), so that it can be erased without changing
//! the history.

mod types;

pub(crate) use types::DEPENDENCY_UNAVAILABLE;
pub use types::{EventPayload, OrderPlaced, RejectionReason};

use crate::order::PersonalData;
use crate::time::Timestamp;
use crate::value::{ShortText, Version};
use serde::{Deserialize, Serialize};

string_enum! {
    /// The kind of [`Actor`].
    pub enum ActorKind as "kind of actor" {
        /// The customer.
        Customer = "customer",
        /// An employee of the storefront.
        Staff = "staff",
        /// The warehouse or its system.
        Warehouse = "warehouse",
        /// Another service, such as a payment provider.
        Service = "service",
        /// An administrator.
        Admin = "admin",
        /// This system, without a request: reconciliation, timers and effects.
        System = "system",
    }
}

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// The kind of actor.
    pub kind: ActorKind,
    /// The id that authentication gave; absent for the system and for unauthenticated callers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ShortText>,
}

impl Actor {
    /// Creates an actor.
    #[must_use]
    pub const fn new(kind: ActorKind, id: Option<ShortText>) -> Self {
        Self { kind, id }
    }

    /// Returns the actor that stands for this system.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(ActorKind::System, None)
    }
}

/// One event of an order: the envelope and its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The order's version once this event is applied; the first event has version 1.
    pub version: Version,
    /// When it was decided or recorded.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// What happened.
    pub payload: EventPayload,
}

impl Event {
    /// Creates an event.
    #[must_use]
    pub const fn new(version: Version, at: Timestamp, actor: Actor, payload: EventPayload) -> Self {
        Self {
            version,
            at,
            actor,
            payload,
        }
    }

    /// Returns the event with the personal data restored that was stored beside it.
    #[must_use]
    pub fn with_personal(mut self, data: PersonalData) -> Self {
        self.payload.set_personal(data);
        self
    }
}
