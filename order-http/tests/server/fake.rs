//! A port that notes what it is asked and answers what it was told to.

use async_trait::async_trait;
use chrono::DateTime;
use order_core::effect::{Effect, EffectId, Task};
use order_core::event::{Actor, Event, Happening};
use order_core::order::Order;
use order_core::ports::{
    ActionState, DeadLetter, DeadLetterPage, Done, Execute, Import, ListQuery, OrderError, Orders,
    Page, Place, Report,
};
use order_core::value::{OrderId, StorefrontId, Version};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) const ID: &str = "01970000-0000-7000-8000-000000000001";
pub(crate) const LETTER: &str = "01970000-0000-7000-8000-000000000001-e3.0";

pub(crate) fn id() -> OrderId {
    ID.parse().unwrap()
}

/// An order of two units at 19.99, processing and paid for, as it is stored; with these members
/// instead.
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

/// An event, from its stored form.
pub(crate) fn event(kind: &str, data: Value) -> Event {
    let mut stored = json!({ "type": kind });
    stored["data"] = data;
    let happening: Happening = serde_json::from_value(stored).unwrap();
    let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    Event::new(Version::new(2), at, Actor::system(), happening)
}

/// Something that the port was asked.
#[derive(Debug)]
pub(crate) enum Asked {
    Place(Box<Place>),
    Execute(Box<Execute>),
    Preview(Box<Execute>),
    List(Box<ListQuery>),
    DeadLetters(Option<EffectId>, u32),
}

type Answer = Box<dyn FnOnce() -> Result<Done, OrderError> + Send>;

#[derive(Default)]
pub(crate) struct Fake {
    /// What there is.
    pub(crate) stored: Mutex<Option<Order>>,
    /// What `place` and `execute` answer next; then what there is.
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    slow: Option<Duration>,
    pub(crate) finished: AtomicBool,
    pub(crate) down: AtomicBool,
}

impl Fake {
    /// One that takes this long over each call.
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

    pub(crate) fn answer(
        &self,
        answer: impl FnOnce() -> Result<Done, OrderError> + Send + 'static,
    ) {
        self.answers.lock().unwrap().push_back(Box::new(answer));
    }

    pub(crate) fn done(&self, order: Order, events: Vec<Event>) {
        self.answer(|| Ok(Done::new(order, events, false)));
    }

    pub(crate) fn fails(&self, error: OrderError) {
        self.answer(|| Err(error));
    }

    /// What it was asked since it was last looked at.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    pub(crate) fn executed(&self) -> Execute {
        match self.asked().pop() {
            Some(Asked::Execute(execute)) => *execute,
            other => panic!("a command was expected, not {other:?}"),
        }
    }

    pub(crate) fn placed(&self) -> Place {
        match self.asked().pop() {
            Some(Asked::Place(place)) => *place,
            other => panic!("an order was expected, not {other:?}"),
        }
    }

    async fn next(&self, asked: Asked) -> Result<Done, OrderError> {
        self.asked.lock().unwrap().push(asked);
        if let Some(slow) = self.slow {
            tokio::time::sleep(slow).await;
        }
        self.finished.store(true, Ordering::SeqCst);
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer(),
            None => self
                .find()
                .map(|order| Done::new(order, Vec::new(), false))
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
impl Orders for Fake {
    async fn place(&self, place: Place) -> Result<Done, OrderError> {
        self.next(Asked::Place(Box::new(place))).await
    }

    async fn import(&self, _: Import) -> Result<Done, OrderError> {
        panic!("nothing imports over HTTP")
    }

    async fn execute(&self, execute: Execute) -> Result<Done, OrderError> {
        self.next(Asked::Execute(Box::new(execute))).await
    }

    async fn report(&self, _: Report) -> Result<Done, OrderError> {
        panic!("nothing reports here")
    }

    async fn get(&self, _: &StorefrontId, id: OrderId) -> Result<Option<Order>, OrderError> {
        self.up()?;
        Ok(self.find().filter(|order| order.id() == id))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page, OrderError> {
        let asked = Asked::List(Box::new(query.clone()));
        self.asked.lock().unwrap().push(asked);
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

    async fn preview(&self, execute: Execute) -> Result<Order, OrderError> {
        Ok(self.next(Asked::Preview(Box::new(execute))).await?.order)
    }

    async fn actions(
        &self,
        _: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Vec<ActionState>>, OrderError> {
        use order_core::command::CommandKind::{ConfirmShipment, RequestCancel};
        use order_core::refusal::{Refusal, RefusalCode};
        let refusal = Refusal::new(RefusalCode::NotPaid, ConfirmShipment, None, "pay first");
        let states = vec![
            ActionState::new(RequestCancel, None),
            ActionState::new(ConfirmShipment, Some(refusal)),
        ];
        Ok(self.find().filter(|one| one.id() == id).map(|_| states))
    }

    async fn dead_letters(
        &self,
        storefront: &StorefrontId,
        after: Option<EffectId>,
        limit: u32,
    ) -> Result<DeadLetterPage, OrderError> {
        self.asked
            .lock()
            .unwrap()
            .push(Asked::DeadLetters(after, limit));
        let effect: EffectId = LETTER.parse().unwrap();
        let letter = DeadLetter::new(
            Effect::new(effect, storefront.clone(), Task::VerifyCustomer),
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
