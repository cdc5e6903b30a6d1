//! The port with every write in a task of its own, so that writes outlive a caller who disconnects.
//!
//! A client that hangs up drops the future of its request. A write that has begun must not be dropped
//! with it: money may be on its way, or a connection inside a transaction. So every call that changes
//! something is spawned, and the request waits for the task. A panic in the task is answered like any
//! other. Reads run in the request itself, and end with it.

#[cfg(feature = "client")]
use super::propagation;
use async_trait::async_trait;
use order_core::effect::EffectId;
use order_core::event::Event;
use order_core::order::Order;
use order_core::ports::{
    CommandAvailability, CommandOutcome, CommandRequest, DeadLetterPage, FactReport,
    ImportOrderRequest, ListQuery, OrderError, Orders, Page, PlaceOrderRequest, StoreError,
};
use order_core::value::{OrderId, StorefrontId};
use std::sync::Arc;
use tracing::Instrument;

/// Runs each write of the inner port in a task of its own.
pub(crate) struct SpawnedOrders(Arc<dyn Orders>);

impl SpawnedOrders {
    pub(crate) fn new(orders: Arc<dyn Orders>) -> Self {
        Self(orders)
    }

    async fn spawn<T, F>(&self, write: impl FnOnce(Arc<dyn Orders>) -> F) -> Result<T, OrderError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OrderError>> + Send + 'static,
    {
        let write = in_request_context(write(Arc::clone(&self.0)));
        match tokio::spawn(write.in_current_span()).await {
            Ok(result) => result,
            Err(failed) => match failed.try_into_panic() {
                // Resumed here, the panic reaches the layer that turns it into a problem.
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => {
                    let error = StoreError::Unavailable(Box::new(cancelled));
                    Err(OrderError::Store(error))
                }
            },
        }
    }
}

/// Makes the calls of external services in this future carry the id and the trace of the request.
fn in_request_context<F: Future>(call: F) -> impl Future<Output = F::Output> {
    #[cfg(feature = "client")]
    let call = propagation::in_request_context(call);
    call
}

#[async_trait]
impl Orders for SpawnedOrders {
    async fn place(&self, place: PlaceOrderRequest) -> Result<CommandOutcome, OrderError> {
        self.spawn(|orders| async move { orders.place(place).await })
            .await
    }

    async fn import(&self, import: ImportOrderRequest) -> Result<CommandOutcome, OrderError> {
        self.spawn(|orders| async move { orders.import(import).await })
            .await
    }

    async fn execute(&self, execute: CommandRequest) -> Result<CommandOutcome, OrderError> {
        self.spawn(|orders| async move { orders.execute(execute).await })
            .await
    }

    async fn report(&self, report: FactReport) -> Result<CommandOutcome, OrderError> {
        self.spawn(|orders| async move { orders.report(report).await })
            .await
    }

    async fn retry_dead_letter(
        &self,
        storefront: &StorefrontId,
        effect: EffectId,
    ) -> Result<bool, OrderError> {
        let storefront = storefront.clone();
        self.spawn(move |orders| async move { orders.retry_dead_letter(&storefront, effect).await })
            .await
    }

    async fn get(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, OrderError> {
        in_request_context(self.0.get(storefront, id)).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError> {
        in_request_context(self.0.list(query)).await
    }

    async fn history(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, OrderError> {
        in_request_context(self.0.history(storefront, id)).await
    }

    async fn preview(&self, execute: CommandRequest) -> Result<Order, OrderError> {
        in_request_context(self.0.preview(execute)).await
    }

    async fn available_commands(
        &self,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<CommandAvailability>>, OrderError> {
        in_request_context(self.0.available_commands(storefront, id)).await
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError> {
        in_request_context(self.0.dead_letters(storefront, after, limit)).await
    }

    async fn ready(&self) -> Result<(), OrderError> {
        in_request_context(self.0.ready()).await
    }
}
