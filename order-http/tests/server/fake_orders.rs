//! A fake of the port `Orders`: it logs its calls, and returns the results that a test has given it.

use async_trait::async_trait;
use chrono::DateTime;
use order_core::effect::{Effect, EffectId, EffectKind};
use order_core::event::{Actor, Event, EventPayload};
use order_core::order::Order;
use order_core::ports::{
    CommandAvailability, CommandOutcome, CommandRequest, DeadLetter, DeadLetterPage, FactReport,
    ImportOrderRequest, ListQuery, OrderError, Orders, Page, PlaceOrderRequest,
};
use order_core::value::{OrderId, StorefrontId, Version};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const ID: &str = "01970000-0000-7000-8000-000000000001";
pub(crate) const LETTER: &str = "01970000-0000-7000-8000-000000000001-e3.0";

/// Returns the path of the order, followed by `tail`.
pub(crate) fn order_path(tail: &str) -> String {
    format!("/v1/orders/{ID}{tail}")
}

pub(crate) fn id() -> OrderId {
    ID.parse().unwrap()
}

/// Returns an order of two units at 19.99, processing and authorized, from its stored form, with these
/// members replaced.
pub(crate) fn order(members: Value) -> Order {
    let mut stored = json!({
        "id": ID, "storefront": "default", "version": 4, "status": "processing",
        "customer_id": "cus_1", "customer": "verified", "currency": "USD",
        "lines": [{"id": "1", "sku": "tea", "name": "Tea", "quantity": 2, "unit_price": 1999}],
        "adjustments": [{"kind": "shipping", "amount": 500, "label": "Standard"}],
        "reservation": null,
        "payments": [{
            "no": 1, "amount": 4498, "capture": false, "state": "authorized",
            "provider_id": "pay_1", "authorized": 4498, "started_at": "2026-01-31T12:00:00Z",
        }],
        "refunds": [], "fulfillments": [], "returns": [], "holds": [],
        "placed_at": "2026-01-31T12:00:00.123456Z", "updated_at": "2026-01-31T12:00:01Z",
    });
    let Value::Object(members) = members else {
        panic!("the members are an object")
    };
    stored.as_object_mut().unwrap().extend(members);
    serde_json::from_value(stored).unwrap()
}

/// Returns an event from its stored form.
pub(crate) fn event(kind: &str, data: Value) -> Event {
    let mut stored = json!({ "type": kind });
    stored["data"] = data;
    let payload: EventPayload = serde_json::from_value(stored).unwrap();
    let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    Event::new(Version::new(2), at, Actor::system(), payload)
}

/// A logged call of the port.
#[derive(Debug)]
pub(crate) enum PortCall {
    Place(Box<PlaceOrderRequest>),
    Execute(Box<CommandRequest>),
    Preview(Box<CommandRequest>),
    List(Box<ListQuery>),
    DeadLetters(Option<EffectId>, u32),
}

type GivenResult = Box<dyn FnOnce() -> Result<CommandOutcome, OrderError> + Send>;

#[derive(Default)]
pub(crate) struct FakeOrders {
    /// The only order; `None` for none.
    pub(crate) stored: Mutex<Option<Order>>,
    /// The next results of `place`, `execute` and `preview`; after them, the stored order.
    results: Mutex<VecDeque<GivenResult>>,
    calls: Mutex<Vec<PortCall>>,
    slow: Option<Duration>,
    pub(crate) finished: AtomicBool,
    pub(crate) down: AtomicBool,
}

impl FakeOrders {
    /// Returns a fake whose writes take this long.
    pub(crate) fn slow(slow: Duration) -> Arc<Self> {
        Arc::new(Self {
            slow: Some(slow),
            ..Self::default()
        })
    }

    pub(crate) fn with(order: Order) -> Arc<Self> {
        Arc::new(Self {
            stored: Mutex::new(Some(order)),
            ..Self::default()
        })
    }

    pub(crate) fn plain() -> Arc<Self> {
        Self::with(order(json!({})))
    }

    pub(crate) fn given_result(
        &self,
        result: impl FnOnce() -> Result<CommandOutcome, OrderError> + Send + 'static,
    ) {
        self.results.lock().unwrap().push_back(Box::new(result));
    }

    pub(crate) fn given_outcome(&self, order: Order, events: Vec<Event>) {
        self.given_result(|| Ok(CommandOutcome::new(order, events, false)));
    }

    pub(crate) fn given_error(&self, error: OrderError) {
        self.given_result(|| Err(error));
    }

