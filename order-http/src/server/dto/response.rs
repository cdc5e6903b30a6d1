//! Response bodies, a module for each subject.

mod actions;
mod cancellation;
mod dead_letters;
mod history;
mod holds;
mod line;
mod order;
mod payments;
mod returns;
mod shipments;
mod totals;
mod units;

pub(crate) use actions::{ActionResponse, ActionsResponse};
pub(crate) use dead_letters::{DeadLetterPageResponse, RetriedResponse};
pub(crate) use history::HistoryResponse;
pub(crate) use order::{OrderPageResponse, OrderResponse};
