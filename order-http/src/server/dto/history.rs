//! What has happened to an order, what can be done with it, and what was given up on.

use crate::server::problem::dashed;
use chrono::{DateTime, Utc};
use order_core::event::Event;
use order_core::ports::{ActionState, DeadLetter, DeadLetterPage};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An event of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// Its place, from 1.
    #[schema(example = 1)]
    version: u64,
    #[serde(rename = "type")]
    #[schema(value_type = super::schema::EventType)]
    kind: &'static str,
    at: DateTime<Utc>,
    actor: ActorView,
    /// What it carries, without personal data.
    data: Value,
}

/// Who made something happen.
#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
pub(crate) struct ActorView {
    #[schema(value_type = super::schema::ActorKind)]
    kind: &'static str,
    /// Who, as the authentication knows them.
    id: Option<String>,
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        let data = serde_json::to_value(&event.happening)
            .ok()
            .and_then(|mut happening| happening.get_mut("data").map(Value::take))
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        Self {
            version: event.version.get(),
            kind: event.happening.name(),
            at: event.at,
            actor: ActorView {
                kind: event.actor.kind.as_str(),
                id: event.actor.id.clone().map(String::from),
            },
            data,
        }
    }
}

/// What has happened to an order, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryView {
    pub(crate) data: Vec<EventView>,
}

/// Whether something can be asked of an order now.
#[derive(Serialize, ToSchema)]
#[schema(as = ActionState)]
pub(crate) struct ActionView {
    #[schema(value_type = super::schema::Action)]
    action: &'static str,
    allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<ReasonView>,
}

/// Why something would be refused.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalReason)]
pub(crate) struct ReasonView {
    /// The code of the problem it would get.
    #[schema(example = "already-shipped")]
    code: String,
    message: String,
}

impl ActionView {
    /// `within_role` says whether the caller's roles allow it.
    pub(crate) fn of(state: &ActionState, within_role: bool) -> Self {
        let reason = if within_role {
            state.refusal.as_ref().map(|refusal| ReasonView {
                code: dashed(refusal.code.as_str()),
                message: refusal.message.clone(),
            })
        } else {
            Some(ReasonView {
                code: "forbidden".to_owned(),
                message: "none of your roles may do this".to_owned(),
            })
        };
        Self {
            action: state.action.as_str(),
            allowed: reason.is_none(),
            reason,
        }
    }
}

/// What can be asked of an order now.
#[derive(Serialize, ToSchema)]
#[schema(as = Actions)]
pub(crate) struct ActionsView {
    pub(crate) data: Vec<ActionView>,
}

/// Work outside that was given up on until a person looks.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterView {
    #[schema(example = "01970000-0000-7000-8000-000000000001-e3.0")]
    id: String,
    #[schema(format = "uuid")]
    order_id: String,
    /// What must be done.
    #[schema(example = "commit_stock")]
    task: &'static str,
    /// The service that does it.
    #[schema(value_type = super::schema::Dependency)]
    dependency: &'static str,
    /// How often it was tried.
    tries: u32,
    /// How the last try failed.
    error: String,
    parked_at: DateTime<Utc>,
}

impl From<&DeadLetter> for DeadLetterView {
    fn from(letter: &DeadLetter) -> Self {
        Self {
            id: letter.effect.id.to_string(),
            order_id: letter.effect.id.order.to_string(),
            task: letter.effect.task.name(),
            dependency: letter.effect.task.dependency().as_str(),
            tries: letter.tries,
            error: letter.error.clone(),
            parked_at: letter.parked_at,
        }
    }
}

/// Some dead letters.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterPage)]
pub(crate) struct DeadLetterPageView {
    data: Vec<DeadLetterView>,
    /// What `cursor` takes to go on; null at the end.
    next_cursor: Option<String>,
}

impl From<&DeadLetterPage> for DeadLetterPageView {
    fn from(page: &DeadLetterPage) -> Self {
        Self {
            data: page.letters.iter().map(Into::into).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }
    }
}

/// A dead letter that is tried again.
#[derive(Serialize, ToSchema)]
#[schema(as = Retried)]
pub(crate) struct RetriedView {
    #[schema(example = "01970000-0000-7000-8000-000000000001-e3.0")]
    pub(crate) id: String,
}