    /// Returns the calls since the last call of this function, and clears them.
    pub(crate) fn calls(&self) -> Vec<PortCall> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    pub(crate) fn executed(&self) -> CommandRequest {
        match self.calls().pop() {
            Some(PortCall::Execute(execute)) => *execute,
            other => panic!("a command was expected, not {other:?}"),
        }
    }

    pub(crate) fn placed(&self) -> PlaceOrderRequest {
        match self.calls().pop() {
            Some(PortCall::Place(place)) => *place,
            other => panic!("an order was expected, not {other:?}"),
        }
    }

    async fn next(&self, call: PortCall) -> Result<CommandOutcome, OrderError> {
        self.calls.lock().unwrap().push(call);
        if let Some(slow) = self.slow {
            tokio::time::sleep(slow).await;
        }
        self.finished.store(true, Ordering::SeqCst);
        let result = self.results.lock().unwrap().pop_front();
        match result {
            Some(result) => result(),
            None => self
                .find()
                .map(|order| CommandOutcome::new(order, Vec::new(), false))
                .ok_or(OrderError::NotFound { id: id() }),
        }
    }

    fn find(&self) -> Option<Order> {
        self.stored.lock().unwrap().clone()
    }

    fn up(&self) -> Result<(), OrderError> {
        if self.down.load(Ordering::SeqCst) {
            let cause = "connection refused by db.internal";
            return Err(OrderError::Store(
                order_core::ports::StoreError::Unavailable(cause.into()),
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Orders for FakeOrders {
    async fn place(&self, place: PlaceOrderRequest) -> Result<CommandOutcome, OrderError> {
        self.next(PortCall::Place(Box::new(place))).await
    }

    async fn import(&self, _: ImportOrderRequest) -> Result<CommandOutcome, OrderError> {
        panic!("nothing imports over HTTP")
    }

    async fn execute(&self, execute: CommandRequest) -> Result<CommandOutcome, OrderError> {
        self.next(PortCall::Execute(Box::new(execute))).await
    }

    async fn report(&self, _: FactReport) -> Result<CommandOutcome, OrderError> {
        panic!("nothing reports here")
    }

    async fn get(&self, _: &StorefrontId, id: OrderId) -> Result<Option<Order>, OrderError> {
        self.up()?;
        Ok(self.find().filter(|order| order.id() == id))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError> {
        let call = PortCall::List(Box::new(query.clone()));
        self.calls.lock().unwrap().push(call);
        let orders: Vec<_> = self.find().into_iter().collect();
        let next = orders
            .last()
            .map(|order| order_core::ports::Cursor::new(order.placed_at(), order.id()));
        Ok(Page::new(orders, next))
    }

    async fn history(
        &self,
        _: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<Event>>, OrderError> {
        let events = vec![
            event("customer_verified", Value::Null),
            event("order_deferred", json!({"dependency": "inventory"})),
        ];
        Ok(self.find().filter(|one| one.id() == id).map(|_| events))
    }

    async fn preview(&self, execute: CommandRequest) -> Result<Order, OrderError> {
        Ok(self.next(PortCall::Preview(Box::new(execute))).await?.order)
    }

    async fn available_commands(
        &self,
        _: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<CommandAvailability>>, OrderError> {
        use order_core::command::CommandKind::{ConfirmShipment, RequestCancel};
        use order_core::refusal::{Refusal, RefusalCode};
        let refusal = Refusal::new(RefusalCode::NotPaid, ConfirmShipment, None, "pay first");
        let states = vec![
            CommandAvailability::new(RequestCancel, None),
            CommandAvailability::new(ConfirmShipment, Some(refusal)),
        ];
        Ok(self.find().filter(|one| one.id() == id).map(|_| states))
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError> {
        self.calls
            .lock()
            .unwrap()
            .push(PortCall::DeadLetters(after, limit));
        let effect: EffectId = LETTER.parse().unwrap();
        let letter = DeadLetter::new(
            Effect::new(effect, storefront.clone(), EffectKind::VerifyCustomer),
            7,
            "no route to host".to_owned(),
            DateTime::from_timestamp(1_790_000_000, 0).unwrap(),
        );
        Ok(DeadLetterPage::new(vec![letter], Some(effect)))
    }

    async fn retry_dead_letter(
        &self,
        _: &StorefrontId,
        effect: EffectId,
    ) -> Result<bool, OrderError> {
        Ok(effect.to_string() == LETTER)
    }

    async fn ready(&self) -> Result<(), OrderError> {
        self.up()
    }
}
