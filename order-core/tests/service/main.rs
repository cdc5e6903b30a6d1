//! The service layer by what it promises: placing, cancelling, late facts, outages, crashes,
//! repetition, side by side work, edits, runners and relays, and what is logged.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect, in its helpers too"
)]

mod cancelling;
mod charging;
mod crashing;
mod editing;
mod giving_up;
mod late_facts;
mod logging;
mod outages;
mod placing;
mod refusing;
mod relaying;
mod repeating;
mod running;
mod same_call;
mod side_by_side;
mod storms;
mod world;
