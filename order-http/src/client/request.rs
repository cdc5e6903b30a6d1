//! A request, before it is sent: where to, and what kind of thing it does.

use super::failure::Nature;
use reqwest::{Method, Url};
use serde::Serialize;

/// One request to an outside service.
#[derive(Debug)]
pub(super) struct Request {
    /// What it is called in errors and logs: method and path, with names in place of ids.
    pub(super) operation: &'static str,
    pub(super) nature: Nature,
    pub(super) method: Method,
    /// The segments of the path, not yet encoded.
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: Option<Result<Vec<u8>, serde_json::Error>>,
}

impl Request {
    /// A look-up.
    pub(super) fn read(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, Nature::Read, Method::GET, path)
    }

    /// A write that the service does once for each key.
    pub(super) fn write(operation: &'static str, method: Method, path: &[&str]) -> Self {
        Self::new(operation, Nature::Repeatable, method, path)
    }

    /// A write that moves money.
    pub(super) fn money(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, Nature::Money, Method::POST, path)
    }

    /// A question that is too long for an address.
    pub(super) fn question(operation: &'static str, path: &[&str]) -> Self {
        Self::new(operation, Nature::Read, Method::POST, path)
    }

    fn new(operation: &'static str, nature: Nature, method: Method, path: &[&str]) -> Self {
        Self {
            operation,
            nature,
            method,
            path: path.iter().map(|&part| part.to_owned()).collect(),
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

    /// Where it goes, below the address of the service. None if an id cannot be a part of a path: an
    /// address ending in `/..` means another one.
    pub(super) fn url(&self, base: &Url) -> Option<Url> {
        let mut url = base.clone();
        if self
            .path
            .iter()
            .any(|part| matches!(part.as_str(), "" | "." | ".."))
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

    fn url(base: &str, request: &Request) -> Option<String> {
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
            let request = Request::read("GET /customers/{id}", &["customers", id]);
            let expected = format!("https://shop.example/api/v2/customers/{expected}");
            assert_eq!(url(base, &request), Some(expected));
        }
        for id in ["", ".", ".."] {
            let request = Request::read("GET /customers/{id}", &["customers", id]);
            assert_eq!(url(base, &request), None);
        }
    }

    #[test]
    fn a_query_is_encoded() {
        let request = Request::read("GET /products", &["products"])
            .query("sku", "TEA 1&x=2")
            .query("sku", "緑");
        assert_eq!(
            url("http://127.0.0.1:4000", &request).unwrap(),
            "http://127.0.0.1:4000/products?sku=TEA+1%26x%3D2&sku=%E7%B7%91"
        );
    }
}
