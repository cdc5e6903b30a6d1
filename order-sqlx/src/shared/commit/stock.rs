//! Reserves the stock of changes that would apply otherwise: all units of a change or none.
//!
//! The hot path on Postgres does it in the SQL function `commit_changes`, and leaves to this module what
//! is not plainly in stock.

use super::super::dialect::Connection;
use super::super::error::DbError;
use super::super::inventory::reservations::extend;
use super::super::inventory::reserve::{OtherLines, reserve_all};
use super::check::AcceptedChange;
use order_core::ports::{CommitOutcome, ReserveOutcome};
use std::collections::HashMap;

/// Reserves the stock of these changes. Returns the outcomes of those whose stock cannot be reserved, by
/// their position in the batch; nothing is reserved for them.
pub(super) async fn reserve(
    connection: &mut Connection,
    accepted: &[AcceptedChange<'_>],
) -> Result<HashMap<usize, CommitOutcome>, DbError> {
    let mut refused = HashMap::new();
    let (mut items, mut requests) = (Vec::new(), Vec::new());
    for one in accepted {
        if let Some(request) = &one.change.reserve {
            items.push(one.item);
            requests.push(request);
        }
    }
    if requests.is_empty() {
        return Ok(refused);
    }
    let results = reserve_all(connection, &requests).await?;
    for ((item, request), result) in items.into_iter().zip(requests).zip(results) {
        let outcome = match result {
            Ok(ReserveOutcome::Reserved { expires_at }) => {
                if expires_at < request.expires_at {
                    extend(connection, &request.key, request.now, request.expires_at).await?;
                }
                continue;
            }
            Ok(ReserveOutcome::Insufficient { shortages }) => CommitOutcome::OutOfStock {
                shortages,
                unknown: Vec::new(),
            },
            Ok(ReserveOutcome::UnknownSkus { skus }) => CommitOutcome::OutOfStock {
                shortages: Vec::new(),
                unknown: skus,
            },
            Ok(ReserveOutcome::Gone) | Err(OtherLines) => CommitOutcome::ReservationIdTaken,
            Ok(_) => {
                return Err(DbError::ContractViolation(
                    "an outcome that is not known here",
                ));
            }
        };
        refused.insert(item, outcome);
    }
    Ok(refused)
}
