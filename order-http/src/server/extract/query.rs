//! Query parameters: each known, given once and valid; all errors at once.

use crate::server::problem::{FieldError, IntoFieldError, Problem};
use axum::extract::{FromRequestParts, Query as Pairs};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use order_core::time::{Timestamp, truncated};
use std::collections::BTreeMap;
use std::str::FromStr;

/// The parameters that were not taken yet, and the errors so far.
pub(crate) struct QueryParameters {
    remaining: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

impl QueryParameters {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut query = Self {
            remaining: BTreeMap::new(),
            errors: Vec::new(),
        };
        for (name, value) in pairs {
            if query.remaining.contains_key(&name) {
                query.add_error(&name, "repeated", "is given more than once");
            }
            query.remaining.insert(name, value);
        }
        query
    }

    fn add_error(&mut self, name: &str, code: &str, message: &str) {
        self.errors.push(FieldError::new(name, code, message));
    }

    /// Takes a core value; `None` if it is absent or invalid.
    pub(crate) fn take<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr<Err: IntoFieldError>,
    {
        match self.remaining.remove(name)?.parse() {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.errors.push(invalid.field_error(name.to_owned()));
                None
            }
        }
    }

    /// Takes an instant (RFC 3339).
    pub(crate) fn instant(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.remaining.remove(name)?;
        match DateTime::parse_from_rfc3339(&text) {
            Ok(instant) => Some(truncated(instant.with_timezone(&Utc))),
            Err(_) => {
                let rule = "is an instant as of RFC 3339, such as 2026-01-31T12:00:00Z";
                self.add_error(name, "not-an-instant", rule);
                None
            }
        }
    }

    /// Takes `true` or `false`; absent is `false`.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.remaining.remove(name).as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.add_error(name, "wrong-type", "is true or false");
                false
            }
        }
    }

    /// Takes the page size, 50 if it is absent.
    pub(crate) fn limit(&mut self) -> u16 {
        const DEFAULT: u16 = 50;
        const MAX: u16 = 1_000;
        match self.remaining.remove("limit").map(|text| text.parse()) {
            None => DEFAULT,
            Some(Ok(limit @ 1..=MAX)) => limit,
            Some(_) => {
                self.add_error("limit", "out-of-range", "is between 1 and 1000");
                DEFAULT
            }
        }
    }

    /// Takes the cursor of a page.
    pub(crate) fn cursor<T>(&mut self, decode: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.remaining.remove("cursor")?;
        let cursor = decode(&text);
        if cursor.is_none() {
            self.add_error(
                "cursor",
                "not-a-cursor",
                "is a next_cursor of an earlier answer",
            );
        }
        cursor
    }

    /// Returns what was taken, if there was no error and no unknown parameter.
    ///
    /// # Errors
    /// 400 with every error.
    pub(crate) fn finish<T>(mut self, taken: T) -> Result<T, Problem> {
        for name in self.remaining.into_keys() {
            self.errors.push(FieldError::new(
                name,
                "unknown-parameter",
                "there is no such parameter",
            ));
        }
        if self.errors.is_empty() {
            Ok(taken)
        } else {
            Err(Problem::invalid(self.errors))
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map(|Pairs(pairs)| Self::of(pairs))
            .map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "malformed-query")
                    .detail("the query is not made of percent-encoded name=value pairs")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::value::{CustomerId, Sku};

    fn query(pairs: &[(&str, &str)]) -> QueryParameters {
        QueryParameters::of(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn every_error_is_reported_at_once() {
        let mut query = query(&[
            ("sku", ""),
            ("limit", "1001"),
            ("placed_after", "yesterday"),
            ("include_deleted", "yes"),
            ("colour", "red"),
        ]);
        let _: Option<Sku> = query.take("sku");
        let _: Option<CustomerId> = query.take("customer_id");
        query.limit();
        query.instant("placed_after");
        query.flag("include_deleted");
        let fields: Vec<_> = query.errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["sku", "limit", "placed_after", "include_deleted"]);
        assert!(query.finish(()).is_err());
    }

    #[test]
    fn an_instant_may_have_an_offset() {
        let mut query = query(&[("placed_after", "2026-01-31T12:00:00.1234567+10:00")]);
        let instant = query.instant("placed_after").unwrap();
        assert_eq!(instant.to_rfc3339(), "2026-01-31T02:00:00.123456+00:00");
    }

    #[test]
    fn a_parameter_is_given_once() {
        assert!(query(&[("a", "1"), ("a", "1")]).finish(()).is_err());
        assert!(query(&[]).finish(()).is_ok());
    }
}
