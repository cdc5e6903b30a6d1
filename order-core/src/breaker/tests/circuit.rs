//! The state machine: when a circuit opens, probes and closes.

use super::{at, policy};
use crate::breaker::{BreakerState, CircuitBreaker, Outcome, Permit};
use crate::time::{Timestamp, after};
use chrono::TimeDelta;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;

fn call(breaker: &mut CircuitBreaker, outcome: Outcome, now: Timestamp) {
    let permit = breaker.try_acquire(now).unwrap();
    breaker.record(permit, outcome, now);
}

/// Returns a circuit that has just opened, at 0.
fn opened() -> CircuitBreaker {
    let mut breaker = CircuitBreaker::new(policy());
    for _ in 0..3 {
        call(&mut breaker, Outcome::Failure, at(0));
    }
    breaker
}

fn retry_after(breaker: &mut CircuitBreaker, millis: i64) -> u128 {
    let open = breaker.try_acquire(at(millis)).unwrap_err();
    open.retry_after.as_millis()
}

#[test]
fn it_opens_at_a_number_of_failures_in_a_row() {
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
fn it_opens_at_a_failure_rate_although_some_calls_succeed() {
    let mut breaker = CircuitBreaker::new(policy());
    for _ in 0..5 {
        assert_eq!(breaker.state(at(0)), BreakerState::Closed);
        call(&mut breaker, Outcome::Success, at(0));
        call(&mut breaker, Outcome::Failure, at(0));
    }
    assert_eq!(retry_after(&mut breaker, 0), 1_000);
}

#[test]
fn old_failures_do_not_count_towards_the_rate() {
    let mut breaker = CircuitBreaker::new(policy());
    for n in 0..20 {
        call(&mut breaker, Outcome::Success, at(n * 1_500));
        call(&mut breaker, Outcome::Failure, at(n * 1_500 + 6_000));
        assert_eq!(breaker.state(at(n * 1_500 + 6_000)), BreakerState::Closed);
        call(&mut breaker, Outcome::Success, at(n * 1_500 + 6_000));
    }
}

#[test]
fn a_rate_above_100_percent_never_opens_it() {
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
        .filter_map(|_| breaker.try_acquire(at(1_000)).ok())
        .collect();
    assert_eq!(permits.len(), 1);
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen);
}

#[test]
fn a_probe_that_succeeds_closes_it_for_all() {
    let mut breaker = opened();
    call(&mut breaker, Outcome::Success, at(1_000));
    assert_eq!(breaker.state(at(1_000)), BreakerState::Closed);
    // The count restarts: earlier failures do not count any more.
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
    assert_open_time_restarts(&mut breaker, now + 4_000);
}

/// Checks that after a success the next open time is the initial one again.
fn assert_open_time_restarts(breaker: &mut CircuitBreaker, now: i64) {
    call(breaker, Outcome::Success, at(now));
    for _ in 0..3 {
        call(breaker, Outcome::Failure, at(now));
    }
    assert_eq!(retry_after(breaker, now), 1_000);
}

#[test]
fn a_probe_that_never_reports_times_out_and_its_late_report_is_ignored() {
    let mut breaker = opened();
    let lost = breaker.try_acquire(at(1_000)).unwrap();
    assert_eq!(retry_after(&mut breaker, 1_001), 1_000);
    assert_eq!(retry_after(&mut breaker, 2_999), 1);
    let second = breaker.try_acquire(at(3_000)).unwrap();
    breaker.record(lost, Outcome::Success, at(3_000));
    assert_eq!(breaker.state(at(3_000)), BreakerState::HalfOpen);
    assert!(breaker.try_acquire(at(3_000)).is_err());
    breaker.record(second, Outcome::Success, at(3_000));
    assert_eq!(breaker.state(at(3_000)), BreakerState::Closed);
}

#[test]
fn a_released_probe_lets_the_next_caller_probe_at_once() {
    let mut breaker = opened();
    let probe = breaker.try_acquire(at(1_000)).unwrap();
    breaker.release(probe);
    assert_eq!(breaker.state(at(1_000)), BreakerState::HalfOpen);
    call(&mut breaker, Outcome::Failure, at(1_000));
    assert_eq!(retry_after(&mut breaker, 1_000), 2_000);
}

#[test]
fn a_permit_released_while_closed_counts_as_no_outcome() {
    let mut breaker = CircuitBreaker::new(policy().with_consecutive(1));
    let permit = breaker.try_acquire(at(0)).unwrap();
    breaker.release(permit);
    assert_eq!(breaker.state(at(0)), BreakerState::Closed);
    assert!(breaker.is_idle(at(0)));
}

#[test]
fn a_report_from_before_it_opened_is_ignored() {
    let mut breaker = CircuitBreaker::new(policy());
    let early = breaker.try_acquire(at(0)).unwrap();
    for _ in 0..3 {
        call(&mut breaker, Outcome::Failure, at(0));
    }
    let probe = breaker.try_acquire(at(1_000)).unwrap();
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
    assert!(breaker.try_acquire(at(long_ago + 1_000)).is_ok());
    assert_eq!(retry_after(&mut breaker, 2 * long_ago), 1_000);
    assert!(breaker.try_acquire(at(2 * long_ago + 2_000)).is_ok());
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Acquire,
    Report { which: usize, failed: bool },
    Release { which: usize },
}

fn steps(earliest: i64) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (earliest..3_000_i64).prop_map(Step::Wait),
        4 => Just(Step::Acquire),
        4 => (any::<usize>(), any::<bool>()).prop_map(|(which, failed)| Step::Report { which, failed }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
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
                Step::Acquire => {
                    let before = breaker.state(now);
                    match breaker.try_acquire(now) {
                        Ok(permit) => {
                            let open = matches!(before, BreakerState::Open { .. });
                            prop_assert!(!open);
                            let probe = before == BreakerState::HalfOpen;
                            if probe {
                                // One at a time: the previous one has reported or timed out.
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
                            prop_assert!(breaker.clone().try_acquire(early).is_err());
                            let in_time = after(now, open.retry_after);
                            let probing = before == BreakerState::HalfOpen;
                            prop_assert!(probing || breaker.clone().try_acquire(in_time).is_ok());
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
                Step::Release { which } if !permits.is_empty() => {
                    let (permit, probe) = permits.swap_remove(which % permits.len());
                    let before = breaker.state(now);
                    let current_permit = breaker.is_current(&permit);
                    breaker.release(permit);
                    prop_assert_eq!(breaker.state(now), before);
                    if probe && current_permit {
                        last_probe = None;
                    }
                }
                Step::Report { .. } | Step::Release { .. } => {}
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
                Step::Acquire => permits.extend(breaker.try_acquire(now)),
                Step::Report { failed, .. } => {
                    if let Some(permit) = permits.pop_front() {
                        let outcome = if failed { Outcome::Failure } else { Outcome::Success };
                        breaker.record(permit, outcome, now);
                    }
                }
                Step::Release { .. } => {
                    permits.pop_front().into_iter().for_each(|permit| breaker.release(permit));
                }
            }
        }
        let then = now + TimeDelta::seconds(i64::from(far));
        let wait = breaker.try_acquire(then).err().map_or(Duration::ZERO, |open| open.retry_after);
        prop_assert!(wait <= policy().open_cap);
        let timed_out = after(then, policy().open_cap.max(policy().probe_lapse));
        prop_assert!(wait.is_zero() || breaker.try_acquire(timed_out).is_ok());
    }
}
