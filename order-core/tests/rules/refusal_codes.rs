//! The codes of refusals: their names, which never change, and for each an order and a command that is
//! refused with it.

use crate::given::{DAY, FIRST, Given, cancel, deliver, ship_all, two};
use order_core::Context;
use order_core::command::{Command, DetailsPatch};
use order_core::decide::decide;
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::guard::CommandGuard;
use order_core::money::Amount;
use order_core::new_order::NewLine;
use order_core::order::{Adjustment, AdjustmentKind, Order, OrderStatus, RefundKind, SkuQuantity};
use order_core::policy::StorefrontPolicy;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::time::Timestamp;
use order_core::value::{FulfillmentNo, LineNo, PaymentAttemptNo, RefundNo};
use order_testing::builders::{
    code, contact, import_order, noon, place_order, priced, reason, units,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Returns a policy that allows one payment attempt, with a guard that refuses a cancel on a whim.
fn policy() -> StorefrontPolicy {
    struct NoWhims;
    impl CommandGuard for NoWhims {
        fn check(&self, order: &Order, command: &Command) -> Result<(), Refusal> {
            match command {
                Command::RequestCancel { reason: Some(why) } if why.as_str() == "whim" => {
                    let status = Some(order.status());
                    Err(Refusal::new(
                        RefusalCode::Vetoed,
                        command.kind(),
                        status,
                        "no",
                    ))
                }
                _ => Ok(()),
            }
        }
    }
    let mut policy = StorefrontPolicy::default();
    policy.max_attempts = 1;
    policy.guards = vec![Arc::new(NoWhims)];
    policy
}

/// Returns the refusal of a command on no order.
fn refused_at_first(command: Command) -> (Option<OrderStatus>, Refusal) {
    refused(None, &policy(), noon(), command)
}

fn refused(
    order: Option<&Order>,
    policy: &StorefrontPolicy,
    now: Timestamp,
    command: Command,
) -> (Option<OrderStatus>, Refusal) {
    let actor = Actor::system();
    let refusal = decide(order, &command, &Context::new(policy, now, &actor)).unwrap_err();
    assert_eq!(refusal.command, command.kind());
    (order.map(Order::status), refusal)
}

impl Given {
    /// Returns the refusal of a command on this order.
    fn refused(self, command: Command) -> (Option<OrderStatus>, Refusal) {
        refused(Some(&self.order), &self.policy, self.now, command)
    }
}

fn pending() -> Given {
    Given::placed_under(policy(), two())
}

fn processing() -> Given {
    pending().processing()
}

fn completed() -> Given {
    pending().completed()
}

fn place(lines: Vec<NewLine>) -> Command {
    Command::PlaceOrder(Box::new(place_order(lines)))
}

fn place_with(adjustment: Adjustment) -> Command {
    let mut request = two();
    request.order.adjustments.push(adjustment);
    Command::PlaceOrder(Box::new(request))
}

fn cancel_units(lines: Vec<SkuQuantity>) -> Command {
    Command::CancelLines {
        lines: crate::given::selections(lines),
        reason: None,
    }
}

const fn plan() -> Command {
    Command::PlanFulfillment { lines: None }
}

const fn release() -> Command {
    Command::ReleaseFulfillment {
        fulfillment: FulfillmentNo::FIRST,
    }
}

const fn pay() -> Command {
    Command::StartPayment { amount: None }
}

fn send_back() -> Command {
    Command::RequestReturn {
        lines: vec![units("abc", 1).into()],
        reason: None,
    }
}

fn refund(amount: i64) -> Command {
    Command::RequestRefund {
        amount: Some(Amount::new(amount)),
        lines: None,
        kind: RefundKind::Goodwill,
        reason: None,
    }
}

fn revise() -> Command {
    Command::ReviseLines {
        lines: vec![priced("abc", 3, 1_000)],
        adjustments: None,
    }
}

fn hold() -> Command {
    Command::PlaceHold { reason: None }
}

fn write(patch: DetailsPatch) -> Command {
    Command::UpdateDetails(Box::new(patch))
}

/// Returns a refusal with this code. The match is exhaustive, so that a new code needs its arm here.
fn refused_with(wanted: RefusalCode) -> (Option<OrderStatus>, Refusal) {
    match wanted {
        RefusalCode::WrongStatus => pending().refused(pay()),
        RefusalCode::NotPlaced => refused_at_first(cancel()),
        RefusalCode::AlreadyPlaced => pending().refused(place(Vec::new())),
        RefusalCode::NoLines => refused_at_first(place(Vec::new())),
        RefusalCode::TooManyLines => {
            let most = policy().max_lines;
            refused_at_first(place(vec![priced("abc", 1, 1); most + 1]))
        }
        RefusalCode::InvalidAmount => refused_at_first(place(vec![priced("abc", 1, -1)])),
        RefusalCode::AmountTooLarge => refused_at_first(place(vec![priced("abc", 2, i64::MAX)])),
        RefusalCode::NegativeTotal => {
            let discount = AdjustmentKind::Discount;
            let all_and_one = Adjustment::of_order(discount, Amount::new(2_001), None);
            refused_at_first(place_with(all_and_one))
        }
        RefusalCode::UnknownLine => {
            let (tax, second) = (AdjustmentKind::Tax, LineNo::new(2));
            let of_no_line = Adjustment::of_line(tax, Amount::new(1), None, second);
            refused_at_first(place_with(of_no_line))
        }
        RefusalCode::AmbiguousSku => {
            let twice = place_order(vec![priced("abc", 1, 2_000), priced("abc", 1, 0)]);
            Given::placed_under(policy(), twice).refused(cancel_units(vec![units("abc", 1)]))
        }
        RefusalCode::AdjustmentsRequired => {
            let mut request = two();
            let tax =
                Adjustment::of_line(AdjustmentKind::Tax, Amount::new(100), None, LineNo::FIRST);
            request.order.adjustments.push(tax);
            Given::placed_under(policy(), request).refused(Command::ReviseLines {
                lines: vec![priced("abc", 2, 900)],
                adjustments: None,
            })
        }
        RefusalCode::UnknownSku => pending().refused(cancel_units(vec![units("other", 1)])),
        RefusalCode::TooManyUnits => pending().refused(cancel_units(vec![units("abc", 3)])),
        RefusalCode::NothingOpen => pending().refused(cancel_units(Vec::new())),
        RefusalCode::AlreadyShipped => processing().execute(ship_all()).refused(cancel()),
        RefusalCode::AlreadyReleased => {
            let requested = processing().execute(plan()).execute(release());
            requested.refused(hold())
        }
        RefusalCode::OnHold => processing().execute(hold()).refused(plan()),
        RefusalCode::NotOnHold => processing().refused(Command::ReleaseHold { hold: None }),
        RefusalCode::PaymentInProgress => pending().confirmed().refused(revise()),
        RefusalCode::NothingDue => processing().refused(pay()),
        RefusalCode::NoPaymentMethod => {
            let mut request = two();
            request.order.personal.payment_token = None;
            Given::placed_under(policy(), request)
                .confirmed()
                .refused(pay())
        }
        RefusalCode::TooManyAttempts => {
            let declined = pending().confirmed().report(Fact::PaymentDeclined {
                attempt: PaymentAttemptNo::FIRST,
                code: code("card_declined"),
            });
            declined.refused(pay())
        }
        RefusalCode::NotPaid => {
            let expired = processing().report(Fact::AuthorizationExpired {
                attempt: PaymentAttemptNo::FIRST,
            });
            expired.refused(ship_all())
        }
        RefusalCode::StockNotSettled => pending().execute(revise()).refused(revise()),
        RefusalCode::ExceedsAuthorized => {
            let amount = Some(Amount::new(2_001));
            processing().refused(Command::CapturePayment { amount })
        }
        RefusalCode::ExceedsCaptured => completed().refused(refund(2_001)),
        RefusalCode::NoSuchPart => processing().refused(release()),
        RefusalCode::WrongPartState => {
            let requested = processing().execute(plan()).execute(release());
            requested.refused(release())
        }
        RefusalCode::NotShipped => processing().execute(plan()).refused(deliver(FIRST)),
        RefusalCode::ReturnWindowClosed => completed().later(31 * DAY).refused(send_back()),
        RefusalCode::NotSettled => {
            let paying_back = completed().execute(refund(1)).report(Fact::RefundUnknown {
                refund: RefundNo::FIRST,
            });
            paying_back.refused(Command::DeleteOrder)
        }
        RefusalCode::ReturnOpen => {
            let coming_back = completed().execute(send_back());
            coming_back.refused(Command::DeleteOrder)
        }
        RefusalCode::Deleted => {
            let deleted = completed().execute(Command::DeleteOrder);
            deleted.refused(refund(1))
        }
        RefusalCode::AlreadyDeleted => {
            let deleted = completed().execute(Command::DeleteOrder);
            deleted.refused(Command::DeleteOrder)
        }
        RefusalCode::PersonalDataErased => {
            let patch = DetailsPatch {
                contact: Some(contact()),
                ..DetailsPatch::default()
            };
            let erased = completed().execute(Command::ErasePersonalData);
            erased.refused(write(patch))
        }
        RefusalCode::TooLarge => pending().refused(write(DetailsPatch {
            metadata: (0..100).map(|no| (no.to_string(), no.into())).collect(),
            ..DetailsPatch::default()
        })),
        RefusalCode::InconsistentImport => {
            let mut import = import_order(OrderStatus::Completed);
            import.refunded = Amount::new(2_001);
            refused_at_first(Command::ImportOrder(Box::new(import)))
        }
        RefusalCode::Vetoed => pending().refused(Command::RequestCancel {
            reason: Some(reason("whim")),
        }),
    }
}

#[test]
fn every_code_is_the_answer_to_something() {
    for code in RefusalCode::ALL {
        let (status, refusal) = refused_with(*code);
        assert_eq!(refusal.code, *code, "{}", refusal.message);
        assert_eq!(
            refusal.status, status,
            "{code}: it has the status of the order"
        );
        assert!(!refusal.message.is_empty(), "{code}: it has a message");
    }
}

/// Callers depend on these names: new ones may be added, none is changed or removed.
#[test]
fn the_names_of_the_codes_are_these() {
    let names = "adjustments_required already_deleted already_placed already_released already_shipped \
        ambiguous_sku amount_too_large deleted exceeds_authorized exceeds_captured inconsistent_import \
        invalid_amount negative_total no_lines no_payment_method no_such_part not_on_hold \
        not_paid not_placed not_settled not_shipped nothing_due nothing_open on_hold \
        payment_in_progress personal_data_erased return_open return_window_closed \
        stock_not_settled too_large too_many_attempts too_many_lines too_many_units \
        unknown_line unknown_sku vetoed wrong_part_state wrong_status";
    let seen: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
    let unique: BTreeSet<&str> = seen.iter().copied().collect();
    assert_eq!(seen.len(), unique.len(), "no two codes have one name");
    assert_eq!(unique, names.split_whitespace().collect());
    for code in RefusalCode::ALL {
        assert_eq!(code.as_str().parse(), Ok(*code));
    }
}
