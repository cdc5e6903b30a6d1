//! What each role may do: one table.

use super::{Principal, Role};
use crate::server::problem::{FieldError, Problem};
use order_core::command::{Command, CommandKind, NewLine};
use order_core::order::{Adjustment, AdjustmentKind};
use order_core::value::CustomerId;

/// Something a role may or may not do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Right {
    /// Read orders.
    Read,
    /// Ask this of an order.
    Command(CommandKind),
    /// See and retry parked work.
    DeadLetters,
}

const ADMIN: &[Role] = &[Role::Admin];
const STOREFRONT: &[Role] = &[Role::Staff, Role::Service, Role::Admin];
const WITH_CUSTOMER: &[Role] = &[Role::Customer, Role::Staff, Role::Service, Role::Admin];
const WITH_WAREHOUSE: &[Role] = &[Role::Warehouse, Role::Staff, Role::Service, Role::Admin];
const EVERYBODY: &[Role] = &[
    Role::Customer,
    Role::Warehouse,
    Role::Staff,
    Role::Service,
    Role::Admin,
];

/// Who may. A customer's right is to own orders, always.
const fn holders(right: Right) -> &'static [Role] {
    match right {
        Right::Read => EVERYBODY,
        Right::DeadLetters => ADMIN,
        Right::Command(command) => match command {
            CommandKind::PlaceOrder
            | CommandKind::StartPayment
            | CommandKind::ReviseLines
            | CommandKind::ChangeAddress
            | CommandKind::ChangePaymentMethod
            | CommandKind::UpdateDetails
            | CommandKind::CancelLines
            | CommandKind::RequestCancel => WITH_CUSTOMER,

            CommandKind::RequestReturn | CommandKind::CancelReturn => EVERYBODY,

            CommandKind::PlanFulfillment
            | CommandKind::ReleaseFulfillment
            | CommandKind::RecallFulfillment
            | CommandKind::ConfirmShipment
            | CommandKind::UpdateTracking
            | CommandKind::ConfirmDelivery
            | CommandKind::ApproveReturn
            | CommandKind::RejectReturn
            | CommandKind::ReceiveReturn => WITH_WAREHOUSE,

            CommandKind::ImportOrder
            | CommandKind::PlaceHold
            | CommandKind::ReleaseHold
            | CommandKind::CapturePayment
            | CommandKind::RequestRefund
            | CommandKind::DeleteOrder => STOREFRONT,

            CommandKind::ErasePersonalData => ADMIN,
        },
    }
}

/// Whose orders a right reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of the storefront.
    All,
    /// Those of this customer.
    Own(CustomerId),
}

impl Reach {
    /// Whether orders of this customer are among them.
    pub(crate) fn covers(&self, customer: &CustomerId) -> bool {
        match self {
            Self::All => true,
            Self::Own(own) => own == customer,
        }
    }

    /// Refuses an order for somebody else.
    ///
    /// # Errors
    /// 403.
    pub(crate) fn require_order_for(&self, customer: &CustomerId) -> Result<(), Problem> {
        if self.covers(customer) {
            return Ok(());
        }
        let message = "a customer orders for themselves only";
        Err(Problem::forbidden(message).errors(vec![FieldError::new(
            "customer_id",
            "forbidden",
            message,
        )]))
    }

    /// Refuses prices, names and discounts that a customer sets.
    ///
    /// # Errors
    /// 403, naming the fields.
    pub(crate) fn require_prices(
        &self,
        lines: &[NewLine],
        adjustments: &[Adjustment],
    ) -> Result<(), Problem> {
        if *self == Self::All {
            return Ok(());
        }
        let forbidden = |field, message| FieldError::new(field, "forbidden", message);
        let mut errors = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if line.unit_price.is_some() {
                let field = format!("lines[{at}].unit_price");
                errors.push(forbidden(field, "a customer does not set prices"));
            }
            if line.name.is_some() {
                let field = format!("lines[{at}].name");
                errors.push(forbidden(field, "a customer does not name products"));
            }
        }
        for (at, adjustment) in adjustments.iter().enumerate() {
            if adjustment.kind == AdjustmentKind::Discount {
                let field = format!("adjustments[{at}].kind");
                errors.push(forbidden(field, "a customer does not grant discounts"));
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(Problem::forbidden("a customer pays the storefront's prices").errors(errors))
    }
}

impl Principal {
    /// Whose orders they may do this to; none: nobody's.
    pub(crate) fn reach(&self, right: Right) -> Option<Reach> {
        let held = |role: &Role| holders(right).contains(role);
        if self
            .roles
            .iter()
            .any(|role| *role != Role::Customer && held(role))
        {
            return Some(Reach::All);
        }
        if self.roles.contains(&Role::Customer) && held(&Role::Customer) {
            return self.customer.clone().map(Reach::Own);
        }
        None
    }

