//! An adapter behind the breaker: when it is called, and what counts as a failure.

use super::{at, policy};
use crate::breaker::{BreakerRegistry, WithBreaker};
use crate::ports::{CallContext, Clock, Customer, Customers, ServiceError, ServiceErrorKind};
use crate::time::Timestamp;
use crate::value::{Code, CustomerId, StorefrontId};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

struct StoppedClock(Mutex<Timestamp>);

#[async_trait]
impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

/// A clock on which every sleep ends at once.
struct HastyClock;

#[async_trait]
impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        at(0)
    }

    async fn sleep(&self, _: Duration) {}
}

/// Answers with the scripted answers in turn, then never.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Result<(), ServiceError>>>,
    calls: Mutex<usize>,
}

#[async_trait]
impl Customers for Scripted {
    async fn find(
        &self,
        _: &CallContext,
        _: &CustomerId,
    ) -> Result<Option<Customer>, ServiceError> {
        *self.calls.lock().unwrap() += 1;
        let answer = self.answers.lock().unwrap().pop_front();
        match answer {
            Some(answer) => answer.map(|()| None),
            None => std::future::pending().await,
        }
    }
}

struct World {
    clock: Arc<StoppedClock>,
    port: Arc<Scripted>,
    guarded: WithBreaker<dyn Customers>,
}

impl World {
    fn new(answers: impl IntoIterator<Item = Result<(), ServiceError>>) -> Self {
        let clock = Arc::new(StoppedClock(Mutex::new(at(0))));
        let port = Arc::new(Scripted {
            answers: Mutex::new(answers.into_iter().collect()),
            calls: Mutex::default(),
        });
        let breakers = Arc::new(BreakerRegistry::new(policy()));
        let guarded = WithBreaker::new(port.clone() as Arc<dyn Customers>, breakers, clock.clone());
        Self {
            clock,
            port,
            guarded,
        }
    }

    async fn find(&self) -> Result<Option<Customer>, ServiceError> {
        let call = CallContext::new(StorefrontId::default(), "k", at(60_000));
        let id = CustomerId::parse("cus_1").unwrap();
        self.guarded.find(&call, &id).await
    }

    fn calls(&self) -> usize {
        *self.port.calls.lock().unwrap()
    }
}

fn outage() -> Result<(), ServiceError> {
    Err(ServiceError::unknown("no answer"))
}

#[tokio::test]
async fn while_it_is_open_the_adapter_is_not_called() {
    let world = World::new([outage(), outage(), outage(), Ok(())]);
    for _ in 0..3 {
        assert!(world.find().await.is_err());
    }
    let refused = world.find().await.unwrap_err();
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(refused.kind, ServiceErrorKind::Unavailable { retry_after });
    assert_eq!(world.calls(), 3);
    *world.clock.0.lock().unwrap() = at(1_000);
    assert!(world.find().await.is_ok());
    assert_eq!(world.calls(), 4);
}

#[tokio::test]
async fn a_refusal_counts_as_a_success() {
    let no = || Err(ServiceError::refused(Code::parse("no").unwrap(), "no"));
    let world = World::new([outage(), outage(), no(), outage(), outage(), no(), Ok(())]);
    for _ in 0..6 {
        assert!(world.find().await.is_err());
    }
    assert!(world.find().await.is_ok());
}

#[tokio::test]
async fn of_twenty_concurrent_calls_at_half_open_one_reaches_the_service() {
    let world = World::new([outage(), outage(), outage()]);
    for _ in 0..3 {
        world.find().await.unwrap_err();
    }
    *world.clock.0.lock().unwrap() = at(1_000);
    let calls = futures::future::join_all((0..20).map(|_| world.find()));
    let waited = tokio::time::timeout(Duration::from_millis(20), calls).await;
    assert!(waited.is_err(), "the probe gets no answer");
    assert_eq!(world.calls(), 4);
    // The probe was dropped with the others: the next caller may probe.
    world.port.answers.lock().unwrap().push_back(Ok(()));
    assert!(world.find().await.is_ok());
}

#[tokio::test]
async fn a_call_that_gets_no_answer_times_out_and_counts_as_a_failure() {
    let port = Arc::new(Scripted::default());
    let breakers = Arc::new(BreakerRegistry::new(policy()));
    let clock: Arc<dyn Clock> = Arc::new(HastyClock);
    let guarded = WithBreaker::new(port.clone() as Arc<dyn Customers>, breakers, clock);
    let call = CallContext::new(StorefrontId::default(), "k", at(60_000));
    let id = CustomerId::parse("cus_1").unwrap();
    for _ in 0..3 {
        let error = guarded.find(&call, &id).await.unwrap_err();
        assert_eq!(error.kind, ServiceErrorKind::Unknown);
    }
    let refused = guarded.find(&call, &id).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(refused.kind, ServiceErrorKind::Unavailable { retry_after });
    assert_eq!(*port.calls.lock().unwrap(), 3);
}
