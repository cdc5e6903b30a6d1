//! Entity tags: an order's version, quoted (RFC 9110, sections 8.8.3 and 13.1).

use super::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use order_core::value::Version;

/// The tag of an order of this version.
pub(crate) fn etag(version: Version) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", version.get()))
        .unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Which versions a caller is content with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Any.
    Any,
    /// One of these. Empty where the tags are none of ours, or weak: a strong comparison, which a
    /// write needs, fails on those.
    OneOf(Vec<Version>),
}

impl IfMatch {
    /// Reads the header `If-Match`; `None` if it is not there.
    ///
    /// # Errors
    /// 400 if it is neither `*` nor a list of entity tags.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let Some(text) = joined(headers, &header::IF_MATCH)? else {
            return Ok(None);
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
}

/// The answer to an edit that does not say which version it is of.
pub(crate) fn if_match_missing() -> Problem {
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-missing")
        .detail("say which version this edit is of: If-Match with the ETag you read, or *")
}

/// The answer to an edit of a version that the order does not have.
pub(crate) fn no_match() -> Problem {
    Problem::new(StatusCode::PRECONDITION_FAILED, "stale")
        .detail("the order has none of the versions that If-Match names")
}

/// Whether the caller has this version already (`If-None-Match`, compared weakly). A header that
/// cannot be read counts as none: the answer is then the whole order, which is never wrong.
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

/// Reads `"a", W/"b"`; `None` if that is not what it is.
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
        IfMatch::of(&headers(header::IF_MATCH, value)).map_err(|problem| problem.status())
    }

    #[test]
    fn a_tag_is_the_version_in_quotes() {
        assert_eq!(etag(Version::new(4)), "\"4\"");
        let four = IfMatch::OneOf(vec![Version::new(4)]);
        assert_eq!(if_match("\"4\""), Ok(Some(four)));
    }

    #[test]
    fn a_list_and_a_star_are_taken() {
        let both = IfMatch::OneOf(vec![Version::new(4), Version::new(5)]);
        assert_eq!(if_match(" \"4\" ,\"5\""), Ok(Some(both)));
        assert_eq!(if_match("*"), Ok(Some(IfMatch::Any)));
        assert_eq!(IfMatch::of(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn weak_and_foreign_tags_match_nothing() {
        for text in ["W/\"4\"", "\"04\"", "\"+4\"", "\"abc\"", "\"\"", "\"-1\""] {
            assert_eq!(if_match(text), Ok(Some(IfMatch::OneOf(vec![]))), "{text}");
        }
    }

    #[test]
    fn what_is_no_tag_is_malformed() {
        for text in ["4", "\"4", "\"4\" \"5\"", "\"4\",", "", "w/\"4\"", "'4'"] {
            assert_eq!(if_match(text), Err(StatusCode::BAD_REQUEST), "{text}");
        }
    }

    #[test]
    fn a_known_version_is_told_weakly() {
        let known = |text: &str| is_known(&headers(header::IF_NONE_MATCH, text), Version::new(4));
        for text in ["\"4\"", "W/\"4\"", "\"3\", W/\"4\"", "*"] {
            assert!(known(text), "{text}");
        }
        for text in ["\"3\"", "4", ""] {
            assert!(!known(text), "{text}");
        }
    }
}
