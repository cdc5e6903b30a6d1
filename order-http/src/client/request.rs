//! A request to an external service before it is sent: where to, and what it does.

use super::retry::RetrySafety;
use reqwest::{Method, Url};
use serde::Serialize;

/// A request to an external service.
#[derive(Debug)]
pub(super) struct ServiceRequest {
    /// Method and path, with parameter names in place of ids: for errors and logs.
    pub(super) operation: &'static str,
    pub(super) safety: RetrySafety,
    pub(super) method: Method,
    /// The segments of the path, not yet percent-encoded.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: Option<Result<Vec<u8>, serde_json::Error>>,
}

impl ServiceRequest {
    /// Makes a look-up.
    pub(super) fn read(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, RetrySafety::Read, Method::GET, path)
    }

    /// Makes a look-up by POST, for a query that is too long for a URL.
    pub(super) fn read_by_post(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, RetrySafety::Read, Method::POST, path)
    }

    /// Makes a write that the service carries out once for each idempotency key.
    pub(super) fn write(operation: &'static str, method: Method, path: &[&str]) -> Self {
        Self::new(operation, RetrySafety::IdempotentWrite, method, path)
    }

    /// Makes a write that moves money.
    pub(super) fn money_movement(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, RetrySafety::MovesMoney, Method::POST, path)
    }

    fn new(operation: &'static str, safety: RetrySafety, method: Method, path: &[&str]) -> Self {
        Self {
            operation,
            safety,
            method,
            path: path.iter().map(|&segment| segment.to_owned()).collect(),
            query: Vec::new(),
            body: None,
        }
    }

    pub(super) fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Returns the URL below the base URL of the service; `None` if an id cannot be a path segment: a
    /// path that ends in `/..` names another resource.
    pub(super) fn url(&self, base: &Url) -> Option<Url> {
        let mut url = base.clone();
        if self
            .path
            .iter()
            .any(|segment| matches!(segment.as_str(), "" | "." | ".."))
        {
            return None;
        }
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(&self.path);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str, request: &ServiceRequest) -> Option<String> {
        let url = request.url(&Url::parse(base).unwrap())?;
        Some(url.to_string())
    }

    #[test]
    fn an_id_stays_one_segment_whatever_is_in_it() {
        let base = "https://shop.example/api/v2/";
        for (id, expected) in [
            ("cus_1", "cus_1"),
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("a?b#c%2F", "a%3Fb%23c%252F"),
        ] {
            let request = ServiceRequest::read("GET /customers/{id}", &["customers", id]);
            let expected = format!("https://shop.example/api/v2/customers/{expected}");
            assert_eq!(url(base, &request), Some(expected));
        }
        for id in ["", ".", ".."] {
            let request = ServiceRequest::read("GET /customers/{id}", &["customers", id]);
            assert_eq!(url(base, &request), None);
        }
    }

    #[test]
    fn a_query_is_encoded() {
        let request = ServiceRequest::read("GET /products", &["products"])
            .query("sku", "TEA 1&x=2")
            .query("sku", "緑");
        assert_eq!(
            url("http://127.0.0.1:4000", &request).unwrap(),
            "http://127.0.0.1:4000/products?sku=TEA+1%26x%3D2&sku=%E7%B7%91"
        );
    }
}
