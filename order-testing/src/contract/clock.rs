//! What a [`Clock`] must do. On a [`ManualClock`](crate::ManualClock) it is the one that
//! [advances by itself](crate::ManualClock::auto).

use order_core::ports::Clock;
use order_core::time::{between, truncated};
use std::time::Duration;

suite! {
    $ clock, clock_contract, Clock:
    instants_are_whole_microseconds,
    time_does_not_run_backwards,
    a_sleep_lasts_as_long_as_it_was_meant_to,
    a_sleep_of_no_time_ends,
}

/// Checks that instants are truncated to microseconds.
pub async fn instants_are_whole_microseconds(clock: &(impl Clock + ?Sized)) {
    for _ in 0..100 {
        let now = clock.now();
        assert_eq!(
            now,
            truncated(now),
            "an instant is truncated to microseconds"
        );
    }
}

/// Checks that a later reading of the clock is no earlier instant.
pub async fn time_does_not_run_backwards(clock: &(impl Clock + ?Sized)) {
    let mut last = clock.now();
    for _ in 0..100 {
        let now = clock.now();
        assert!(now >= last, "time does not run backwards");
        last = now;
    }
}

/// Checks that a sleep ends no earlier than its span has passed on the clock.
pub async fn a_sleep_lasts_as_long_as_it_was_meant_to(clock: &(impl Clock + ?Sized)) {
    const SPAN: Duration = Duration::from_millis(40);
    // A timer and a wall clock need not agree to the last millisecond.
    const LEEWAY: Duration = Duration::from_millis(5);
    let before = clock.now();
    clock.sleep(SPAN).await;
    assert!(
        between(before, clock.now()) + LEEWAY >= SPAN,
        "when a sleep ends, its span has passed"
    );
}

/// Checks that a sleep of zero length ends.
pub async fn a_sleep_of_no_time_ends(clock: &(impl Clock + ?Sized)) {
    clock.sleep(Duration::ZERO).await;
}
