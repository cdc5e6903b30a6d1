use super::*;
use crate::policy::Dependency;
use crate::ports::{Call, Clock, Customer, Customers, OutsideError, OutsideErrorKind};
use crate::time::{Timestamp, after};
use crate::value::{Code, CustomerId, StorefrontId};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const START: i64 = 1_800_000_000_000;

fn at(millis: i64) -> Timestamp {
    DateTime::from_timestamp_millis(START + millis).unwrap()
}

fn policy() -> BreakerPolicy {
    BreakerPolicy::default()
        .with_consecutive(3)
        .with_rate(50, 10, Duration::from_secs(10))
        .with_open(Duration::from_secs(1), Duration::from_secs(4))
        .with_probe_lapse(Duration::from_secs(2))
}

fn call(breaker: &mut CircuitBreaker, outcome: Outcome, now: Timestamp) {
    let permit = breaker.permit(now).unwrap();
    breaker.record(permit, outcome, now);
}

/// A circuit that has just opened, at 0.
fn opened() -> CircuitBreaker {
    let mut breaker = CircuitBreaker::new(policy());
    for _ in 0..3 {
        call(&mut breaker, Outcome::Failure, at(0));
    }
    breaker
}

fn retry_after(breaker: &mut CircuitBreaker, millis: i64) -> u128 {
    let open = breaker.permit(at(millis)).unwrap_err();
    open.retry_after.as_millis()
}

#[test]
fn it_opens_at_so_many_failures_in_a_row() {
    let mut breaker = CircuitBreaker::new(policy());
    for outcome in [Outcome::Failure, Outcome::Failure, Outcome::Success] {
        call(&mut breaker, outcome, at(0));
    }
    for _ in 0..2 {
        call(&mut breaker, Outcome::Failure, at(0));
        assert_eq!(breaker.state(at(0)), BreakerState::Closed);
    }
    call(&mut breaker, Outcome::Failure, at(0));
    assert_eq!(retry_after(&mut breaker, 0), 1_000);
    assert_eq!(retry_after(&mut breaker, 999), 1);
}

#[test]
fn it_opens_at_a_share_of_failures_although_some_succeed() {
    let mut breaker = CircuitBreaker::new(policy());
    for _ in 0..5 {
        assert_eq!(breaker.state(at(0)), BreakerState::Closed);
        call(&mut breaker, Outcome::Success, at(0));
        call(&mut breaker, Outcome::Failure, at(0));
    }
    assert_eq!(retry_after(&mut breaker, 0), 1_000);
}

#[test]
fn failures_of_long_ago_do_not_count_towards_the_share() {
    let mut breaker = CircuitBreaker::new(policy());
    for n in 0..20 {
        call(&mut breaker, Outcome::Success, at(n * 1_500));
        call(&mut breaker, Outcome::Failure, at(n * 1_500 + 6_000));
        assert_eq!(breaker.state(at(n * 1_500 + 6_000)), BreakerState::Closed);
        call(&mut breaker, Outcome::Success, at(n * 1_500 + 6_000));
    }
}

#[test]
fn a_share_over_all_of_them_never_opens_it() {
    let only_streaks = policy().with_rate(101, 1, Duration::from_secs(10));
    let mut breaker = CircuitBreaker::new(only_streaks);
    for _ in 0..50 {
        call(&mut breaker, Outcome::Failure, at(0));
        call(&mut breaker, Outcome::Failure, at(0));
        call(&mut breaker, Outcome::Success, at(0));
    }
    assert_eq!(breaker.state(at(0)), BreakerState::Closed);
}

#[test]
fn of_twenty_callers_at_half_open_one_goes_through() {
    let mut breaker = opened();
    let permits: Vec<_> = (0..20)
        .filter_map(|_| breaker.permit(at(1_000)).ok())
        .collect();
    assert_eq!(permits.len(), 1);
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen);
}

#[test]
fn a_probe_that_succeeds_closes_it_for_all() {
    let mut breaker = opened();
    call(&mut breaker, Outcome::Success, at(1_000));
    assert_eq!(breaker.state(at(1_000)), BreakerState::Closed);
    // And it starts anew: the failures before count no more.
    call(&mut breaker, Outcome::Failure, at(1_000));
    call(&mut breaker, Outcome::Failure, at(1_000));
    assert_eq!(breaker.state(at(1_000)), BreakerState::Closed);
}

#[test]
fn each_probe_that_fails_doubles_the_time_up_to_the_cap() {
    let mut breaker = opened();
    let mut now = 0;
    for expected in [1_000, 2_000, 4_000, 4_000] {
        assert_eq!(retry_after(&mut breaker, now), expected);
        now += i64::try_from(expected).unwrap();
        call(&mut breaker, Outcome::Failure, at(now));
    }
    call_probe_and_open_again(&mut breaker, now + 4_000);
}

