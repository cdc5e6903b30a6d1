//! `Idempotency-Key`: a POST that is sent again does nothing twice, and its replay gets the same
//! response (IETF draft of the header, version 07).
//!
//! The port knows which requests were answered already; nothing is stored here.

mod body_digest;

pub(crate) use body_digest::{BodyDigest, NO_BODY, digest};

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use order_core::command::{Command, CommandKind};
use order_core::ports::Idempotency;
use order_core::value::{IdempotencyKey, OrderId};
use sha2::{Digest as _, Sha256};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The operation of placing an order.
pub(crate) const PLACE_ORDER: &str = "place";

/// Parses the key; `None` if it is absent. The draft quotes it, most clients do not: both are the same
/// key.
///
/// # Errors
/// 400 if it is not valid, or given more than once.
pub(crate) fn parse_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let invalid = |detail: &str| {
        Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency-key-invalid").detail(detail))
    };
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return invalid("there is more than one Idempotency-Key");
    }
    let Ok(text) = value.to_str() else {
        return invalid("an idempotency key is visible ASCII");
    };
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    match IdempotencyKey::parse(text) {
        Ok(key) => Ok(Some(key)),
        Err(error) => invalid(&error.to_string()),
    }
}

/// Makes the 400 of a POST without the key that it must have.
pub(crate) fn missing_key() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "idempotency-key-missing").detail(
        "send an Idempotency-Key, fresh for each order, and the same one when you send it again",
    )
}

/// Marks a response as a replay of an earlier one.
pub(crate) fn mark_replayed(response: &mut Response) {
    response
        .headers_mut()
        .insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
}

/// Binds a key to an operation and to the fingerprint of its request.
///
/// The operation contains every id of the path, so that the fingerprint covers method, path and body.
pub(crate) fn for_operation(
    key: IdempotencyKey,
    operation: String,
    body: &BodyDigest,
) -> Idempotency {
    let fingerprint = Sha256::new()
        .chain_update("POST\n")
        .chain_update(&operation)
        .chain_update("\n")
        .chain_update(body)
        .finalize()
        .into();
    Idempotency {
        operation,
        key,
        fingerprint,
    }
}

/// Returns the operation of a command: its kind and the ids of its path, at most 64 characters, of which
/// the order takes 36.
pub(crate) fn operation(command: &Command, id: OrderId) -> String {
    let kind = match command.kind() {
        // One endpoint, and so one operation, with or without lines.
        CommandKind::CancelLines => CommandKind::RequestCancel,
        kind => kind,
    };
    let part = match command {
        Command::ReleaseFulfillment { fulfillment }
        | Command::RecallFulfillment { fulfillment }
        | Command::UpdateTracking { fulfillment, .. }
        | Command::ConfirmDelivery { fulfillment } => Some(fulfillment.get()),
        Command::ApproveReturn { return_no }
        | Command::RejectReturn { return_no, .. }
        | Command::ReceiveReturn { return_no, .. }
        | Command::CancelReturn { return_no } => Some(return_no.get()),
        _ => None,
    };
    match part {
        Some(part) => format!("{kind} {id} {part}"),
        None => format!("{kind} {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::value::{FulfillmentNo, ReturnNo};

    fn id() -> OrderId {
        OrderId::parse("01970000-0000-7000-8000-000000000001").unwrap()
    }

    fn read(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(IDEMPOTENCY_KEY, value.parse().unwrap())]);
        parse_key(&headers).ok().flatten().map(String::from)
    }

    #[test]
    fn quotes_are_not_part_of_the_key() {
        assert_eq!(read("\"abc\""), read("abc"));
        assert_eq!(read("abc"), Some("abc".to_owned()));
        assert_eq!(read("\"abc"), Some("\"abc".to_owned()));
    }

    #[test]
    fn an_invalid_key_is_refused() {
        for value in ["", "\"\"", "a b", &"x".repeat(256)] {
            assert_eq!(read(value), None, "{value}");
        }
        let two = HeaderMap::from_iter([(IDEMPOTENCY_KEY, "a".parse().unwrap())]);
        let mut two = two;
        two.append(IDEMPOTENCY_KEY, "b".parse().unwrap());
        assert!(parse_key(&two).is_err());
        assert_eq!(parse_key(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn the_longest_operation_of_a_post_fits() {
        let return_no = ReturnNo::new(u32::MAX);
        for command in [
            Command::ReceiveReturn {
                return_no,
                restock: true,
            },
            Command::ApproveReturn { return_no },
            Command::CancelReturn { return_no },
            Command::ConfirmDelivery {
                fulfillment: FulfillmentNo::new(u32::MAX),
            },
            Command::PlanFulfillment { lines: None },
        ] {
            let operation = operation(&command, id());
            assert!(operation.len() <= 64, "{operation}");
        }
    }

    #[test]
    fn a_fingerprint_covers_path_and_body() {
        let of = |operation: &str, body| {
            let key = IdempotencyKey::parse("k").unwrap();
            for_operation(key, operation.to_owned(), &[body; 32]).fingerprint
        };
        assert_eq!(of("a", 0), of("a", 0));
        assert_ne!(of("a", 0), of("b", 0));
        assert_ne!(of("a", 0), of("a", 1));
    }
}
