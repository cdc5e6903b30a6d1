//! The body of `PATCH /v1/orders/{id}`: a JSON merge patch (RFC 7396).

use crate::server::dto::address::ContactDto;
use crate::server::dto::json_object::JsonObject;
use crate::server::dto::validation::{RequestBody, ValidationErrors};
use order_core::command::{Command, DetailsPatch};
use order_core::order::{Contact, Order};
use order_core::value::{Email, Label, Phone};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Changes metadata, contact and labels. An absent member stays as it is; `null` removes it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UpdateOrder, example = json!({
    "metadata": {"channel": "phone", "campaign": null}, "contact": {"email": "ada@example.com"}
}))]
pub(crate) struct UpdateOrderBody {
    /// Merged into the metadata.
    #[schema(value_type = Option<std::collections::HashMap<String, Value>>)]
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Option<Map<String, Value>>>,
    /// Merged into the contact.
    #[schema(value_type = Option<ContactDto>)]
    #[serde(default, deserialize_with = "present")]
    contact: Option<Option<JsonObject<ContactPatchBody>>>,
    /// All labels from now on. A customer must not set them.
    #[schema(value_type = Option<BTreeSet<String>>)]
    #[serde(default, deserialize_with = "present")]
    labels: Option<Option<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactPatchBody {
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    phone: Option<Option<String>>,
}

/// Distinguishes a member that is `null` from one that is absent.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// A merge patch that was parsed, before it is applied to an order.
#[derive(Clone)]
pub(crate) struct OrderPatch {
    metadata: Option<Option<Map<String, Value>>>,
    contact: Option<Option<ContactPatch>>,
    labels: Option<BTreeSet<Label>>,
}

#[derive(Clone)]
pub(crate) struct ContactPatch {
    email: Option<Option<Email>>,
    phone: Option<Option<Phone>>,
}

impl RequestBody for UpdateOrderBody {
    type Core = OrderPatch;

    fn parse(self, errors: &mut ValidationErrors) -> Option<OrderPatch> {
        let contact = match self.contact {
            Some(Some(patch)) => errors
                .object("contact", patch)
                .map(|patch| Some(Some(patch))),
            Some(None) => Some(Some(None)),
            None => Some(None),
        };
        let labels = match self.labels {
            Some(labels) => labels
                .unwrap_or_default()
                .into_iter()
                .enumerate()
                .map(|(index, label)| {
                    errors.check(&format!("labels[{index}]"), Label::parse(label))
                })
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Option<BTreeSet<_>>>()
                .map(Some),
            None => Some(None),
        };
        Some(OrderPatch {
            metadata: self.metadata,
            contact: contact?,
            labels: labels?,
        })
    }
}

impl RequestBody for ContactPatchBody {
    type Core = ContactPatch;

    fn parse(self, errors: &mut ValidationErrors) -> Option<ContactPatch> {
        let email = errors.optional("email", self.email, |email| {
            email.map(Email::parse).transpose()
        });
        let phone = errors.optional("phone", self.phone, |phone| {
            phone.map(Phone::parse).transpose()
        });
        Some(ContactPatch {
            email: email?,
            phone: phone?,
        })
    }
}

impl OrderPatch {
    /// Returns whether the resulting command depends on the present state of the order.
    pub(crate) fn depends_on_order(&self) -> bool {
        self.contact.is_some() || matches!(self.metadata, Some(None))
    }

    /// Applies the patch to an order, and returns the command that changes it.
    pub(crate) fn apply(self, order: &Order) -> Command {
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
                let present = order.personal().contact.clone().unwrap_or_default();
                Some(Contact::new(
                    patch.email.unwrap_or(present.email),
                    patch.phone.unwrap_or(present.phone),
                ))
            }
            Some(None) => Some(Contact::default()),
            None => None,
        };
        Command::UpdateDetails(Box::new(DetailsPatch {
            metadata,
            contact,
            labels: self.labels,
        }))
    }
}