/// Once it was closed, the time starts from the least again.
fn call_probe_and_open_again(breaker: &mut CircuitBreaker, now: i64) {
    call(breaker, Outcome::Success, at(now));
    for _ in 0..3 {
        call(breaker, Outcome::Failure, at(now));
    }
    assert_eq!(retry_after(breaker, now), 1_000);
}

#[test]
fn a_probe_that_never_reports_lapses_and_its_late_report_is_ignored() {
    let mut breaker = opened();
    let lost = breaker.permit(at(1_000)).unwrap();
    assert_eq!(retry_after(&mut breaker, 1_001), 1_000);
    assert_eq!(retry_after(&mut breaker, 2_999), 1);
    let second = breaker.permit(at(3_000)).unwrap();
    breaker.record(lost, Outcome::Success, at(3_000));
    assert_eq!(breaker.state(at(3_000)), BreakerState::HalfOpen);
    assert!(breaker.permit(at(3_000)).is_err());
    breaker.record(second, Outcome::Success, at(3_000));
    assert_eq!(breaker.state(at(3_000)), BreakerState::Closed);
}

#[test]
fn a_probe_given_back_lets_the_next_caller_probe_at_once() {
    let mut breaker = opened();
    let probe = breaker.permit(at(1_000)).unwrap();
    breaker.release(probe);
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen);
    call(&mut breaker, Outcome::Failure, at(1_000));
    assert_eq!(retry_after(&mut breaker, 1_000), 2_000);
}

#[test]
fn a_permit_given_back_while_closed_says_nothing() {
    let mut breaker = CircuitBreaker::new(policy().with_consecutive(1));
    let permit = breaker.permit(at(0)).unwrap();
    breaker.release(permit);
    assert_eq!(breaker.state(at(0)), BreakerState::Closed);
    assert!(breaker.is_at_rest(at(0)));
}

#[test]
fn a_report_from_before_it_opened_is_ignored() {
    let mut breaker = CircuitBreaker::new(policy());
    let early = breaker.permit(at(0)).unwrap();
    for _ in 0..3 {
        call(&mut breaker, Outcome::Failure, at(0));
    }
    let probe = breaker.permit(at(1_000)).unwrap();
    breaker.record(early, Outcome::Success, at(1_000));
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen);
    breaker.record(probe, Outcome::Success, at(1_000));
    assert_eq!(breaker.state(at(1_000)), BreakerState::Closed);
}

#[test]
fn a_clock_set_back_by_years_holds_it_open_no_longer_than_one_open_time() {
    let mut breaker = opened();
    let long_ago = -100_000_000_000;
    assert_eq!(retry_after(&mut breaker, long_ago), 1_000);
    assert!(breaker.permit(at(long_ago + 1_000)).is_ok());
    assert_eq!(retry_after(&mut breaker, 2 * long_ago), 1_000);
    assert!(breaker.permit(at(2 * long_ago + 2_000)).is_ok());
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Ask,
    Report { which: usize, failed: bool },
    GiveBack { which: usize },
}

