//! Entity tags and preconditions (RFC 9110, sections 8.8.3 and 13.1): `ETag`, `If-Match`,
//! `If-None-Match`, and every 304, 412 and 428.
//!
//! The tag of an order is its version, quoted. Whether a command applies to a version is decided by the
//! port; nothing here reads or writes an order.

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use order_core::order::Order;
use order_core::value::{OrderId, Version};

/// The code of every 412.
const STALE: &str = "stale";

/// Sets the `ETag` of a response that shows an order of this version.
pub(crate) fn set(response: &mut Response, version: Version) {
    response.headers_mut().insert(header::ETAG, etag(version));
}

/// Removes the `ETag` of a response that shows a preview, which is no stored version.
pub(crate) fn remove(response: &mut Response) {
    response.headers_mut().remove(header::ETAG);
}

/// Answers 304: the caller has this version already.
pub(crate) fn not_modified(version: Version) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    set(&mut response, version);
    response
}

fn etag(version: Version) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", version.get()))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// The versions that a caller accepts for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// `*`
    Any,
    /// One of these. Empty where the tags are weak, or none that we have made: a write needs a strong
    /// comparison, which fails on those.
    OneOf(Vec<Version>),
}

impl IfMatch {
    /// Parses the header `If-Match`; `None` where it is absent and not required.
    ///
    /// # Errors
    /// 400 if it is neither `*` nor a list of entity tags, 428 if an edit has none.
    pub(crate) fn parse(method: &Method, headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(text) = joined(headers, &header::IF_MATCH)? else {
            return if is_required_for(method) {
                Err(missing())
            } else {
                Ok(None)
            };
        };
        if text.trim() == "*" {
            return Ok(Some(Self::Any));
        }
        let versions = tags(&text)
            .ok_or_else(|| malformed("If-Match"))?
            .into_iter()
            .filter_map(|tag| if tag.weak { None } else { tag.version() })
            .collect();
        Ok(Some(Self::OneOf(versions)))
    }

    /// Returns the version of the order, which must be one of these.
    ///
    /// # Errors
    /// 412 if it is none of them.
    pub(crate) fn require_one_of(versions: &[Version], order: &Order) -> Result<Version, Problem> {
        if versions.contains(&order.version()) {
            return Ok(order.version());
        }
        Err(Problem::new(StatusCode::PRECONDITION_FAILED, STALE)
            .detail("the order has none of the versions that If-Match names")
            .about_order(order.id(), Some(order.status())))
    }
}

/// Returns whether a request with this method must have an `If-Match`: an edit.
pub(crate) fn is_required_for(method: &Method) -> bool {
    matches!(*method, Method::PUT | Method::PATCH)
}

/// Makes the 412 of a write whose version is not the one that is stored.
pub(crate) fn version_conflict(id: OrderId, stored: Version, detail: String) -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, STALE)
        .detail(detail)
        .with("version", stored.get())
        .about_order(id, None)
}

fn missing() -> Problem {
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing")
        .detail("say which version this edit is of: If-Match with the ETag you read, or *")
}

/// Returns whether the caller has this version already (`If-None-Match`, compared weakly). A malformed
/// header counts as absent: the response is then the whole order, which is never wrong.
pub(crate) fn is_known(headers: &HeaderMap, version: Version) -> bool {
    let Ok(Some(text)) = joined(headers, &header::IF_NONE_MATCH) else {
        return false;
    };
    text.trim() == "*"
        || tags(&text)
            .unwrap_or_default()
            .iter()
            .any(|tag| tag.version() == Some(version))
}

struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

impl Tag<'_> {
    fn version(&self) -> Option<Version> {
        let number: u64 = self.opaque.parse().ok()?;
        (number.to_string() == self.opaque).then(|| Version::new(number))
    }
}

/// Parses `"a", W/"b"`; `None` if it is malformed.
fn tags(text: &str) -> Option<Vec<Tag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = text.trim();
    loop {
        let (weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        tags.push(Tag { weak, opaque });
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(tags);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

fn joined(headers: &HeaderMap, name: &header::HeaderName) -> Result<Option<String>, Problem> {
    let mut values = Vec::new();
    for value in headers.get_all(name) {
        values.push(value.to_str().map_err(|_| malformed(name.as_str()))?);
    }
    Ok((!values.is_empty()).then(|| values.join(", ")))
}

fn malformed(name: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed-precondition").detail(format!(
        "{name} is * or a list of entity tags, such as \"4\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    fn if_match(value: &str) -> Result<Option<IfMatch>, StatusCode> {
        IfMatch::parse(&Method::POST, &headers(header::IF_MATCH, value))
            .map_err(|problem| problem.status())
    }

    #[test]
    fn a_tag_is_the_version_in_quotes() {
        assert_eq!(etag(Version::new(4)), "\"4\"");
        let four = IfMatch::OneOf(vec![Version::new(4)]);
        assert_eq!(if_match("\"4\""), Ok(Some(four)));
    }

    #[test]
    fn a_list_and_a_star_are_accepted() {
        let both = IfMatch::OneOf(vec![Version::new(4), Version::new(5)]);
        assert_eq!(if_match(" \"4\" ,\"5\""), Ok(Some(both)));
        assert_eq!(if_match("*"), Ok(Some(IfMatch::Any)));
        assert_eq!(
            IfMatch::parse(&Method::POST, &HeaderMap::new()).unwrap(),
            None
        );
    }

    #[test]
    fn weak_and_foreign_tags_match_nothing() {
        for text in ["W/\"4\"", "\"04\"", "\"+4\"", "\"abc\"", "\"\"", "\"-1\""] {
            assert_eq!(if_match(text), Ok(Some(IfMatch::OneOf(vec![]))), "{text}");
        }
    }

    #[test]
    fn anything_but_entity_tags_is_malformed() {
        for text in ["4", "\"4", "\"4\" \"5\"", "\"4\",", "", "w/\"4\"", "'4'"] {
            assert_eq!(if_match(text), Err(StatusCode::BAD_REQUEST), "{text}");
        }
    }

    #[test]
    fn if_none_match_is_compared_weakly() {
        let known = |text: &str| is_known(&headers(header::IF_NONE_MATCH, text), Version::new(4));
        for text in ["\"4\"", "W/\"4\"", "\"3\", W/\"4\"", "*"] {
            assert!(known(text), "{text}");
        }
        for text in ["\"3\"", "4", ""] {
            assert!(!known(text), "{text}");
        }
    }
}
