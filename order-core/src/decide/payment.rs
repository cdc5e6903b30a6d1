//! Charging, capturing and paying back by hand.

use super::Refused;
use crate::advance::{attempt_of, may_attempt, next_refund, outlasts_attempt, refundable};
use crate::draft::Draft;
use crate::event::Happening;
use crate::money::Amount;
use crate::order::{OrderStatus, PersonalData, RefundPurpose};
use crate::refusal::{Refusal, RefusalCode};
use crate::value::{PaymentToken, Reason};

pub(super) fn start(
    draft: &mut Draft<'_>,
    amount: Option<Amount>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    no_payment_under_way(draft, refused)?;
    refused.unless(
        !order.is_held(),
        RefusalCode::OnHold,
        "the order is on hold",
    )?;
    refused.unless(
        !order.revision_pending(),
        RefusalCode::StockNotSettled,
        "stock for the last revision is not settled yet",
    )?;
    let due = order.totals().due;
    refused.unless(due.is_positive(), RefusalCode::NothingDue, "nothing is due")?;
    refused.unless(
        order.personal.payment_token.is_some(),
        RefusalCode::NoPaymentMethod,
        "there is no payment method: put one first",
    )?;
    refused.unless(
        may_attempt(order, draft.ctx.policies),
        RefusalCode::TooManyAttempts,
        "as many payment attempts as are allowed were made",
    )?;
    let certain = order.status != OrderStatus::Confirmed || outlasts_attempt(draft);
    match amount {
        None if !certain => {
            // The stock is held for longer first; the payment follows by itself.
            draft.emit(Happening::PaymentMethodChanged {
                personal: PersonalData::default(),
            });
        }
        None => {
            let first = attempt_of(draft, due);
            draft.emit(first);
        }
        Some(amount) => {
            positive(amount, refused)?;
            refused.unless(
                amount <= due,
                RefusalCode::InvalidAmount,
                format!("only {due} is due"),
            )?;
            refused.unless(
                certain,
                RefusalCode::StockNotSettled,
                "stock is not held for long enough to pay a part",
            )?;
            let first = attempt_of(draft, amount);
            draft.emit(first);
        }
    }
    Ok(())
}

pub(super) fn change_method(
    draft: &mut Draft<'_>,
    token: &PaymentToken,
    refused: &Refused,
) -> Result<(), Refusal> {
    no_payment_under_way(draft, refused)?;
    super::details::not_erased(&draft.order, refused)?;
    draft.emit(Happening::PaymentMethodChanged {
        personal: PersonalData {
            payment_token: Some(token.clone()),
            ..PersonalData::default()
        },
    });
    Ok(())
}

fn no_payment_under_way(draft: &Draft<'_>, refused: &Refused) -> Result<(), Refusal> {
    refused.unless(
        !draft.order.has_open_attempt(),
        RefusalCode::PaymentInProgress,
        "a payment is under way",
    )
}

pub(super) fn capture(
    draft: &mut Draft<'_>,
    amount: Option<Amount>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let order = &draft.order;
    let ledger = order.ledger();
    let open: i128 = order
        .payments
        .iter()
        .map(|attempt| i128::from(attempt.capturable().minor()))
        .sum();
    let owed = ledger.unpaid() - ledger.capturing;
    let wanted = match amount {
        Some(amount) => {
            positive(amount, refused)?;
            i128::from(amount.minor())
        }
        None => open.min(owed),
    };
    refused.unless(
        wanted > 0,
        RefusalCode::NothingDue,
        "there is nothing to capture",
    )?;
    refused.unless(
        wanted <= open && wanted <= owed,
        RefusalCode::ExceedsAuthorized,
        format!("at most {} may be captured", open.min(owed)),
    )?;
    let mut left = wanted;
    let parts: Vec<_> = order
        .payments
        .iter()
        .filter_map(|attempt| {
            let part = left.min(i128::from(attempt.capturable().minor()));
            left -= part;
            (part > 0).then(|| Happening::CaptureRequested {
                attempt: attempt.no,
                capture: attempt.next_capture(),
                amount: Amount::saturating_from(part),
            })
        })
        .collect();
    parts.into_iter().for_each(|part| draft.emit(part));
    Ok(())
}

pub(super) fn refund(
    draft: &mut Draft<'_>,
    amount: Option<Amount>,
    reason: Option<&Reason>,
    refused: &Refused,
) -> Result<(), Refusal> {
    let kept = draft.order.ledger().kept();
    let wanted = match amount {
        Some(amount) => {
            positive(amount, refused)?;
            i128::from(amount.minor())
        }
        None => kept,
    };
    refused.unless(
        kept > 0,
        RefusalCode::ExceedsCaptured,
        "nothing is captured that was not refunded",
    )?;
    refused.unless(
        wanted <= kept,
        RefusalCode::ExceedsCaptured,
        format!("at most {kept} may be refunded"),
    )?;
    let mut left = wanted;
    while left > 0 {
        let Some((attempt, there)) = refundable(&draft.order) else {
            break;
        };
        let part = left.min(there);
        left -= part;
        let refund = next_refund(&draft.order);
        draft.emit(Happening::RefundRequested {
            refund,
            attempt,
            amount: Amount::saturating_from(part),
            purpose: RefundPurpose::Goodwill,
            reason: reason.cloned(),
        });
    }
    Ok(())
}

fn positive(amount: Amount, refused: &Refused) -> Result<(), Refusal> {
    refused.unless(
        amount.is_positive(),
        RefusalCode::InvalidAmount,
        "amount must be more than zero",
    )
}
