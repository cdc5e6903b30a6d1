//! Reservations as one statement: the units of each product are summed, and taken where there are
//! enough for all who want some.
//!
//! Who wants what there is too little of, and who has a reservation already, is left to the long
//! way. Products are locked in the order of their SKUs. As with changes, who came in between shows,
//! and then nothing of the statement is kept.

use super::access::{Access, limit};
use super::dialect::Connection;
use super::failure::{Common, Failure};
use super::line::{self, About, Answer, Line};
use super::reservations::{self, Key, Reserved};
use super::rows::{Reading, micros, unwritable};
use super::unit::Attempts;
use super::writer::{self, Held, Once, connection, once};
use order_core::order::SkuUnits;
use order_core::ports::{ReserveOutcome, StoreError};
use order_core::time::Timestamp;
use sqlx::Connection as _;
use std::sync::Arc;
use std::time::Duration;

/// A wish to set units aside.
pub(super) struct Wish {
    pub(super) key: Key,
    pub(super) lines: Vec<SkuUnits>,
    pub(super) now: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// A wish, and who waits for its outcome.
pub(super) struct Wishing {
    pub(super) wish: Wish,
    pub(super) answer: Answer<Reserved>,
}

impl line::Job for Wishing {
    fn about(&self) -> Vec<About> {
        let Key { storefront, id } = &self.wish.key;
        vec![About::of(0, (storefront.as_str(), id))]
    }

    fn bytes(&self) -> usize {
        self.wish
            .lines
            .iter()
            .map(|line| line.sku.as_str().len())
            .sum()
    }
}

const STATEMENT: &str = concat!(
    "WITH asked AS MATERIALIZED (SELECT a.*, (SELECT true FROM ",
    table!("reservations"),
    " AS r WHERE r.storefront = a.storefront AND r.reservation = a.reservation",
    " LIMIT 1) IS NOT NULL AS is_known",
    " FROM ",
    brief!(),
    " CROSS JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::text[])",
    " WITH ORDINALITY AS a(storefront, reservation, expires_at, asked, item)),",
    " known AS MATERIALIZED (SELECT array_agg(is_known ORDER BY item) AS of FROM asked),",
    " wanted AS MATERIALIZED (SELECT l.storefront, l.sku, CAST(sum(l.quantity) AS bigint) AS units",
    " FROM unnest($5::bigint[], $6::text[], $8::text[], $9::bigint[])",
    " AS l(item, storefront, sku, quantity) WHERE NOT (SELECT of FROM known)[l.item]",
    " GROUP BY l.storefront, l.sku),",
    " scarce AS MATERIALIZED (SELECT w.storefront, w.sku FROM wanted AS w LEFT JOIN ",
    table!("products"),
    " AS p ON p.storefront = w.storefront AND p.sku = w.sku",
    " WHERE p.available IS NULL OR p.available < w.units),",
    // Who wants what is scarce, and who has a reservation.
    " refused AS MATERIALIZED (SELECT array(SELECT l.item FROM scarce AS s CROSS JOIN",
    " unnest($5::bigint[], $6::text[], $8::text[]) AS l(item, storefront, sku)",
    " WHERE l.storefront = s.storefront AND l.sku = s.sku",
    " UNION ALL SELECT item FROM asked WHERE is_known) AS items),",
    " granted AS MATERIALIZED (SELECT storefront, reservation, expires_at, asked, item FROM asked",
    " WHERE item <> ALL ((SELECT items FROM refused)::bigint[])),",
    " lines AS MATERIALIZED (SELECT l.* FROM unnest($5::bigint[], $6::text[], $7::text[], $8::text[],",
    " $9::bigint[]) AS l(item, storefront, reservation, sku, quantity)",
    " WHERE l.item <> ALL ((SELECT items FROM refused)::bigint[])),",
    " summed AS MATERIALIZED (SELECT storefront, sku, CAST(sum(quantity) AS bigint) AS units",
    " FROM lines GROUP BY storefront, sku ORDER BY storefront, sku),",
    " taken AS (UPDATE ",
    table!("products"),
    " AS p SET available = p.available - s.units FROM summed AS s",
    " WHERE p.storefront = s.storefront AND p.sku = s.sku AND p.available >= s.units RETURNING 1),",
    " held AS (INSERT INTO ",
    table!("reservations"),
    " (storefront, reservation, status, expires_at, asked)",
    " SELECT storefront, reservation, 'held', expires_at, asked FROM granted),",
    " covered AS (INSERT INTO ",
    table!("reservation_lines"),
    " (storefront, reservation, sku, quantity)",
    " SELECT storefront, reservation, sku, quantity FROM lines)",
    " SELECT item FROM granted WHERE (SELECT count(*) FROM taken) = (SELECT count(*) FROM summed) OR ",
    table!("raced"),
    "()",
);

/// Sets aside what there is enough of, for wishes with different ids. Answers which it did, by
/// their places.
async fn run(connection: &mut Connection, wishes: &[&Wish]) -> Result<Vec<usize>, Failure> {
    let (mut storefronts, mut ids, mut until, mut asked) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut items, mut at, mut of) = (Vec::new(), Vec::new(), Vec::new());
    let (mut skus, mut quantities) = (Vec::new(), Vec::new());
    for (item, wish) in (1_i64..).zip(wishes) {
        let Key { storefront, id } = &wish.key;
        storefronts.push(storefront.as_str());
        ids.push(&**id);
        until.push(micros(wish.expires_at));
        asked.push(serde_json::to_string(&wish.lines).map_err(unwritable)?);
        for line in &wish.lines {
            items.push(item);
            at.push(storefront.as_str());
            of.push(&**id);
            skus.push(line.sku.as_str());
            quantities.push(i64::from(line.quantity));
        }
    }
    sqlx::query(STATEMENT)
        .bind(storefronts)
        .bind(ids)
        .bind(until)
        .bind(asked)
        .bind(items)
        .bind(at)
        .bind(of)
        .bind(skus)
        .bind(quantities)
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| {
            let item: usize = Reading::new(row, "reservations", "?").small("item")?;
            Ok(item.saturating_sub(1))
        })
        .collect()
}

