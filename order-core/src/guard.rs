//! [`CommandGuard`]: an embedder's own rule that may refuse a command, never a fact.

use crate::command::Command;
use crate::order::Order;
use crate::refusal::Refusal;

/// A business rule of the embedding service that may refuse commands.
///
/// Guards are set per storefront, in its policy. Facts are never checked by a guard.
pub trait CommandGuard: Send + Sync {
    /// Checks a command on an order.
    ///
    /// Called after the transition table has allowed the command. It must be pure: the same order
    /// and command always get the same answer.
    ///
    /// # Errors
    /// The refusal that the caller receives, if the guard vetoes the command.
    fn check(&self, order: &Order, command: &Command) -> Result<(), Refusal>;
}
