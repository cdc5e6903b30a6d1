//! A request about one order: its head, checked before the body is read, and how it becomes a call of
//! the port.

use super::authentication::Principal;
use super::etag::IfMatch;
use super::extract::parse_path_parameter;
use super::idempotency::{self, BodyDigest};
use super::permissions::{Permission, Scope};
use super::problem::Problem;
use super::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use order_core::command::Command;
use order_core::order::Order;
use order_core::ports::{CommandOutcome, CommandRequest, OrderError};
use order_core::value::{IdempotencyKey, OrderId, Version};

/// The head of a request about one order.
pub(crate) struct OrderRequest {
    pub(crate) state: AppState,
    pub(crate) principal: Principal,
    pub(crate) id: OrderId,
    if_match: Option<IfMatch>,
    key: Option<IdempotencyKey>,
}

impl FromRequestParts<AppState> for OrderRequest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let principal = Principal::from_request_parts(parts, state).await?;
        let id: OrderId = parse_path_parameter(parts, "id").await?;
        tracing::Span::current().record("order_id", tracing::field::display(id));
        let if_match = IfMatch::parse(&parts.method, &parts.headers)?;
        let key = if parts.method == Method::POST {
            idempotency::parse_key(&parts.headers)?
        } else {
            None
        };
        Ok(Self {
            state: state.clone(),
            principal,
            id,
            if_match,
            key,
        })
    }
}

impl OrderRequest {
    /// Returns the order, also a deleted one.
    ///
    /// # Errors
    /// 404 if there is none, or none within this scope.
    pub(crate) async fn order(&self, scope: &Scope) -> Result<Order, Problem> {
        self.state
            .orders
            .get(&self.principal.storefront, self.id)
            .await?
            .filter(|order| scope.covers(order.customer_id()))
            .ok_or_else(|| Problem::order_not_found(self.id))
    }

    /// Requires that the principal may read the order.
    ///
    /// # Errors
    /// 403 or 404.
    pub(crate) async fn require_readable(&self) -> Result<(), Problem> {
        match self.principal.require(Permission::Read)? {
            Scope::All => Ok(()),
            scope @ Scope::Own(_) => self.order(&scope).await.map(drop),
        }
    }

    /// Executes a command, under the `If-Match` and the idempotency key of the request.
    ///
    /// # Errors
    /// 403, 404, 412, or what [`Orders::execute`](order_core::ports::Orders::execute) answers.
    pub(crate) async fn run(
        &self,
        command: Command,
        body: &BodyDigest,
    ) -> Result<CommandOutcome, Problem> {
        let scope = self.principal.require_command(&command)?;
        let version = self.required_version(&scope).await?;
        Ok(self.execute(command, version, body).await?)
    }

    /// Executes the second command of the same request, on whatever version the first has led to.
    ///
    /// # Errors
    /// As [`run`](Self::run), but never 412.
    pub(crate) async fn run_next(
        &self,
        command: Command,
        body: &BodyDigest,
    ) -> Result<CommandOutcome, Problem> {
        self.principal.require_command(&command)?;
        Ok(self.execute(command, None, body).await?)
    }

    /// Returns the order as it would be after a command.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub(crate) async fn preview(&self, command: Command) -> Result<Order, Problem> {
        let scope = self.principal.require_command(&command)?;
        let version = self.required_version(&scope).await?;
        let execute = self.execute_request(command, version);
        Ok(self.state.orders.preview(execute).await?)
    }

    /// Returns the version that `If-Match` requires; `None` for any. Checks that the order is within
    /// the scope.
    ///
    /// # Errors
    /// 404 if there is no such order within the scope, 412 if it has none of several versions.
    pub(crate) async fn required_version(&self, scope: &Scope) -> Result<Option<Version>, Problem> {
        let known = match scope {
            Scope::All => None,
            Scope::Own(_) => Some(self.order(scope).await?),
        };
        match &self.if_match {
            None | Some(IfMatch::Any) => Ok(None),
            Some(IfMatch::OneOf(versions)) => {
                if let [only] = versions.as_slice() {
                    return Ok(Some(*only));
                }
                let order = match known {
                    Some(order) => order,
                    None => self.order(scope).await?,
                };
                IfMatch::require_one_of(versions, &order).map(Some)
            }
        }
    }

    /// Executes a command whose permission and version are checked already.
    ///
    /// # Errors
    /// What [`Orders::execute`](order_core::ports::Orders::execute) answers.
    pub(crate) async fn execute(
        &self,
        command: Command,
        version: Option<Version>,
        body: &BodyDigest,
    ) -> Result<CommandOutcome, OrderError> {
        let idempotency = self.key.clone().map(|key| {
            let operation = idempotency::operation(&command, self.id);
            idempotency::for_operation(key, operation, body)
        });
        let mut execute = self.execute_request(command, version);
        execute.idempotency = idempotency;
        self.state.orders.execute(execute).await
    }

    fn execute_request(&self, command: Command, version: Option<Version>) -> CommandRequest {
        let mut execute = CommandRequest::new(self.principal.storefront.clone(), self.id, command);
        execute.expected_version = version;
        execute.actor = self.principal.actor();
        execute
    }
}
