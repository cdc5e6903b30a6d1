//! The events of an order.

use crate::server::dto::enums;
use chrono::{DateTime, Utc};
use order_core::event::Event;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventResponse {
    /// The version of the order that it led to, from 1.
    #[schema(example = 1)]
    version: u64,
    #[serde(rename = "type")]
    #[schema(value_type = enums::EventType)]
    kind: &'static str,
    at: DateTime<Utc>,
    actor: ActorResponse,
    /// The payload, without personal data.
    data: Value,
}

/// The author of an event.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorResponse {
    #[schema(value_type = enums::ActorKind)]
    kind: &'static str,
    /// The authenticated subject; null for the system and for anonymous authors.
    id: Option<String>,
}

impl From<&Event> for EventResponse {
    fn from(event: &Event) -> Self {
        let data = serde_json::to_value(&event.payload)
            .ok()
            .and_then(|mut payload| payload.get_mut("data").map(Value::take))
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        Self {
            version: event.version.get(),
            kind: event.payload.name(),
            at: event.at,
            actor: ActorResponse {
                kind: event.actor.kind.as_str(),
                id: event.actor.id.clone().map(String::from),
            },
            data,
        }
    }
}

/// The events of an order, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryResponse {
    pub(crate) data: Vec<EventResponse>,
}
