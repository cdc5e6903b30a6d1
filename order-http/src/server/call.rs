//! A request about one order: who asks, which order, which version, under which key.

use super::Shared;
use super::etag::{IfMatch, if_match_missing, no_match};
use super::extract::{Digest, path_parameter};
use super::idempotency;
use super::principal::{Principal, Reach, Right};
use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use order_core::command::Command;
use order_core::order::Order;
use order_core::ports::{Done, Execute, OrderError};
use order_core::value::{IdempotencyKey, OrderId, Version};

/// The head of a request about one order, checked.
pub(crate) struct OrderCall {
    pub(crate) shared: Shared,
    pub(crate) principal: Principal,
    pub(crate) id: OrderId,
    if_match: Option<IfMatch>,
    key: Option<IdempotencyKey>,
}

impl FromRequestParts<Shared> for OrderCall {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        let principal = Principal::from_request_parts(parts, shared).await?;
        let id: OrderId = path_parameter(parts, "id").await?;
        tracing::Span::current().record("order_id", tracing::field::display(id));
        let if_match = IfMatch::of(&parts.headers)?;
        let is_edit = matches!(parts.method, Method::PUT | Method::PATCH);
        if is_edit && if_match.is_none() {
            return Err(if_match_missing());
        }
        let key = if parts.method == Method::POST {
            idempotency::key(&parts.headers)?
        } else {
            None
        };
        Ok(Self {
            shared: shared.clone(),
            principal,
            id,
            if_match,
            key,
        })
    }
}

impl OrderCall {
    /// The order, a deleted one too.
    ///
    /// # Errors
    /// 404 where there is none, or none within reach.
    pub(crate) async fn order(&self, reach: &Reach) -> Result<Order, Problem> {
        self.shared
            .orders
            .get(self.principal.storefront.clone(), self.id)
            .await?
            .filter(|order| reach.covers(order.customer_id()))
            .ok_or_else(|| Problem::no_order(self.id))
    }

    /// Refuses an order out of the reach of whoever only reads it.
    ///
    /// # Errors
    /// 403 or 404.
    pub(crate) async fn require_readable(&self) -> Result<(), Problem> {
        match self.principal.require(Right::Read)? {
            Reach::All => Ok(()),
            reach @ Reach::Own(_) => self.order(&reach).await.map(drop),
        }
    }

    /// Sends a command to the order.
    ///
    /// # Errors
    /// What stands against it: role, reach, version, the order itself.
    pub(crate) async fn run(&self, command: Command, body: &Digest) -> Result<Done, Problem> {
        let reach = self.principal.require_command(&command)?;
        let expected = self.expected(&reach).await?;
        Ok(self.execute(command, expected, body).await?)
    }

    /// Sends a second command of the same request, whatever version the first has led to.
    ///
    /// # Errors
    /// What stands against it.
    pub(crate) async fn run_next(&self, command: Command, body: &Digest) -> Result<Done, Problem> {
        self.principal.require_command(&command)?;
        Ok(self.execute(command, None, body).await?)
    }

    /// The order as it would be after a command.
    ///
    /// # Errors
    /// What would stand against it.
    pub(crate) async fn preview(&self, command: Command) -> Result<Order, Problem> {
        let reach = self.principal.require_command(&command)?;
        let expected = self.expected(&reach).await?;
        let execute = self.as_execute(command, expected);
        self.shared.orders.preview(execute).await
    }

    /// The version the order must have; none: any. Checks that it is within reach.
    ///
    /// # Errors
    /// 404 where there is no such order within reach, 412 where it has none of several versions.
    pub(crate) async fn expected(&self, reach: &Reach) -> Result<Option<Version>, Problem> {
        let seen = match reach {
            Reach::All => None,
            Reach::Own(_) => Some(self.order(reach).await?),
        };
        match &self.if_match {
            None | Some(IfMatch::Any) => Ok(None),
            Some(IfMatch::OneOf(versions)) => {
                if let [only] = versions.as_slice() {
                    return Ok(Some(*only));
                }
                let order = match seen {
                    Some(order) => order,
                    None => self.order(reach).await?,
                };
                if versions.contains(&order.version()) {
                    Ok(Some(order.version()))
                } else {
                    Err(no_match().of_order(self.id, Some(order.status())))
                }
            }
        }
    }

    /// Sends a command that was checked already.
    ///
    /// # Errors
    /// As the port says.
    pub(crate) async fn execute(
        &self,
        command: Command,
        expected: Option<Version>,
        body: &Digest,
    ) -> Result<Done, OrderError> {
        let idempotency = self
            .key
            .clone()
            .map(|key| idempotency::promise(key, idempotency::operation(&command, self.id), body));
        let mut execute = self.as_execute(command, expected);
        execute.idempotency = idempotency;
        self.shared.orders.execute(execute).await
    }

    fn as_execute(&self, command: Command, expected: Option<Version>) -> Execute {
        let mut execute = Execute::new(self.principal.storefront.clone(), self.id, command);
        execute.expected = expected;
        execute.actor = self.principal.actor();
        execute
    }
}
