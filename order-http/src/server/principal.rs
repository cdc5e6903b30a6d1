//! Who makes a request: the place of authentication.
//!
//! An [`Authenticate`] turns the head of a request into a [`Principal`], or into the problem the
//! caller gets. What each role may do is one table, in `rights`.

mod rights;

pub(crate) use rights::{Reach, Right};

use super::Shared;
use super::problem::Problem;
use async_trait::async_trait;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use order_core::event::{Actor, ActorKind};
use order_core::value::{CustomerId, Label, StorefrontId};
use std::collections::BTreeSet;

/// What a principal is to the storefront.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A customer: own orders only, at the storefront's prices.
    Customer,
    /// The warehouse: shipments and returns.
    Warehouse,
    /// Somebody who works for the storefront.
    Staff,
    /// Another service of the storefront.
    Service,
    /// An administrator: dead letters and erasure too.
    Admin,
}

impl Role {
    const fn actor(self) -> ActorKind {
        match self {
            Self::Customer => ActorKind::Customer,
            Self::Warehouse => ActorKind::Warehouse,
            Self::Staff => ActorKind::Staff,
            Self::Service => ActorKind::Service,
            Self::Admin => ActorKind::Admin,
        }
    }
}

/// Who makes a request, and for which storefront.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who, as the authentication knows them. Stands in the history of what they change.
    pub subject: Option<Label>,
    /// The storefront whose orders they see.
    pub storefront: StorefrontId,
    /// What they are there.
    pub roles: BTreeSet<Role>,
    /// The customer they are, for [`Role::Customer`].
    pub customer: Option<CustomerId>,
}

impl Principal {
    /// An administrator of a storefront, without a name.
    #[must_use]
    pub fn admin(storefront: StorefrontId) -> Self {
        Self {
            subject: None,
            storefront,
            roles: BTreeSet::from([Role::Admin]),
            customer: None,
        }
    }

    /// A customer of a storefront.
    #[must_use]
    pub fn customer(storefront: StorefrontId, customer: CustomerId) -> Self {
        Self {
            subject: Label::parse(customer.as_str()).ok(),
            storefront,
            roles: BTreeSet::from([Role::Customer]),
            customer: Some(customer),
        }
    }

    /// As whom they stand in an order's history: by their strongest role.
    pub(crate) fn actor(&self) -> Actor {
        let kind = self
            .roles
            .last()
            .map_or(ActorKind::System, |role| role.actor());
        Actor::new(kind, self.subject.clone())
    }
}

/// Tells who makes a request.
///
/// It sees the head of the request alone. An embedder whose own middleware has authenticated the
/// caller already reads the result from [`Parts::extensions`].
///
/// ```
/// use axum::http::{HeaderValue, request::Parts};
/// use order_core::value::{CustomerId, StorefrontId};
/// use order_http::server::{Authenticate, Principal, Problem};
///
/// /// Trusts a gateway in front, which sets this header.
/// struct Gateway;
///
/// #[async_trait::async_trait]
/// impl Authenticate for Gateway {
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
pub trait Authenticate: Send + Sync {
    /// Who makes this request.
    ///
    /// # Errors
    /// The answer the caller gets: [`Problem::unauthenticated`] where they are not known,
    /// [`Problem::unavailable`] where that cannot be told just now.
    async fn authenticate(&self, head: &Parts) -> Result<Principal, Problem>;
}

/// No authentication: everybody is an administrator of the storefront `default`.
///
/// For a server that listens on loopback only, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Open;

#[async_trait]
impl Authenticate for Open {
    async fn authenticate(&self, _head: &Parts) -> Result<Principal, Problem> {
        Ok(Principal::admin(StorefrontId::default()))
    }
}

impl FromRequestParts<Shared> for Principal {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let principal = shared.authenticate.authenticate(parts).await?;
        tracing::Span::current().record("storefront", principal.storefront.as_str());
        Ok(principal)
    }
}
