//! Authentication: who makes a request, and for which storefront.
//!
//! An [`Authenticator`] turns the head of a request into a [`Principal`], or into the problem the
//! caller gets. What a principal may do is decided in `permissions`.

use super::problem::Problem;
use async_trait::async_trait;
use axum::http::request::Parts;
use order_core::event::{Actor, ActorKind};
use order_core::value::{CustomerId, ShortText, StorefrontId};
use std::collections::BTreeSet;

/// The role of a principal at a storefront.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A customer: their own orders, at the storefront's prices.
    Customer,
    /// The warehouse: fulfillments, shipments and returns.
    Warehouse,
    /// The staff of the storefront.
    Staff,
    /// Another service of the storefront.
    Service,
    /// An administrator: also dead letters and the erasure of personal data.
    Admin,
}

impl Role {
    const fn actor_kind(self) -> ActorKind {
        match self {
            Self::Customer => ActorKind::Customer,
            Self::Warehouse => ActorKind::Warehouse,
            Self::Staff => ActorKind::Staff,
            Self::Service => ActorKind::Service,
            Self::Admin => ActorKind::Admin,
        }
    }
}

/// The authenticated caller of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The authenticated subject, shown in the history of the orders they change; `None` for an anonymous
    /// caller.
    pub subject: Option<ShortText>,
    /// The storefront that the request is limited to.
    pub storefront: StorefrontId,
    /// The roles at the storefront; none permits nothing.
    pub roles: BTreeSet<Role>,
    /// The customer whose orders [`Role::Customer`] is limited to; without one, that role permits nothing.
    pub customer: Option<CustomerId>,
}

impl Principal {
    /// Makes an anonymous administrator of a storefront.
    #[must_use]
    pub fn admin(storefront: StorefrontId) -> Self {
        Self {
            subject: None,
            storefront,
            roles: BTreeSet::from([Role::Admin]),
            customer: None,
        }
    }

    /// Makes a customer of a storefront.
    #[must_use]
    pub fn customer(storefront: StorefrontId, customer: CustomerId) -> Self {
        Self {
            subject: ShortText::parse(customer.as_str()).ok(),
            storefront,
            roles: BTreeSet::from([Role::Customer]),
            customer: Some(customer),
        }
    }

    /// Returns the author of the events they cause: the subject, with the strongest of the roles.
    pub(crate) fn actor(&self) -> Actor {
        let kind = self
            .roles
            .last()
            .map_or(ActorKind::System, |role| role.actor_kind());
        Actor::new(kind, self.subject.clone())
    }
}

/// Authenticates requests.
///
/// It sees the head of a request only. An embedder whose own middleware has authenticated the caller
/// reads the result from [`Parts::extensions`].
///
/// ```
/// use axum::http::{HeaderValue, request::Parts};
/// use order_core::value::{CustomerId, StorefrontId};
/// use order_http::server::{Authenticator, Principal, Problem};
///
/// /// Trusts a gateway in front, which sets this header.
/// struct Gateway;
///
/// #[async_trait::async_trait]
/// impl Authenticator for Gateway {
///     async fn authenticate(&self, head: &Parts) -> Result<Principal, Problem> {
///         head.headers
///             .get("x-customer")
///             .and_then(|value| CustomerId::parse(value.to_str().ok()?).ok())
///             .map(|customer| Principal::customer(StorefrontId::default(), customer))
///             .ok_or_else(|| {
///                 let challenge = HeaderValue::from_static("Gateway");
///                 Problem::unauthenticated(challenge, "the gateway did not name a customer")
///             })
///     }
/// }
/// ```
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// Returns who makes this request.
    ///
    /// # Errors
    /// The response that the caller gets: [`Problem::unauthenticated`] for missing or invalid credentials,
    /// [`Problem::unavailable`] if they cannot be verified now.
    async fn authenticate(&self, head: &Parts) -> Result<Principal, Problem>;
}

/// No authentication: every caller is an administrator of the storefront `default`.
///
/// Only for a server that listens on loopback, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoAuthentication;

#[async_trait]
impl Authenticator for NoAuthentication {
    async fn authenticate(&self, _head: &Parts) -> Result<Principal, Problem> {
        Ok(Principal::admin(StorefrontId::default()))
    }
}
