//! Changes on their way to the database: checked, and with their documents written, before they
//! wait to be stored.

use super::failure::Failure;
use super::keys;
use super::line::About;
use super::rows::{micros, number, unwritable};
use order_core::event::{Happening, wire};
use order_core::order::Order;
use order_core::ports::{Change, KeyChange, ScopedKey};
use order_core::value::StorefrontId;
use std::collections::BTreeSet;

/// A change that keeps the rules of the port, with its documents.
pub(super) struct Prepared {
    /// The change.
    pub(super) change: Change,
    /// The order's id, as text.
    pub(super) id: String,
    /// The SKUs on its lines.
    pub(super) skus: BTreeSet<String>,
    /// The same as a JSON array.
    pub(super) skus_document: String,
    /// The order, without personal data.
    pub(super) document: String,
    /// The order's personal data.
    pub(super) personal: Option<String>,
    /// The events.
    pub(super) events: Vec<PreparedEvent>,
    /// The tasks of the effects.
    pub(super) tasks: Vec<String>,
}

/// An event with its documents.
pub(super) struct PreparedEvent {
    /// Its version.
    pub(super) version: i64,
    /// What kind of event it is.
    pub(super) kind: &'static str,
    /// When it happened.
    pub(super) at: i64,
    /// The event, without personal data.
    pub(super) document: String,
    /// Its personal data.
    pub(super) personal: Option<String>,
    /// Whether it erases the personal data of what came before.
    pub(super) erases: bool,
}

impl Prepared {
    /// This change, if it keeps the rules.
    pub(super) fn new(change: Change) -> Result<Self, Failure> {
        check(&change)?;
        let order = &change.order;
        let lines = order.lines().iter();
        let skus: BTreeSet<String> = lines.map(|line| line.sku.as_str().to_owned()).collect();
        let events = change
            .events
            .iter()
            .map(|event| {
                let personal = event.happening.personal().map(wire::personal_to_json);
                Ok(PreparedEvent {
                    version: number(event.version),
                    kind: event.happening.name(),
                    at: micros(event.at),
                    document: wire::event_to_json(event).map_err(unwritable)?,
                    personal: personal.transpose().map_err(unwritable)?.flatten(),
                    erases: event.happening == Happening::PersonalDataErased,
                })
            })
            .collect::<Result<_, Failure>>()?;
        let tasks = change.effects.iter();
        Ok(Self {
            id: order.id().to_string(),
            skus_document: serde_json::to_string(&skus).map_err(unwritable)?,
            skus,
            document: wire::order_to_json(order).map_err(unwritable)?,
            personal: wire::personal_to_json(order.personal()).map_err(unwritable)?,
            events,
            tasks: tasks
                .map(|new| serde_json::to_string(&new.effect.task).map_err(unwritable))
                .collect::<Result<_, _>>()?,
            change,
        })
    }

    /// The order.
    pub(super) const fn order(&self) -> &Order {
        &self.change.order
    }

    /// The order's storefront.
    pub(super) fn storefront(&self) -> &str {
        self.change.order.storefront().as_str()
    }

    /// The storefronts it is about: the order's, and those of a key and of effects if they differ.
    pub(super) fn storefronts(&self) -> impl Iterator<Item = &StorefrontId> {
        let key = self.change.key.as_ref().and_then(scoped);
        let effects = self.change.effects.iter();
        std::iter::once(self.order().storefront())
            .chain(key.map(|key| &key.storefront))
            .chain(effects.map(|new| &new.effect.storefront))
    }

    /// Whether the order is deleted, as a number.
    pub(super) fn deleted(&self) -> i64 {
        i64::from(self.order().deleted_at().is_some())
    }

    /// The versions of its first event and of its last.
    pub(super) fn versions(&self) -> (i64, i64) {
        let first = self.change.expected.next();
        (number(first), number(self.order().version()))
    }

    /// What must be written once at a time only: the order, the key and the receipt.
    pub(super) fn about(&self) -> Vec<About> {
        let storefront = self.storefront();
        let key = self.change.key.as_ref().and_then(scoped);
        let receipt = self.change.receipt.as_ref();
        std::iter::once(About::of(0, (storefront, &self.id)))
            .chain(key.map(|key| About::of(1, keys::key(key))))
            .chain(receipt.map(|one| About::of(2, (storefront, &one.source, one.id.as_str()))))
            .collect()
    }

    /// About how many bytes are stored of it.
    pub(super) fn bytes(&self) -> usize {
        let events = self.events.iter();
        let documents = events.map(|event| event.document.len() + len(event.personal.as_ref()));
        self.document.len() + len(self.personal.as_ref()) + documents.sum::<usize>()
    }
}

fn len(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

/// The key that a change is about.
fn scoped(change: &KeyChange) -> Option<&ScopedKey> {
    match change {
        KeyChange::Claim { key, .. }
        | KeyChange::Advance { key, .. }
        | KeyChange::Forget { key, .. } => Some(key),
        _ => None,
    }
}

/// Holds the caller to the port: events without a gap, up to the order's version.
fn check(change: &Change) -> Result<(), Failure> {
    let mut version = change.expected;
    for event in &change.events {
        version = version.next();
        if event.version != version {
            return Err(Failure::Broken("the versions of the events leave a gap"));
        }
    }
    if change.events.is_empty() {
        return Err(Failure::Broken("there is no event"));
    }
    if change.order.version() != version {
        return Err(Failure::Broken(
            "the order's version is not that of the last event",
        ));
    }
    if let Some(key) = &change.key {
        let Some(key) = scoped(key) else {
            return Err(Failure::Broken("a change of a key that is not known here"));
        };
        if key.operation.contains('\0') {
            return Err(Failure::Broken("the operation of a key has a NUL in it"));
        }
    }
    if i64::try_from(version.get()).is_err() {
        return Err(Failure::Broken("the version is beyond what is stored"));
    }
    Ok(())
}