fn steps(earliest: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (earliest..3_000_i64).prop_map(Step::Wait),
        4 => Just(Step::Ask),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, failed)| Step::Report { which, failed }),
        1 => any::<usize>().prop_map(|which| Step::GiveBack { which }),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    #[test]
    fn whatever_happens_the_promises_hold(steps in steps(0)) {
        let mut breaker = CircuitBreaker::new(policy());
        let mut now = at(0);
        let mut permits: Vec<(Permit, bool)> = Vec::new();
        let mut last_probe: Option<Timestamp> = None;
        for step in steps {
            match step {
                Step::Wait(millis) => now += TimeDelta::milliseconds(millis),
                Step::Ask => {
                    let before = breaker.state(now);
                    match breaker.permit(now) {
                        Ok(permit) => {
                            let open = matches!(before, BreakerState::Open { .. });
                            prop_assert!(!open);
                            let probe = before == BreakerState::HalfOpen;
                            if probe {
                                // One at a time: the one before has reported or has lapsed.
                                let free = last_probe.is_none_or(|since| {
                                    after(since, policy().probe_lapse) <= now
                                });
                                prop_assert!(free);
                                last_probe = Some(now);
                            }
                            permits.push((permit, probe));
                        }
                        Err(open) => {
                            prop_assert!(before != BreakerState::Closed);
                            prop_assert!(!open.retry_after.is_zero());
                            prop_assert!(open.retry_after <= policy().open_cap);
                            let early = after(now, open.retry_after) - TimeDelta::microseconds(1);
                            prop_assert!(breaker.clone().permit(early).is_err());
                            let in_time = after(now, open.retry_after);
                            let probing = before == BreakerState::HalfOpen;
                            prop_assert!(probing || breaker.clone().permit(in_time).is_ok());
                        }
                    }
                }
                Step::Report { which, failed } if !permits.is_empty() => {
                    let (permit, probe) = permits.swap_remove(which % permits.len());
                    let before = breaker.state(now);
                    let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                    breaker.record(permit, outcome, now);
                    let current = breaker.state(now);
                    if current != before {
                        prop_assert_eq!(current == BreakerState::Closed, !failed);
                        prop_assert!(probe || before == BreakerState::Closed);
                        last_probe = None;
                    }
                }
                Step::GiveBack { which } if !permits.is_empty() => {
                    let (permit, probe) = permits.swap_remove(which % permits.len());
                    let before = breaker.state(now);
                    let of_now = breaker.is_of_now(&permit);
                    breaker.release(permit);
                    prop_assert_eq!(breaker.state(now), before);
                    if probe && of_now {
                        last_probe = None;
                    }
                }
                Step::Report { .. } | Step::GiveBack { .. } => {}
            }
        }
    }

    #[test]
    fn no_clock_however_wild_locks_it_for_ever(steps in steps(-3_000), far in any::<i32>()) {
        let mut breaker = CircuitBreaker::new(policy());
        let mut now = at(0);
        let mut permits = VecDeque::new();
        for step in steps {
            match step {
                Step::Wait(millis) => now += TimeDelta::milliseconds(millis * 1_000),
                Step::Ask => permits.extend(breaker.permit(now)),
                Step::Report { failed, .. } => {
                    if let Some(permit) = permits.pop_front() {
                        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                        breaker.record(permit, outcome, now);
                    }
                }
                Step::GiveBack { .. } => {
                    permits.pop_front().into_iter().for_each(|permit| breaker.release(permit));
                }
            }
        }
        let then = now + TimeDelta::seconds(i64::from(far));
        let wait = breaker.permit(then).err().map_or(Duration::ZERO, |open| open.retry_after);
        prop_assert!(wait <= policy().open_cap);
        let lapsed = after(then, policy().open_cap.max(policy().probe_lapse));
        prop_assert!(wait.is_zero() || breaker.permit(lapsed).is_ok());
    }
}

fn shop(name: &str) -> StorefrontId {
    StorefrontId::parse(name).unwrap()
}

fn fail_at(breakers: &Breakers, storefront: &str, now: Timestamp) {
    for _ in 0..3 {
        let pass = breakers.permit(&shop(storefront), Dependency::Payments, now);
        pass.unwrap().finish(Outcome::Failure, now);
    }
}

#[test]
fn a_circuit_is_of_one_storefront_and_one_service() {
    let breakers = Breakers::new(policy());
    fail_at(&breakers, "a", at(0));
    let open = |storefront, dependency| {
        breakers
            .permit(&shop(storefront), dependency, at(0))
            .is_err()
    };
    assert!(open("a", Dependency::Payments));
    assert!(!open("a", Dependency::Shipping));
    assert!(!open("b", Dependency::Payments));
    let expected = (shop("a"), Dependency::Payments);
    let all: Vec<_> = breakers.not_closed(at(0)).into_keys().collect();
    assert_eq!(all, [expected]);
    assert_eq!(
        breakers.state(&shop("b"), Dependency::Payments, at(0)),
        BreakerState::Closed
    );
}

#[test]
fn a_service_can_have_a_policy_of_its_own() {
    let breakers =
        Breakers::new(policy()).with(Dependency::Notifications, policy().with_consecutive(1));
    for (dependency, open) in [
        (Dependency::Notifications, true),
        (Dependency::Customers, false),
    ] {
        let pass = breakers.permit(&shop("a"), dependency, at(0)).unwrap();
        pass.finish(Outcome::Failure, at(0));
        assert_eq!(
            breakers.permit(&shop("a"), dependency, at(0)).is_err(),
            open,
            "{dependency}"
        );
    }
}

