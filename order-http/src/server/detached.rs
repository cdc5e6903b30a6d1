//! Calls that outlive their caller.
//!
//! A client that hangs up drops the future of its request. Work that has begun must not be dropped
//! with it (money may be on its way, a store may leave a connection inside a transaction), so every
//! call of the port that changes something runs in a task of its own, and the request only waits for
//! it. A panic there is an answer like another. What only reads goes with the request.

#[cfg(feature = "client")]
use super::correlation;
use super::problem::Problem;
use order_core::effect::EffectId;
use order_core::event::Event;
use order_core::order::Order;
use order_core::ports::{
    ActionState, DeadLetterPage, Done, Execute, ListQuery, OrderError, Orders, Page, Place,
};
use order_core::value::{OrderId, StorefrontId};
use std::sync::Arc;
use tracing::Instrument;

/// The port, each call that changes something in a task of its own.
pub(crate) struct Detached(Arc<dyn Orders>);

impl Detached {
    pub(crate) fn new(orders: Arc<dyn Orders>) -> Self {
        Self(orders)
    }

    async fn run<T, F>(&self, call: impl FnOnce(Arc<dyn Orders>) -> F) -> Result<T, OrderError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OrderError>> + Send + 'static,
    {
        let call = call(Arc::clone(&self.0));
        #[cfg(feature = "client")]
        let call = correlation::handed_on(call);
        match tokio::spawn(call.in_current_span()).await {
            Ok(answer) => answer,
            // Resumed here, the panic meets the layer that makes an answer of it.
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(stopped) => Err(OrderError::Store(
                    order_core::ports::StoreError::Unavailable(Box::new(stopped)),
                )),
            },
        }
    }

    async fn read<T, F>(&self, call: impl FnOnce(Arc<dyn Orders>) -> F) -> Result<T, OrderError>
    where
        F: Future<Output = Result<T, OrderError>> + Send,
    {
        let call = call(Arc::clone(&self.0));
        #[cfg(feature = "client")]
        let call = correlation::handed_on(call);
        call.await
    }

    pub(crate) async fn place(&self, place: Place) -> Result<Done, Problem> {
        Ok(self
            .run(|orders| async move { orders.place(place).await })
            .await?)
    }

    /// Unlike the others it keeps the error as it is: a caller may want to try a stale one again.
    pub(crate) async fn execute(&self, execute: Execute) -> Result<Done, OrderError> {
        self.run(|orders| async move { orders.execute(execute).await })
            .await
    }

    pub(crate) async fn preview(&self, execute: Execute) -> Result<Order, Problem> {
        Ok(self
            .read(|orders| async move { orders.preview(execute).await })
            .await?)
    }

    pub(crate) async fn get(
        &self,
        storefront: StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, Problem> {
        Ok(self
            .read(move |orders| async move { orders.get(&storefront, id).await })
            .await?)
    }

    pub(crate) async fn list(&self, query: ListQuery) -> Result<Page, Problem> {
        Ok(self
            .read(|orders| async move { orders.list(&query).await })
            .await?)
    }

    pub(crate) async fn history(
        &self,
        storefront: StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, Problem> {
        Ok(self
            .read(move |orders| async move { orders.history(&storefront, id).await })
            .await?)
    }

    pub(crate) async fn actions(
        &self,
        storefront: StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<ActionState>>, Problem> {
        Ok(self
            .read(move |orders| async move { orders.actions(&storefront, id).await })
            .await?)
    }

    pub(crate) async fn dead_letters(
        &self,
        storefront: StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, Problem> {
        Ok(self
            .read(move |orders| async move { orders.dead_letters(&storefront, after, limit).await })
            .await?)
    }

    pub(crate) async fn retry_dead_letter(
        &self,
        storefront: StorefrontId,
        effect: EffectId,
    ) -> Result<bool, Problem> {
        Ok(self
            .run(move |orders| async move { orders.retry_dead_letter(&storefront, effect).await })
            .await?)
    }

    pub(crate) async fn ready(&self) -> Result<(), Problem> {
        Ok(self
            .read(|orders| async move { orders.ready().await })
            .await?)
    }
}
