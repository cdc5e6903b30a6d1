//! What every handler works with.

use super::authentication::Authenticator;
use order_core::ports::Orders;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// The state of the router.
#[derive(Clone)]
pub(crate) struct AppState {
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    /// The OpenAPI document, built on first use.
    pub(crate) document: &'static LazyLock<Value>,
}
