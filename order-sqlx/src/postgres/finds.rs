//! The line of finds: whatever was asked for while the last answer was under way is looked up as one
//! statement, or as one for each storefront where the database keeps these apart. Each asker reads the
//! row for itself.

use super::access::{Access, limit};
use super::dialect::{BEGIN, Connection, Id, Row, bind_id};
use super::failure::{Common, Failure};
use super::line::{self, About, Answer, Line};
use super::rows::{self, Reading};
use super::unit::Attempts;
use super::writer::{self, Held, connection};
use order_core::order::Order;
use order_core::ports::StoreError;
use order_core::value::{OrderId, StorefrontId};
use sqlx::Connection as _;
use std::collections::BTreeMap;
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

/// The line of finds.
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
                Ok(connection) => self.look_up(connection, &group).await,
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
                for (place, row) in found {
                    if let Some(slot) = rows.get_mut(place) {
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

/// A row that was found, with the place in the group of whom it is for.
type Found = (usize, Row);

impl Finds {
    /// The rows that are there.
    async fn look_up(
        &self,
        connection: &mut Connection,
        group: &[Finding],
    ) -> Result<Vec<Found>, Failure> {
        let asked = group.iter().enumerate();
        if !self.access.is_isolated() {
            return look_up(connection, &asked.collect::<Vec<_>>()).await;
        }
        let mut apart: BTreeMap<&StorefrontId, Vec<_>> = BTreeMap::new();
        for (place, one) in asked {
            apart.entry(&one.storefront).or_default().push((place, one));
        }
        let mut found = Vec::new();
        for (storefront, asked) in apart {
            let mut transaction = connection.begin_with(BEGIN).await?;
            limit(&mut transaction, storefront.as_str()).await?;
            found.extend(look_up(&mut transaction, &asked).await?);
            transaction.commit().await?;
        }
        Ok(found)
    }
}

async fn look_up(
    connection: &mut Connection,
    asked: &[(usize, &Finding)],
) -> Result<Vec<Found>, Failure> {
    let asked = asked.iter();
    let (places, storefronts, ids) = asked
        .map(|(place, one)| {
            let place = i64::try_from(*place).unwrap_or(i64::MAX);
            (place, one.storefront.as_str(), bind_id(one.id))
        })
        .collect::<(Vec<i64>, Vec<&str>, Vec<Id>)>();
    let found = sqlx::query(concat!(
        "SELECT w.place AS place, o.storefront AS storefront, o.order_id AS order_id,",
        " o.version AS version, o.document AS document, o.personal AS personal",
        " FROM unnest($1::bigint[], $2::text[], $3::uuid[]) AS w(place, storefront, order_id)",
        " JOIN ",
        table!("orders"),
        " AS o ON o.storefront = w.storefront AND o.order_id = w.order_id",
    ))
    .bind(&places)
    .bind(&storefronts)
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    found
        .into_iter()
        .map(|row| {
            let place = Reading::new(&row, "orders", "?").small("place")?;
            Ok((place, row))
        })
        .collect()
}
