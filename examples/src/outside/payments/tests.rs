use std::thread;

use super::*;

/// A payment of 10 dollars for order-1.
pub(in crate::outside) fn request(reference: &str, token: &str) -> PaymentRequest {
    PaymentRequest {
        reference: reference.into(),
        order_id: "order-1".into(),
        amount: 1000,
        currency: "USD".into(),
        token: token.into(),
        capture: false,
    }
}

fn refund(payment: &Payment, amount: i64, reference: &str) -> RefundRequest {
    RefundRequest {
        payment_id: payment.id.clone(),
        amount,
        reference: reference.into(),
    }
}

/// A payment whose answer came.
fn pay(payments: &Payments, request: &PaymentRequest) -> Payment {
    match payments.authorize(request, None).unwrap() {
        Answer::Given(payment) => payment,
        Answer::Lost => panic!("the answer was lost"),
    }
}

#[test]
fn the_token_decides() {
    let payments = Payments::new();
    for (token, status, code) in [
        ("tok_visa", PaymentStatus::Authorized, None),
        (
            "tok_declined",
            PaymentStatus::Declined,
            Some("card_declined"),
        ),
        ("tok_action", PaymentStatus::RequiresAction, None),
        ("tok_stolen", PaymentStatus::Declined, Some("unknown_token")),
    ] {
        let payment = pay(&payments, &request(token, token));
        assert_eq!(
            (payment.status, payment.decline_code.as_deref()),
            (status, code),
            "{token}"
        );
        assert_eq!(payment.captured, 0);
    }
    let at_once = PaymentRequest {
        capture: true,
        ..request("at-once", "tok_visa")
    };
    let payment = pay(&payments, &at_once);
    assert_eq!(
        (payment.status, payment.captured),
        (PaymentStatus::Captured, 1000)
    );
}

#[test]
fn a_lost_answer_was_charged_and_is_not_charged_again() {
    let payments = Payments::new();
    let request = request("attempt-1", "tok_timeout");
    assert_eq!(payments.authorize(&request, Some("key")), Ok(Answer::Lost));
    let charged = payments.find("attempt-1").unwrap().unwrap();
    assert_eq!(
        (charged.status, charged.amount),
        (PaymentStatus::Authorized, 1000)
    );
    assert_eq!(
        payments.authorize(&request, Some("key")),
        Ok(Answer::Given(charged))
    );
    assert_eq!(payments.all().unwrap().len(), 1);
}