#[test]
fn storefronts_are_bounded_and_those_that_fail_are_kept() {
    let breakers = Breakers::new(policy()).with_storefronts(3);
    fail_at(&breakers, "failing", at(0));
    for n in 0..100 {
        let pass = breakers.permit(&shop(&format!("s{n}")), Dependency::Customers, at(n + 1));
        pass.unwrap().finish(Outcome::Success, at(n + 1));
        assert!(breakers.len() <= 3);
    }
    assert!(
        breakers
            .permit(&shop("failing"), Dependency::Payments, at(101))
            .is_err()
    );
    for n in 0..5 {
        fail_at(&breakers, &format!("f{n}"), at(200 + n));
        assert!(breakers.len() <= 3);
    }
    let kept: Vec<_> = breakers
        .not_closed(at(205))
        .into_keys()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(kept, [shop("f2"), shop("f3"), shop("f4")]);
}

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

/// A clock on which every wait is over at once.
struct HastyClock;

#[async_trait]
impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        at(0)
    }

    async fn sleep(&self, _: Duration) {}
}

/// Answers with what is in the list, then never.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Result<(), OutsideError>>>,
    calls: Mutex<usize>,
}

#[async_trait]
impl Customers for Scripted {
    async fn find(&self, _: &Call, _: &CustomerId) -> Result<Option<Customer>, OutsideError> {
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
    guarded: Guarded<dyn Customers>,
}

impl World {
    fn new(answers: impl IntoIterator<Item = Result<(), OutsideError>>) -> Self {
        let clock = Arc::new(StoppedClock(Mutex::new(at(0))));
        let port = Arc::new(Scripted {
            answers: Mutex::new(answers.into_iter().collect()),
            calls: Mutex::default(),
        });
        let breakers = Arc::new(Breakers::new(policy()));
        let guarded = Guarded::new(port.clone() as Arc<dyn Customers>, breakers, clock.clone());
        Self {
            clock,
            port,
            guarded,
        }
    }

    async fn ask(&self) -> Result<Option<Customer>, OutsideError> {
        let call = Call::new(StorefrontId::default(), "k", at(60_000));
        let id = CustomerId::parse("cus_1").unwrap();
        self.guarded.find(&call, &id).await
    }

    fn calls(&self) -> usize {
        *self.port.calls.lock().unwrap()
    }
}

fn outage() -> Result<(), OutsideError> {
    Err(OutsideError::unknown("no answer"))
}

#[tokio::test]
async fn while_it_is_open_the_adapter_is_not_called() {
    let world = World::new([outage(), outage(), outage(), Ok(())]);
    for _ in 0..3 {
        assert!(world.ask().await.is_err());
    }
    let refused = world.ask().await.unwrap_err();
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(refused.kind, OutsideErrorKind::Unavailable { retry_after });
    assert_eq!(world.calls(), 3);
    *world.clock.0.lock().unwrap() = at(1_000);
    assert!(world.ask().await.is_ok());
    assert_eq!(world.calls(), 4);
}

#[tokio::test]
async fn a_refusal_speaks_for_the_health_of_the_service() {
    let no = || Err(OutsideError::refused(Code::parse("no").unwrap(), "no"));
    let world = World::new([outage(), outage(), no(), outage(), outage(), no(), Ok(())]);
    for _ in 0..6 {
        assert!(world.ask().await.is_err());
    }
    assert!(world.ask().await.is_ok());
}

#[tokio::test]
async fn of_twenty_concurrent_calls_at_half_open_one_reaches_the_service() {
    let world = World::new([outage(), outage(), outage()]);
    for _ in 0..3 {
        world.ask().await.unwrap_err();
    }
    *world.clock.0.lock().unwrap() = at(1_000);
    let calls = futures::future::join_all((0..20).map(|_| world.ask()));
    let waited = tokio::time::timeout(Duration::from_millis(20), calls).await;
    assert!(waited.is_err(), "the probe gets no answer");
    assert_eq!(world.calls(), 4);
    // The probe was dropped with the others: the next caller may probe.
    world.port.answers.lock().unwrap().push_back(Ok(()));
    assert!(world.ask().await.is_ok());
}

#[tokio::test]
async fn an_adapter_that_never_answers_is_given_up_on_and_found_out() {
    let port = Arc::new(Scripted::default());
    let breakers = Arc::new(Breakers::new(policy()));
    let clock: Arc<dyn Clock> = Arc::new(HastyClock);
    let guarded = Guarded::new(port.clone() as Arc<dyn Customers>, breakers, clock);
    let call = Call::new(StorefrontId::default(), "k", at(60_000));
    let id = CustomerId::parse("cus_1").unwrap();
    for _ in 0..3 {
        let error = guarded.find(&call, &id).await.unwrap_err();
        assert_eq!(error.kind, OutsideErrorKind::Unknown);
    }
    let refused = guarded.find(&call, &id).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(1));
    assert_eq!(refused.kind, OutsideErrorKind::Unavailable { retry_after });
    assert_eq!(*port.calls.lock().unwrap(), 3);
}
