//! Every code a command can be refused with: its name, which never changes, and an order and a
//! command that it is the answer to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends the test"
)]

use order_core::Context;
use order_core::command::{Command, DetailsPatch, NewLine, PlaceOrder};
use order_core::decide::{begin, decide, proceed};
use order_core::event::Actor;
use order_core::fact::Fact;
use order_core::money::Amount;
use order_core::order::{Adjustment, AdjustmentKind, Order, OrderStatus, SkuUnits, Tracking};
use order_core::policy::{Guard, Policies};
use order_core::record::follow;
use order_core::refusal::{Refusal, RefusalCode};
use order_core::testing::builders::{at, code, contact, noon, priced, units};
use order_core::time::{Timestamp, after};
use order_core::value::{AttemptNo, FulfillmentNo, LineId, RefundNo, ReservationNo};
use order_tests::alphabet::{import_order, place_order};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An order, or none yet, on its way to a refusal.
struct Case {
    policies: Policies,
    now: Timestamp,
    order: Option<Order>,
}

/// One payment attempt may be made, and no cancel on a whim.
fn policies() -> Policies {
    struct NoWhims;
    impl Guard for NoWhims {
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
    let mut policies = Policies::default();
    policies.max_attempts = 1;
    policies.guards = vec![Arc::new(NoWhims)];
    policies
}

impl Case {
    fn nothing() -> Self {
        Self {
            policies: policies(),
            now: noon(),
            order: None,
        }
    }

    fn placed(place: PlaceOrder) -> Self {
        let mut case = Self::nothing();
        let actor = Actor::system();
        let ctx = Context::new(&case.policies, case.now, &actor);
        let step = begin(&Command::PlaceOrder(Box::new(place)), &ctx).unwrap();
        case.order = Some(step.order);
        case
    }

    /// Two units of `abc` at 10.00, with a payment method.
    fn pending() -> Self {
        Self::placed(two())
    }

    /// Customer and stock are settled; the first payment is under way.
    fn confirmed(self) -> Self {
        let lines = self.order.as_ref().unwrap().stock_target();
        self.told(Fact::CustomerVerified).told(Fact::StockReserved {
            reservation: ReservationNo::FIRST,
            lines,
            expires_at: at(3_600),
        })
    }

    fn processing() -> Self {
        Self::pending()
            .confirmed()
            .told(Fact::PaymentAuthorized {
                attempt: AttemptNo::FIRST,
                provider_id: None,
                amount: Amount::new(2_000),
            })
            .told(Fact::StockCommitted {
                reservation: ReservationNo::FIRST,
            })
    }

    fn completed() -> Self {
        let case = Self::processing().asked(&ship());
        let taken = case.order.as_ref().unwrap().payments()[0].captures[0].no;
        case.told(Fact::PaymentCaptured {
            attempt: AttemptNo::FIRST,
            capture: order_core::fact::CaptureRef::Ours(taken),
            provider_id: None,
            amount: Amount::new(2_000),
        })
        .asked(&deliver())
    }

    fn told(mut self, fact: Fact) -> Self {
        let actor = Actor::system();
        let ctx = Context::new(&self.policies, self.now, &actor);
        let step = follow(self.order.take().unwrap(), &[fact], &ctx);
        self.order = Some(step.order);
        self
    }

    fn asked(mut self, command: &Command) -> Self {
        let actor = Actor::system();
        let ctx = Context::new(&self.policies, self.now, &actor);
        let step = proceed(self.order.take().unwrap(), command, &ctx).unwrap();
        self.order = Some(step.order);
        self
    }

    fn days_later(mut self, days: u32) -> Self {
        self.now = after(self.now, days * DAY);
        self
    }

    /// The refusal of this command.
    fn refuses(self, command: &Command) -> (Option<OrderStatus>, Refusal) {
        let actor = Actor::system();
        let ctx = Context::new(&self.policies, self.now, &actor);
        let refusal = decide(self.order.as_ref(), command, &ctx).unwrap_err();
        assert_eq!(refusal.command, command.kind());
        (self.order.map(|order| order.status()), refusal)
    }
}

fn two() -> PlaceOrder {
    place_order(vec![priced("abc", 2, 1_000)])
}

fn place(lines: Vec<NewLine>) -> Command {
    Command::PlaceOrder(Box::new(place_order(lines)))
}

fn place_with(adjustment: Adjustment) -> Command {
    let mut place = two();
    place.adjustments.push(adjustment);
    Command::PlaceOrder(Box::new(place))
}

const fn cancel_units(lines: Vec<SkuUnits>) -> Command {
    Command::CancelLines {
        lines,
        reason: None,
    }
}

fn ship() -> Command {
    Command::ConfirmShipment {
        fulfillment: None,
        lines: None,
        tracking: Tracking::default(),
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

const fn deliver() -> Command {
    Command::ConfirmDelivery {
        fulfillment: FulfillmentNo::FIRST,
    }
}

const fn pay() -> Command {
    Command::StartPayment { amount: None }
}

fn send_back() -> Command {
    Command::RequestReturn {
        lines: vec![units("abc", 1)],
        reason: None,
    }
}

fn refund(amount: i64) -> Command {
    Command::RequestRefund {
        amount: Some(Amount::new(amount)),
        reason: None,
    }
}

fn revise() -> Command {
    Command::ReviseLines {
        lines: vec![priced("abc", 3, 1_000)],
        adjustments: None,
    }
}

fn cancel() -> Command {
    Command::RequestCancel { reason: None }
}

fn hold() -> Command {
    Command::PlaceHold { reason: None }
}

fn write(patch: DetailsPatch) -> Command {
    Command::UpdateDetails(Box::new(patch))
}

/// An order and a command that are refused with this code. There is no arm for the rest: a new code
/// needs its place here.
fn refused_with(wanted: RefusalCode) -> (Option<OrderStatus>, Refusal) {
    match wanted {
        RefusalCode::WrongStatus => Case::pending().refuses(&pay()),
        RefusalCode::NotPlaced => Case::nothing().refuses(&cancel()),
        RefusalCode::AlreadyPlaced => Case::pending().refuses(&place(Vec::new())),
        RefusalCode::NoLines => Case::nothing().refuses(&place(Vec::new())),
        RefusalCode::TooManyLines => {
            let most = policies().max_lines;
            Case::nothing().refuses(&place(vec![priced("abc", 1, 1); most + 1]))
        }
        RefusalCode::InvalidAmount => Case::nothing().refuses(&place(vec![priced("abc", 1, -1)])),
        RefusalCode::AmountTooLarge => {
            Case::nothing().refuses(&place(vec![priced("abc", 2, i64::MAX)]))
        }
        RefusalCode::NegativeTotal => {
            let discount = AdjustmentKind::Discount;
            let all_and_one = Adjustment::of_order(discount, Amount::new(2_001), None);
            Case::nothing().refuses(&place_with(all_and_one))
        }
        RefusalCode::UnknownLine => {
            let (tax, second) = (AdjustmentKind::Tax, LineId::new(2));
            let of_no_line = Adjustment::of_line(tax, Amount::new(1), None, second);
            Case::nothing().refuses(&place_with(of_no_line))
        }
        RefusalCode::UnknownSku => Case::pending().refuses(&cancel_units(vec![units("other", 1)])),
        RefusalCode::TooManyUnits => Case::pending().refuses(&cancel_units(vec![units("abc", 3)])),
        RefusalCode::NothingOpen => Case::pending().refuses(&cancel_units(Vec::new())),
        RefusalCode::AlreadyShipped => Case::processing().asked(&ship()).refuses(&cancel()),
        RefusalCode::AlreadyReleased => {
            let asked = Case::processing().asked(&plan()).asked(&release());
            asked.refuses(&hold())
        }
        RefusalCode::OnHold => Case::processing().asked(&hold()).refuses(&plan()),
        RefusalCode::NotOnHold => Case::processing().refuses(&Command::ReleaseHold { hold: None }),
        RefusalCode::PaymentInProgress => Case::pending().confirmed().refuses(&revise()),
        RefusalCode::NothingDue => Case::processing().refuses(&pay()),
        RefusalCode::NoPaymentMethod => {
            let mut place = two();
            place.personal.payment_token = None;
            Case::placed(place).confirmed().refuses(&pay())
        }
        RefusalCode::TooManyAttempts => {
            let declined = Case::pending().confirmed().told(Fact::PaymentDeclined {
                attempt: AttemptNo::FIRST,
                code: code("card_declined"),
            });
            declined.refuses(&pay())
        }
        RefusalCode::NotPaid => {
            let lapsed = Case::processing().told(Fact::AuthorizationExpired {
                attempt: AttemptNo::FIRST,
            });
            lapsed.refuses(&ship())
        }
        RefusalCode::StockNotSettled => Case::pending().asked(&revise()).refuses(&revise()),
        RefusalCode::ExceedsAuthorized => {
            let amount = Some(Amount::new(2_001));
            Case::processing().refuses(&Command::CapturePayment { amount })
        }
        RefusalCode::ExceedsCaptured => Case::completed().refuses(&refund(2_001)),
        RefusalCode::NoSuchPart => Case::processing().refuses(&release()),
        RefusalCode::WrongPartState => {
            let asked = Case::processing().asked(&plan()).asked(&release());
            asked.refuses(&release())
        }
        RefusalCode::NotShipped => Case::processing().asked(&plan()).refuses(&deliver()),
        RefusalCode::ReturnWindowClosed => Case::completed().days_later(31).refuses(&send_back()),
        RefusalCode::NotSettled => {
            let paying_back = Case::completed()
                .asked(&refund(1))
                .told(Fact::RefundUnknown {
                    refund: RefundNo::FIRST,
                });
            paying_back.refuses(&Command::DeleteOrder)
        }
        RefusalCode::ReturnOpen => {
            let coming_back = Case::completed().asked(&send_back());
            coming_back.refuses(&Command::DeleteOrder)
        }
        RefusalCode::Deleted => {
            let deleted = Case::completed().asked(&Command::DeleteOrder);
            deleted.refuses(&refund(1))
        }
        RefusalCode::AlreadyDeleted => {
            let deleted = Case::completed().asked(&Command::DeleteOrder);
            deleted.refuses(&Command::DeleteOrder)
        }
        RefusalCode::PersonalDataErased => {
            let patch = DetailsPatch {
                contact: Some(contact()),
                ..DetailsPatch::default()
            };
            let erased = Case::completed().asked(&Command::ErasePersonalData);
            erased.refuses(&write(patch))
        }
        RefusalCode::TooLarge => Case::pending().refuses(&write(DetailsPatch {
            metadata: (0..100).map(|no| (no.to_string(), no.into())).collect(),
            ..DetailsPatch::default()
        })),
        RefusalCode::InconsistentImport => {
            let mut import = import_order(OrderStatus::Completed);
            import.refunded = Amount::new(2_001);
            Case::nothing().refuses(&Command::ImportOrder(Box::new(import)))
        }
        RefusalCode::Vetoed => Case::pending().refuses(&Command::RequestCancel {
            reason: Some(order_core::testing::builders::reason("whim")),
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
            "{code}: it says where the order stood"
        );
        assert!(!refusal.message.is_empty(), "{code}: it says why");
    }
}

/// Callers decide by these names: one may be added, none changed or dropped.
#[test]
fn the_names_of_the_codes_are_these() {
    let names = "already_deleted already_placed already_released already_shipped \
        amount_too_large deleted exceeds_authorized exceeds_captured inconsistent_import \
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
