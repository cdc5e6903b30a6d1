//! The body of `PATCH /v1/orders/{id}`: a JSON merge patch (RFC 7396).

use super::{Faults, Object, Wire};
use order_core::command::{Command, DetailsPatch};
use order_core::order::{Contact, Order};
use order_core::value::{InvalidValue, Label};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A change of what belongs to the caller. A member that is missing stays; `null` removes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateOrder, example = json!({
    "metadata": {"channel": "phone", "campaign": null}, "contact": {"email": "ada@example.com"}
}))]
pub(crate) struct DetailsWire {
    /// Merged into the metadata.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<Map<String, Value>>>,
    /// Merged into the contact.
    #[schema(value_type = Option<super::address::ContactWire>)]
    #[serde(default, deserialize_with = "present")]
    contact: Option<Option<Object<ContactPatchWire>>>,
    /// The labels from now on. Not for customers.
    #[schema(value_type = Option<BTreeSet<String>>)]
    #[serde(default, deserialize_with = "present")]
    labels: Option<Option<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactPatchWire {
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    phone: Option<Option<String>>,
}

/// Tells a member that is `null` from one that is missing.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A patch that was read, before it is laid over an order.
#[derive(Clone)]
pub(crate) struct Details {
    metadata: Option<Option<Map<String, Value>>>,
    contact: Option<Option<ContactPatch>>,
    labels: Option<BTreeSet<Label>>,
}

#[derive(Clone)]
pub(crate) struct ContactPatch {
    email: Option<Option<Label>>,
    phone: Option<Option<Label>>,
}

impl Wire for DetailsWire {
    type Core = Details;

    fn read(self, faults: &mut Faults) -> Option<Details> {
        let contact = match self.contact {
            Some(Some(patch)) => faults
                .within("contact", patch)
                .map(|patch| Some(Some(patch))),
            Some(None) => Some(Some(None)),
            None => Some(None),
        };
        let labels = match self.labels {
            Some(labels) => labels
                .unwrap_or_default()
                .into_iter()
                .enumerate()
                .map(|(at, label)| faults.check(&format!("labels[{at}]"), Label::parse(label)))
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Option<BTreeSet<_>>>()
                .map(Some),
            None => Some(None),
        };
        Some(Details {
            metadata: self.metadata,
            contact: contact?,
            labels: labels?,
        })
    }
}

impl Wire for ContactPatchWire {
    type Core = ContactPatch;

    fn read(self, faults: &mut Faults) -> Option<ContactPatch> {
        let email = faults.optional("email", self.email, |email| {
            let email = email.map(Label::parse).transpose()?;
            Contact::new(email, None).map(|contact| contact.email)
        });
        let phone = faults.optional("phone", self.phone, |phone| {
            phone.map(Label::parse).transpose()
        });
        Some(ContactPatch {
            email: email?,
            phone: phone?,
        })
    }
}

impl Details {
    /// Whether the command it makes depends on what the order has now.
    pub(crate) fn depends_on_order(&self) -> bool {
        self.contact.is_some() || matches!(self.metadata, Some(None))
    }

    /// The command that changes this order so.
    ///
    /// # Errors
    /// If the contact would not be one.
    pub(crate) fn over(self, order: &Order) -> Result<Command, InvalidValue> {
        let metadata = match self.metadata {
            Some(Some(patch)) => patch,
            Some(None) => order
                .metadata()
                .entries()
                .keys()
                .map(|key| (key.clone(), Value::Null))
                .collect(),
            None => Map::new(),
        };
        let contact = match self.contact {
            Some(Some(patch)) => {
                let now = order.personal().contact.clone().unwrap_or_default();
                Some(Contact::new(
                    patch.email.unwrap_or(now.email),
                    patch.phone.unwrap_or(now.phone),
                )?)
            }
            Some(None) => Some(Contact::default()),
            None => None,
        };
        Ok(Command::UpdateDetails(Box::new(DetailsPatch {
            metadata,
            contact,
            labels: self.labels,
        })))
    }
}
