//! Permissions: what each role may do, and what a customer may not set. One table, and nothing else
//! decides about roles.

use super::authentication::{Principal, Role};
use super::problem::{FieldError, Problem};
use order_core::command::{Command, CommandKind};
use order_core::new_order::NewLine;
use order_core::order::{Adjustment, AdjustmentKind};
use order_core::value::CustomerId;

/// A permission that a role may have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Permission {
    /// Read orders.
    Read,
    /// Send this command to an order.
    Command(CommandKind),
    /// List and retry dead letters.
    DeadLetters,
}

const ADMIN: &[Role] = &[Role::Admin];
const STOREFRONT: &[Role] = &[Role::Staff, Role::Service, Role::Admin];
const STOREFRONT_AND_CUSTOMER: &[Role] = &[Role::Customer, Role::Staff, Role::Service, Role::Admin];
const STOREFRONT_AND_WAREHOUSE: &[Role] =
    &[Role::Warehouse, Role::Staff, Role::Service, Role::Admin];
const ALL_ROLES: &[Role] = &[
    Role::Customer,
    Role::Warehouse,
    Role::Staff,
    Role::Service,
    Role::Admin,
];

/// Returns the roles that have a permission. A customer has it for their own orders only.
const fn roles_with(permission: Permission) -> &'static [Role] {
    match permission {
        Permission::Read => ALL_ROLES,
        Permission::DeadLetters => ADMIN,
        Permission::Command(command) => match command {
            CommandKind::PlaceOrder
            | CommandKind::StartPayment
            | CommandKind::ReviseLines
            | CommandKind::ChangeAddress
            | CommandKind::ChangePaymentMethod
            | CommandKind::UpdateDetails
            | CommandKind::CancelLines
            | CommandKind::RequestCancel => STOREFRONT_AND_CUSTOMER,

            CommandKind::RequestReturn | CommandKind::CancelReturn => ALL_ROLES,

            CommandKind::PlanFulfillment
            | CommandKind::ReleaseFulfillment
            | CommandKind::RecallFulfillment
            | CommandKind::ConfirmShipment
            | CommandKind::UpdateTracking
            | CommandKind::ConfirmDelivery
            | CommandKind::ApproveReturn
            | CommandKind::RejectReturn
            | CommandKind::ReceiveReturn => STOREFRONT_AND_WAREHOUSE,

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

/// The orders that a permission covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All orders of the storefront.
    All,
    /// The orders of this customer.
    Own(CustomerId),
}

impl Scope {
    /// Returns whether the orders of this customer are in the scope.
    pub(crate) fn covers(&self, customer: &CustomerId) -> bool {
        match self {
            Self::All => true,
            Self::Own(own) => own == customer,
        }
    }

    /// Requires that a new order is for a customer in the scope.
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

    /// Requires that a customer sets no prices, product names or discounts.
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
        for (index, line) in lines.iter().enumerate() {
            if line.unit_price.is_some() {
                let field = format!("lines[{index}].unit_price");
                errors.push(forbidden(field, "a customer does not set prices"));
            }
            if line.name.is_some() {
                let field = format!("lines[{index}].name");
                errors.push(forbidden(field, "a customer does not name products"));
            }
        }
        for (index, adjustment) in adjustments.iter().enumerate() {
            if adjustment.kind == AdjustmentKind::Discount {
                let field = format!("adjustments[{index}].kind");
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
    /// Returns the scope of a permission; `None` if none of the roles has it.
    pub(crate) fn scope(&self, permission: Permission) -> Option<Scope> {
        let has = |role: &Role| roles_with(permission).contains(role);
        if self
            .roles
            .iter()
            .any(|role| *role != Role::Customer && has(role))
        {
            return Some(Scope::All);
        }
        if self.roles.contains(&Role::Customer) && has(&Role::Customer) {
            return self.customer.clone().map(Scope::Own);
        }
        None
    }

    /// Returns the scope of a permission.
    ///
    /// # Errors
    /// 403 if none of the roles has it.
    pub(crate) fn require(&self, permission: Permission) -> Result<Scope, Problem> {
        self.scope(permission).ok_or_else(|| {
            let what = match permission {
                Permission::Read => "read orders",
                Permission::DeadLetters => "see parked work",
                Permission::Command(command) => command.as_str(),
            };
            Problem::forbidden(format!("none of your roles may do this: {what}"))
        })
    }

    /// Returns the scope in which this command may be sent, with everything that it sets.
    ///
    /// # Errors
    /// 403 if none of the roles may.
    pub(crate) fn require_command(&self, command: &Command) -> Result<Scope, Problem> {
        let scope = self.require(Permission::Command(command.kind()))?;
        match command {
            Command::ReviseLines { lines, adjustments } => {
                scope.require_prices(lines, adjustments.as_deref().unwrap_or_default())?;
            }
            Command::UpdateDetails(patch) if patch.labels.is_some() && scope != Scope::All => {
                let message = "labels are the storefront's";
                return Err(Problem::forbidden(message).errors(vec![FieldError::new(
                    "labels",
                    "forbidden",
                    message,
                )]));
            }
            _ => {}
        }
        Ok(scope)
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

    const ERASE: Permission = Permission::Command(CommandKind::ErasePersonalData);

    #[test]
    fn an_administrator_has_every_permission() {
        let admin = with(&[Role::Admin]);
        for command in CommandKind::ALL {
            assert_eq!(
                admin.scope(Permission::Command(*command)),
                Some(Scope::All),
                "{command}"
            );
        }
        assert_eq!(admin.scope(Permission::DeadLetters), Some(Scope::All));
    }

    #[test]
    fn only_an_administrator_erases_and_sees_dead_letters() {
        let others = with(&[Role::Customer, Role::Staff, Role::Warehouse, Role::Service]);
        assert_eq!(others.scope(Permission::DeadLetters), None);
        assert_eq!(others.scope(ERASE), None);
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
            let scope = with(&[Role::Customer]).scope(Permission::Command(command));
            assert_eq!(scope, None, "{command}");
        }
    }

    #[test]
    fn a_permission_from_the_role_of_a_customer_covers_own_orders_only() {
        let both = with(&[Role::Customer, Role::Warehouse]);
        let cancel = Permission::Command(CommandKind::RequestCancel);
        let own = Scope::Own(CustomerId::parse("cus_1").unwrap());
        assert_eq!(both.scope(cancel), Some(own));
        assert_eq!(both.scope(Permission::Read), Some(Scope::All));
    }

    #[test]
    fn a_customer_without_an_id_and_a_principal_without_a_role_may_do_nothing() {
        let mut unknown = with(&[Role::Customer]);
        unknown.customer = None;
        assert_eq!(unknown.scope(Permission::Read), None);
        assert_eq!(with(&[]).scope(Permission::Read), None);
    }
}
