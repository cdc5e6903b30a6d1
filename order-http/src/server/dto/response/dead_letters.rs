//! Parked effects.

use crate::server::dto::enums;
use chrono::{DateTime, Utc};
use order_core::ports::{DeadLetter, DeadLetterPage};
use serde::Serialize;
use utoipa::ToSchema;

/// An effect that was parked after too many failures, until it is retried by hand.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterResponse {
    #[schema(example = "01970000-0000-7000-8000-000000000001-e3.0")]
    id: String,
    #[schema(format = "uuid")]
    order_id: String,
    /// The kind of effect.
    #[schema(example = "commit_stock")]
    task: &'static str,
    /// The external service that it calls.
    #[schema(value_type = enums::Dependency)]
    dependency: &'static str,
    /// Attempts so far.
    tries: u32,
    /// The error of the last attempt.
    error: String,
    parked_at: DateTime<Utc>,
}

impl From<&DeadLetter> for DeadLetterResponse {
    fn from(letter: &DeadLetter) -> Self {
        Self {
            id: letter.effect.id.to_string(),
            order_id: letter.effect.id.order.to_string(),
            task: letter.effect.kind.name(),
            dependency: letter.effect.kind.dependency().as_str(),
            tries: letter.attempts,
            error: letter.error.clone(),
            parked_at: letter.parked_at,
        }
    }
}

/// A page of dead letters.
#[derive(Serialize, ToSchema)]
#[schema(as = DeadLetterPage)]
pub(crate) struct DeadLetterPageResponse {
    data: Vec<DeadLetterResponse>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

impl From<&DeadLetterPage> for DeadLetterPageResponse {
    fn from(page: &DeadLetterPage) -> Self {
        Self {
            data: page.letters.iter().map(Into::into).collect(),
            next_cursor: page.next.map(|id| id.to_string()),
        }
    }
}

/// A dead letter that is retried.
#[derive(Serialize, ToSchema)]
#[schema(as = Retried)]
pub(crate) struct RetriedResponse {
    #[schema(example = "01970000-0000-7000-8000-000000000001-e3.0")]
    pub(crate) id: String,
}
