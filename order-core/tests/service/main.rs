//! The service over memory adapters by subject: placing, cancelling, late facts, outages, crashes,
//! idempotency, concurrency, edits, runners, relays and logging.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect, in its fixtures too"
)]

mod asking;
mod call_keys;
mod cancelling;
mod charging;
mod concurrency;
mod crashes;
mod dead_letters;
mod editing;
mod idempotency;
mod late_facts;
mod logging;
mod notices;
mod outages;
mod payments;
mod placing;
mod pricing;
mod random_faults;
mod relays;
mod runners;
mod service_refusals;
mod stock_in_store;
mod time_budget;
mod world;