/// The line of reservations.
pub(super) struct Stock {
    access: Access,
    line: Line<Wishing>,
}

impl Stock {
    /// A line that is written through connections of this pool.
    pub(super) fn new(access: Access) -> Self {
        Self {
            access,
            line: Line::default(),
        }
    }
}

impl line::Server for Stock {
    type Job = Wishing;
    type Held = Held;

    fn line(&self) -> &Line<Wishing> {
        &self.line
    }

    fn patience(&self) -> Duration {
        writer::patience(self.access.pool())
    }

    async fn serve(&self, held: &mut Held, group: Vec<Wishing>) {
        let granted = match self.together(held, &group).await {
            Ok(granted) => granted,
            Err(failure) if failure.is_conflict() || failure.is_locked() => Vec::new(),
            Err(failure) => {
                let error = Common::new(failure.into());
                for one in group {
                    drop(one.answer.send(Err(error.again())));
                }
                return;
            }
        };
        let mut granted = granted.into_iter().peekable();
        let mut left = Vec::new();
        for (place, one) in group.into_iter().enumerate() {
            if granted.next_if_eq(&place).is_some() {
                let expires_at = one.wish.expires_at;
                let reserved = Ok(ReserveOutcome::Reserved { expires_at });
                drop(one.answer.send(Ok(reserved)));
            } else {
                left.push(one);
            }
        }
        if !left.is_empty() {
            let access = self.access.clone();
            // In turn, so that they do not wait for each other's locks, and beside the line.
            self.line.beside(async move {
                for one in left {
                    reserve_alone(&access, one).await;
                }
            });
        }
    }
}

impl Stock {
    /// Sends wishes as one statement.
    async fn send(
        &self,
        connection: &mut Connection,
        wishes: &[&Wish],
    ) -> Result<Vec<usize>, Failure> {
        let storefronts = wishes.iter().map(|wish| &wish.key.storefront);
        let Some(scope) = self.access.scope(storefronts) else {
            return run(connection, wishes).await;
        };
        let mut transaction = connection.begin().await?;
        limit(&mut transaction, &scope).await?;
        let granted = run(&mut transaction, wishes).await?;
        transaction.commit().await?;
        Ok(granted)
    }

    /// Sends wishes as one statement, again where that may help. Sending a wish twice does nothing.
    async fn together(&self, held: &mut Held, group: &[Wishing]) -> Result<Vec<usize>, Failure> {
        let wishes: Vec<_> = group.iter().map(|one| &one.wish).collect();
        let mut attempts = Attempts::of(self.access.pool());
        loop {
            let connection = connection(held, self.access.pool()).await?;
            match self.send(connection, &wishes).await {
                Ok(mut granted) => {
                    granted.sort_unstable();
                    return Ok(granted);
                }
                Err(failure) => {
                    if failure.is_lost() {
                        *held = None;
                    }
                    if !attempts.again_after(&failure).await {
                        return Err(failure);
                    }
                }
            }
        }
    }
}

/// Sets the units of one wish aside, the long way.
async fn reserve_alone(access: &Access, Wishing { wish, answer }: Wishing) {
    let wish = Arc::new(wish);
    let mut attempts = Attempts::of(access.pool());
    let reserved = loop {
        let sent = once(access, |connection| {
            let wish = Arc::clone(&wish);
            Box::pin(async move {
                let Wish {
                    key,
                    lines,
                    now,
                    expires_at,
                } = &*wish;
                reservations::reserve(connection, key, lines, *now, *expires_at).await
            })
        });
        match sent.await {
            Once::Stored(reserved) => break Ok(reserved),
            Once::Failed(failure) | Once::InDoubt(failure) => {
                if !attempts.again_after(&failure).await {
                    break Err(failure);
                }
            }
        }
    };
    drop(answer.send(reserved.map_err(StoreError::from)));
}
