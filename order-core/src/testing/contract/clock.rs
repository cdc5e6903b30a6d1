//! What a [`Clock`] must do. On a [`ManualClock`](crate::testing::ManualClock) it is the one that
//! [advances by itself](crate::testing::ManualClock::auto).

use crate::ports::Clock;
use crate::time::{between, truncated};
use std::time::Duration;

suite! {
    $ clock, clock_contract, Clock:
    instants_are_whole_microseconds,
    time_does_not_run_backwards,
    a_sleep_lasts_as_long_as_it_was_meant_to,
    a_sleep_of_no_time_ends,
}

/// Instants are cut to microseconds.
pub async fn instants_are_whole_microseconds(clock: &(impl Clock + ?Sized)) {
    for _ in 0..100 {
        let now = clock.now();
        assert_eq!(now, truncated(now), "an instant is cut to microseconds");
    }
}

/// A later look at the clock shows no earlier instant.
pub async fn time_does_not_run_backwards(clock: &(impl Clock + ?Sized)) {
    let mut last = clock.now();
    for _ in 0..100 {
        let now = clock.now();
        assert!(now >= last, "time does not run backwards");
        last = now;
    }
}

/// When a sleep ends, its span has passed on the clock.
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

/// A sleep of no time ends.
pub async fn a_sleep_of_no_time_ends(clock: &(impl Clock + ?Sized)) {
    clock.sleep(Duration::ZERO).await;
}
