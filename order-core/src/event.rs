//! What has happened to an order. An order is the sum of its events.
//!
//! An [`Event`] is one of them with its place, time and author; [`Happening`] says what happened.
//! Personal data is never part of an event's serialized form: it travels beside it
//! ([`Happening::personal`], [`Event::with_personal`]), so that it can be erased while the history
//! stays whole. The stored form is versioned in [`wire`].

mod happening;
pub mod wire;

pub use happening::{Happening, Placement, RejectionReason};

use crate::order::PersonalData;
use crate::time::Timestamp;
use crate::value::{Label, Version};
use serde::{Deserialize, Serialize};

coded! {
    /// What kind of author an event has.
    pub enum ActorKind as "kind of actor" {
        /// The customer.
        Customer = "customer",
        /// Somebody who works for the storefront.
        Staff = "staff",
        /// The warehouse.
        Warehouse = "warehouse",
        /// Another service.
        Service = "service",
        /// An administrator.
        Admin = "admin",
        /// This system, going on by itself.
        System = "system",
    }
}

/// Who made something happen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// What kind of author.
    pub kind: ActorKind,
    /// Who, as the authentication knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Label>,
}

impl Actor {
    /// An author of this kind.
    #[must_use]
    pub const fn new(kind: ActorKind, id: Option<Label>) -> Self {
        Self { kind, id }
    }

    /// This system.
    #[must_use]
    pub const fn system() -> Self {
        Self::new(ActorKind::System, None)
    }
}

/// One event of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Its place: the order's version once it is applied.
    pub version: Version,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who made it happen.
    pub actor: Actor,
    /// What happened.
    pub happening: Happening,
}

impl Event {
    /// An event in this place.
    #[must_use]
    pub const fn new(version: Version, at: Timestamp, actor: Actor, happening: Happening) -> Self {
        Self {
            version,
            at,
            actor,
            happening,
        }
    }

    /// The same event with the personal data put back that was stored beside it.
    #[must_use]
    pub fn with_personal(mut self, data: PersonalData) -> Self {
        self.happening.set_personal(data);
        self
    }
}
