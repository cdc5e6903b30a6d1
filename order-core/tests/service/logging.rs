//! What is logged says what happened, and nothing of whom.

use crate::world::{Ask, World, cancel, delivered, pay_with, personal_words, shop};
use order_core::command::{Command, DetailsPatch};
use order_core::policy::Policies;
use order_core::ports::{Clock, Customer, CustomerStatus, Execute, Orders};
use order_core::relay::Relay;
use order_core::testing::Fault;
use order_core::testing::builders::{address, contact, customer, label, place, worker};
use std::cell::Cell;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

thread_local! {
    /// Whether what this thread logs is recorded. Other tests run beside this one.
    static RECORDED: Cell<bool> = const { Cell::new(false) };
}

impl Log {
    /// From now on all that is logged on this thread comes here. The subscriber is that of the whole
    /// process: one of a thread alone does not get what other threads have logged first.
    fn record_this_thread(&self) {
        RECORDED.set(true);
        let writer = self.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .with_filter(dynamic_filter_fn(|_, _| RECORDED.get()));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn assert_impersonal(text: &str, what: &str) {
    for word in personal_words() {
        assert!(!text.contains(&word), "{what} says {word}: {text}");
    }
}

#[tokio::test]
async fn nothing_personal_is_logged() {
    let log = Log::default();
    log.record_this_thread();
    let world = World::new();
    let service = world.service();
    for faults in [
        world.customers.faults(),
        world.inventory.faults(),
        world.payments.faults(),
    ] {
        faults.next(1, Fault::LostAnswer);
    }
    world
        .notifications
        .faults()
        .next(2, Fault::Refused(order_core::testing::builders::code("no")));
    let id = service.placed(place().key("k").build()).await.id();
    world.settle(&service).await;
    let home = Box::new(address());
    service
        .did(id, Command::ChangeAddress { address: home })
        .await;
    let _ = service.run(id, pay_with("tok_visa")).await;
    let patch = DetailsPatch {
        contact: Some(contact()),
        ..DetailsPatch::default()
    };
    let _ = service
        .run(id, Command::UpdateDetails(Box::new(patch)))
        .await;
    service.did(id, cancel()).await;
    world.settle(&service).await;
    delivered(&world, &service, place().build()).await;
    world.settle(&service).await;

    let text = log.text();
    for expected in [
        "order_placed",
        "an effect is to be tried again",
        "an effect was given up on",
    ] {
        assert!(text.contains(expected), "{expected} is logged");
    }
    assert_impersonal(&text, "the log");
}

#[tokio::test]
async fn nothing_personal_is_shown_by_debug() {
    let world = World::new();
    let service = world.service();
    let wish = place().build();
    assert_impersonal(&format!("{wish:?}"), "a wish");
    let done = service.place(wish).await.unwrap();
    assert_impersonal(&format!("{done:?}"), "an answer");
    let id = done.order.id();
    for command in [
        pay_with("tok_visa"),
        Command::ChangeAddress {
            address: Box::new(address()),
        },
        Command::UpdateDetails(Box::new(DetailsPatch {
            contact: Some(contact()),
            ..DetailsPatch::default()
        })),
    ] {
        let execute = Execute::new(shop(), id, command);
        assert_impersonal(&format!("{execute:?}"), "a command");
        if let Err(error) = service.execute(execute).await {
            assert_impersonal(&format!("{error:?} {error}"), "an error");
        }
    }
    world.settle(&service).await;
    let sent = world.notifications.delivered();
    assert!(!sent.is_empty());
    assert_impersonal(&format!("{sent:?}"), "a message");
    let history = service.history(&shop(), id).await.unwrap();
    assert_impersonal(&format!("{history:?}"), "the history");
    assert_impersonal(
        &format!("{:?} {:?}", world.store, world.store.effects()),
        "the store",
    );
}

#[tokio::test]
async fn what_is_written_of_the_parts_of_a_service_is_short_and_no_secret() {
    let world = World::new();
    let builder = world.builder();
    let mut written = vec![format!("{builder:?}")];
    let service = builder.build().unwrap();
    service.placed(place().build()).await;
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let publisher = Arc::new(order_core::testing::MemoryPublisher::new());
    let relay = Relay::new(world.store.clone(), publisher, clock, worker("relay-1"));
    let mut policies = Policies::default();
    policies.max_attempts = 7;
    written.extend([
        format!("{service:?}"),
        format!("{:?}", service.runner()),
        format!("{relay:?}"),
        format!("{policies:?}"),
    ]);
    let names = [
        "OrderServiceBuilder",
        "OrderService",
        "Runner",
        "Relay",
        "Policies",
    ];
    let email = Some(label("ada@example.com"));
    let ada = Customer::new(customer("cus_1"), None, email, CustomerStatus::Active);
    let ada = format!("{ada:?}");
    assert!(ada.contains("cus_1") && !ada.contains('@'), "{ada}");
    for (text, name) in written.iter().zip(names) {
        assert!(text.starts_with(name) && text.len() < 500, "{text}");
        for word in personal_words() {
            assert!(!text.contains(&word), "{name} shows {word}");
        }
    }
}
