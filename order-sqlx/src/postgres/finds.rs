//! The line of finds: whatever was asked for while the last answer was under way is looked up as one
//! statement. Each asker reads the row for itself.

use super::access::Access;
use super::dialect::{Connection, Id, Row, bind_id};
use super::failure::{Common, Failure};
use super::line::{self, About, Answer, Line};
use super::rows;
use super::unit::Attempts;
use super::writer::{self, Held, connection};
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::Row as _;
use std::sync::Arc;
use std::time::Duration;

/// An order that is looked for, and who waits for its row.
pub(super) struct Finding {
    storefront: StorefrontId,
    id: OrderId,
    answer: Answer<Option<Row>>,
}

impl line::Job for Finding {
    fn about(&self) -> Vec<About> {
        // Many may look for one order at once.
        Vec::new()
    }

    fn bytes(&self) -> usize {
        0
    }
}

/// The line of finds, where storefronts are not kept apart by the database.
pub(super) struct Finds {
    access: Access,
    line: Line<Finding>,
}

impl Finds {
    /// A line that reads through connections of this pool.
    pub(super) fn new(access: Access) -> Self {
        Self {
            access,
            line: Line::default(),
        }
    }

    /// The order with this id at this storefront.
    pub(super) async fn find(
        self: &Arc<Self>,
        storefront: &StorefrontId,
        id: OrderId,
    ) -> Result<Option<Order>, StoreError> {
        let found = line::enter(self, |answer| Finding {
            storefront: storefront.clone(),
            id,
            answer,
        });
        let row = found.await?;
        Ok(row.as_ref().map(rows::order).transpose()?)
    }

    /// Answers what it was asked, and nothing more.
    pub(super) async fn close(&self) {
        self.line.close().await;
    }
}

impl line::Server for Finds {
    type Job = Finding;
    type Held = Held;

    fn line(&self) -> &Line<Finding> {
        &self.line
    }

    fn patience(&self) -> Duration {
        writer::patience(self.access.pool())
    }

    async fn serve(&self, held: &mut Held, group: Vec<Finding>) {
        let mut attempts = Attempts::of(self.access.pool());
        let found = loop {
            let found = match connection(held, self.access.pool()).await {
                Ok(connection) => look_up(connection, &group).await,
                Err(failure) => Err(failure),
            };
            match found {
                Err(failure) => {
                    *held = None;
                    if !attempts.again_after(&failure).await {
                        break Err(failure);
                    }
                }
                found => break found,
            }
        };
        match found {
            Ok(found) => {
                let mut rows: Vec<Option<Row>> = group.iter().map(|_| None).collect();
                for (item, row) in found {
                    if let Some(slot) = rows.get_mut(item) {
                        *slot = Some(row);
                    }
                }
                for (one, row) in group.into_iter().zip(rows) {
                    // Whoever asked may have gone away.
                    drop(one.answer.send(Ok(row)));
                }
            }
            Err(failure) => {
                let error = Common::new(failure.into());
                for one in group {
                    drop(one.answer.send(Err(error.again())));
                }
            }
        }
    }
}

/// The rows that are there, each with its place in the group.
async fn look_up(
    connection: &mut Connection,
    group: &[Finding],
) -> Result<Vec<(usize, Row)>, Failure> {
    let storefronts: Vec<&str> = group.iter().map(|one| one.storefront.as_str()).collect();
    let ids: Vec<Id> = group.iter().map(|one| bind_id(one.id)).collect();
    let found = sqlx::query(concat!(
        "SELECT w.item AS item, o.storefront AS storefront, o.order_id AS order_id,",
        " o.version AS version, o.document AS document, o.personal AS personal",
        " FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS w(storefront, order_id, item)",
        " JOIN ",
        table!("orders"),
        " AS o ON o.storefront = w.storefront AND o.order_id = w.order_id",
    ))
    .bind(&storefronts)
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let item: i64 = row.try_get("item")?;
            let place = usize::try_from(item - 1).unwrap_or(usize::MAX);
            Ok((place, row))
        })
        .collect()
}
