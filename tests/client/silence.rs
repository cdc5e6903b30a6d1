//! No error and no log line of a client holds a token, an address or a body.
//!
//! It is a program of its own: whether a place in the code logs is decided once for a process, and a
//! test beside it, which listens to nothing, could decide it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]
#![allow(dead_code, reason = "other tests share the modules below")]

mod broken;
mod world;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use order_core::effect::Notice;
use order_core::ports::{
    FulfillmentRequest, Notification, OutsideError, PaymentRequest, RatesRequest,
};
use order_core::reference::Reference;
use order_core::testing::builders::{address, contact, customer, order_id, token, units, usd};
use order_core::value::{AttemptNo, FulfillmentNo};
use serde_json::Map;
use tracing::Level;

use broken::{Act, Broken, answer, nobody, status};
use world::{call, clients, settings};

/// All that is logged, by any crate.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All that an error shows: its message, its causes, and how it looks to a programmer.
fn shown(error: &OutsideError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(it) = cause {
        text += &format!(" {it} {it:?}");
        cause = it.source();
    }
    text
}

/// One call to each service that is told something private, at this address.
async fn errors(url: &str) -> Vec<OutsideError> {
    let clients = clients(settings().with_authorization("Bearer s3cret").unwrap());
    let payment = PaymentRequest::new(
        Reference::Attempt(order_id(1), AttemptNo::FIRST),
        order_id(1),
        usd(4_498),
        token("tok_private"),
        false,
    );
    let parcel = FulfillmentRequest::new(
        Reference::Fulfillment(order_id(1), FulfillmentNo::FIRST),
        order_id(1),
        Some(address()),
        vec![units("tea", 1)],
    );
    let rates = RatesRequest::new(address(), vec![units("tea", 1)]);
    let message = Notification::new(
        "n1".to_owned(),
        Notice::Shipped,
        order_id(1),
        contact(),
        Map::new(),
    );
    let payments = clients.payments(url).unwrap();
    let shipping = clients.shipping(url).unwrap();
    let notifications = clients.notifications(url).unwrap();
    let customers = clients.customers(url).unwrap();
    [
        payments.pay(&call("k"), &payment).await.err(),
        shipping.request(&call("k"), &parcel).await.err(),
        shipping.rates(&call("k"), &rates).await.err(),
        notifications.notify(&call("k"), &message).await.err(),
        customers
            .find(&call("k"), &customer("cus_private"))
            .await
            .err(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[tokio::test]
async fn nothing_private_is_in_an_error_or_a_log() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let echo = r#"{"code": "echo", "message": "tok_private of echoed@example.org"}"#;
    let mut text = String::new();
    for act in [
        Act::CloseAfterReading,
        Act::Silence,
        status(500, None),
        status(503, Some("0")),
        answer("409 Conflict", &[], echo),
        answer("200 OK", &[], echo),
    ] {
        let broken = Broken::that([act]).await;
        let errors = errors(&broken.url).await;
        assert!(!errors.is_empty());
        text.extend(errors.iter().map(shown));
        let host = broken.url.trim_start_matches("http://").to_owned();
        assert!(!text.contains(&host), "{text}");
    }
    let url = nobody().await;
    let errors = errors(&url).await;
    assert_eq!(errors.len(), 5);
    text.extend(errors.iter().map(shown));
    assert!(!text.contains(url.trim_start_matches("http://")), "{text}");

    let logs = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    assert!(
        logs.contains("trying again") && logs.contains("no answer"),
        "{logs}"
    );
    let of_address = format!("{}", serde_json::to_value(address()).unwrap()["line1"]);
    let of_contact = format!("{}", serde_json::to_value(contact()).unwrap()["email"]);
    for private in [
        "tok_private",
        "s3cret",
        "cus_private",
        "echoed@example.org",
        of_address.trim_matches('"'),
        of_contact.trim_matches('"'),
    ] {
        assert!(!text.contains(private), "{private} is in an error: {text}");
        let line = logs.lines().find(|line| line.contains(private));
        assert_eq!(line, None, "{private} is in a log");
    }
}