    /// Whose orders they may do this to.
    ///
    /// # Errors
    /// 403 where that is nobody's.
    pub(crate) fn require(&self, right: Right) -> Result<Reach, Problem> {
        self.reach(right).ok_or_else(|| {
            let what = match right {
                Right::Read => "read orders",
                Right::DeadLetters => "see parked work",
                Right::Command(command) => command.as_str(),
            };
            Problem::forbidden(format!("none of your roles may do this: {what}"))
        })
    }

    /// Whose orders they may send this command to, with what it carries.
    ///
    /// # Errors
    /// 403 where that is nobody's.
    pub(crate) fn require_command(&self, command: &Command) -> Result<Reach, Problem> {
        let reach = self.require(Right::Command(command.kind()))?;
        match command {
            Command::ReviseLines { lines, adjustments } => {
                reach.require_prices(lines, adjustments.as_deref().unwrap_or_default())?;
            }
            Command::UpdateDetails(patch) if patch.labels.is_some() && reach != Reach::All => {
                let message = "labels are the storefront's";
                return Err(Problem::forbidden(message).errors(vec![FieldError::new(
                    "labels",
                    "forbidden",
                    message,
                )]));
            }
            _ => {}
        }
        Ok(reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use order_core::value::StorefrontId;

    fn with(roles: &[Role]) -> Principal {
        Principal {
            roles: roles.iter().copied().collect(),
            customer: CustomerId::parse("cus_1").ok(),
            ..Principal::admin(StorefrontId::default())
        }
    }

    const ERASE: Right = Right::Command(CommandKind::ErasePersonalData);

    #[test]
    fn an_administrator_may_do_everything() {
        let admin = with(&[Role::Admin]);
        for command in CommandKind::ALL {
            assert_eq!(
                admin.reach(Right::Command(*command)),
                Some(Reach::All),
                "{command}"
            );
        }
        assert_eq!(admin.reach(Right::DeadLetters), Some(Reach::All));
    }

    #[test]
    fn only_an_administrator_erases_and_sees_dead_letters() {
        let others = with(&[Role::Customer, Role::Staff, Role::Warehouse, Role::Service]);
        assert_eq!(others.reach(Right::DeadLetters), None);
        assert_eq!(others.reach(ERASE), None);
    }

    #[test]
    fn a_customer_neither_ships_nor_moves_money() {
        for command in [
            CommandKind::ConfirmShipment,
            CommandKind::CapturePayment,
            CommandKind::RequestRefund,
            CommandKind::ReceiveReturn,
            CommandKind::ReleaseHold,
        ] {
            let reach = with(&[Role::Customer]).reach(Right::Command(command));
            assert_eq!(reach, None, "{command}");
        }
    }

    #[test]
    fn what_somebody_may_as_a_customer_alone_reaches_own_orders_alone() {
        let both = with(&[Role::Customer, Role::Warehouse]);
        let cancel = Right::Command(CommandKind::RequestCancel);
        let own = Reach::Own(CustomerId::parse("cus_1").unwrap());
        assert_eq!(both.reach(cancel), Some(own));
        assert_eq!(both.reach(Right::Read), Some(Reach::All));
    }

    #[test]
    fn a_customer_who_is_no_customer_and_somebody_without_a_role_may_nothing() {
        let mut unknown = with(&[Role::Customer]);
        unknown.customer = None;
        assert_eq!(unknown.reach(Right::Read), None);
        assert_eq!(with(&[]).reach(Right::Read), None);
    }
}