#[test]
fn one_reference_is_one_payment_however_many_ask_at_once() {
    let payments = Payments::new();
    let ids: Vec<String> = thread::scope(|scope| {
        let ask = || pay(&payments, &request("attempt-1", "tok_visa")).id;
        let workers: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(payments.all().unwrap().len(), 1);
}

#[test]
fn a_reference_or_key_does_not_serve_two_requests() {
    let payments = Payments::new();
    let first = request("attempt-1", "tok_visa");
    let other = PaymentRequest {
        amount: 1,
        ..first.clone()
    };
    let _ = payments.authorize(&first, Some("key")).unwrap();
    assert_eq!(
        payments.authorize(&other, Some("key")),
        Err(PaymentError::KeyReused)
    );
    assert_eq!(
        payments.authorize(&other, None),
        Err(PaymentError::ReferenceReused {
            reference: "attempt-1".into()
        })
    );
    // A key belongs to an operation.
    let payment = payments.find("attempt-1").unwrap().unwrap();
    payments
        .capture(&payment.id, 1000, "capture-1", Some("key"))
        .unwrap();
    assert_eq!(
        payments.capture(&payment.id, 1000, "capture-2", Some("key")),
        Err(PaymentError::KeyReused)
    );
}

#[test]
fn captures_take_up_to_what_is_set_aside() {
    let payments = Payments::new();
    let id = pay(&payments, &request("attempt-1", "tok_visa")).id;
    assert_eq!(
        payments.capture(&id, 600, "c1", None).unwrap().captured,
        600
    );
    assert_eq!(
        payments.capture(&id, 600, "c1", None).unwrap().captured,
        600
    );
    assert_eq!(
        payments.capture(&id, 1, "c1", None),
        Err(PaymentError::ReferenceReused {
            reference: "c1".into()
        })
    );
    assert_eq!(
        payments.capture(&id, 401, "c2", None),
        Err(PaymentError::TooMuch { available: 400 })
    );
    assert_eq!(
        payments.capture(&id, 400, "c2", None).unwrap().captured,
        1000
    );
    assert!(matches!(
        payments.capture(&id, 0, "c3", None),
        Err(PaymentError::Invalid(_))
    ));
    assert!(matches!(
        payments.capture(&id, -5, "c3", None),
        Err(PaymentError::Invalid(_))
    ));
}

#[test]
fn a_void_frees_what_was_not_taken_and_stays_void() {
    let payments = Payments::new();
    let whole = pay(&payments, &request("whole", "tok_visa")).id;
    for _ in 0..2 {
        let payment = payments.void(&whole, None).unwrap();
        assert_eq!(
            (payment.status, payment.voided),
            (PaymentStatus::Voided, 1000)
        );
    }
    assert_eq!(
        payments.capture(&whole, 1, "c1", None),
        Err(PaymentError::WrongStatus {
            status: PaymentStatus::Voided
        })
    );

    let part = pay(&payments, &request("part", "tok_visa")).id;
    payments.capture(&part, 600, "c2", None).unwrap();
    for _ in 0..2 {
        let payment = payments.void(&part, None).unwrap();
        assert_eq!((payment.captured, payment.voided), (600, 400));
        assert_eq!(payment.status, PaymentStatus::Captured);
    }
    assert_eq!(
        payments.capture(&part, 1, "c3", None),
        Err(PaymentError::TooMuch { available: 0 })
    );

    let taken = pay(&payments, &request("taken", "tok_visa")).id;
    payments.capture(&taken, 1000, "c4", None).unwrap();
    assert_eq!(
        payments.void(&taken, None),
        Err(PaymentError::WrongStatus {
            status: PaymentStatus::Captured
        })
    );
    let declined = pay(&payments, &request("declined", "tok_declined")).id;
    assert!(matches!(
        payments.void(&declined, None),
        Err(PaymentError::WrongStatus { .. })
    ));
    assert!(matches!(
        payments.void("pay_nobody", None),
        Err(PaymentError::NotFound { .. })
    ));
}

#[test]
fn refunds_give_back_no_more_than_was_taken() {
    let payments = Payments::new();
    let payment = pay(&payments, &request("attempt-1", "tok_visa"));
    let too_much = |available| Err(PaymentError::TooMuch { available });
    assert_eq!(
        payments.refund(&refund(&payment, 1, "r0"), None),
        too_much(0)
    );
    payments.capture(&payment.id, 600, "c1", None).unwrap();
    let first = payments.refund(&refund(&payment, 500, "r1"), None).unwrap();
    assert_eq!(
        payments.refund(&refund(&payment, 500, "r1"), None),
        Ok(first.clone())
    );
    assert_eq!(payments.find_refund("r1").unwrap(), Some(first));
    assert_eq!(
        payments.refund(&refund(&payment, 101, "r2"), None),
        too_much(100)
    );
    assert_eq!(
        payments.refund(&refund(&payment, 99, "r1"), None),
        Err(PaymentError::ReferenceReused {
            reference: "r1".into()
        })
    );
    assert_eq!(payments.find("attempt-1").unwrap().unwrap().refunded, 500);
}

#[test]
fn a_refund_on_its_way_counts_until_it_fails() {
    let payments = Payments::new();
    let payment = pay(&payments, &request("attempt-1", "tok_visa"));
    payments.capture(&payment.id, 600, "c1", None).unwrap();
    payments.set_refund_outcome(RefundStatus::Pending);
    let pending = payments.refund(&refund(&payment, 600, "r1"), None).unwrap();
    assert_eq!(pending.status, RefundStatus::Pending);
    assert_eq!(
        payments.refund(&refund(&payment, 1, "r2"), None),
        Err(PaymentError::TooMuch { available: 0 })
    );
    assert_eq!(
        payments.settle_refund("r1", false).unwrap().status,
        RefundStatus::Failed
    );
    payments.refund(&refund(&payment, 600, "r2"), None).unwrap();
    assert_eq!(
        payments.settle_refund("r2", true).unwrap().status,
        RefundStatus::Succeeded
    );
    // Settled is settled.
    assert_eq!(
        payments.settle_refund("r2", false).unwrap().status,
        RefundStatus::Succeeded
    );
    assert_eq!(payments.find("attempt-1").unwrap().unwrap().refunded, 600);
}

#[test]
fn a_payment_waits_for_the_customer() {
    let payments = Payments::new();
    let first = pay(&payments, &request("first", "tok_action"));
    assert!(matches!(
        payments.capture(&first.id, 1, "c", None),
        Err(PaymentError::WrongStatus {
            status: PaymentStatus::RequiresAction
        })
    ));
    let approved = payments.finish_action("first", true).unwrap();
    assert_eq!(approved.status, PaymentStatus::Authorized);
    assert_eq!(payments.finish_action("first", false), Ok(approved));
    let _ = pay(&payments, &request("second", "tok_action"));
    let refused = payments.finish_action("second", false).unwrap();
    assert_eq!(
        refused.decline_code.as_deref(),
        Some("authentication_failed")
    );
    let third = pay(&payments, &request("third", "tok_action"));
    assert_eq!(
        payments.void(&third.id, None).unwrap().status,
        PaymentStatus::Voided
    );
}

#[test]
fn the_token_is_in_no_debug_output() {
    let payments = Payments::new();
    let request = request("attempt-1", "tok_visa");
    let _ = payments.authorize(&request, Some("key")).unwrap();
    assert!(!format!("{request:?} {payments:?}").contains("tok_visa"));
}
