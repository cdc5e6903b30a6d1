//! The line of changes: a group goes out as one statement, and what does not fit it as transactions
//! beside the line.

use super::access::{Access, limit};
use super::commit::commit_all;
use super::dialect::{Connection, bind_id, is_away};
use super::failure::{Common, Failure};
use super::line::{self, About, Answer, Line};
use super::prepared::Prepared;
use super::statement::{self, Verdict};
use super::statistics::{self, Statistics};
use super::unit::Attempts;
use super::writer::{self, Held, Once, connection, once};
use order_core::ports::{CommitOutcome, StoreError};
use sqlx::{Connection as _, Row as _};
use std::sync::Arc;
use std::time::Duration;

/// A change, and who waits for its outcome.
pub(super) struct Committing {
    pub(super) change: Box<Prepared>,
    pub(super) answer: Answer<CommitOutcome>,
}

impl line::Job for Committing {
    fn about(&self) -> Vec<About> {
        self.change.about()
    }

    fn bytes(&self) -> usize {
        self.change.bytes()
    }
}

impl Committing {
    fn answer(self, outcome: Result<CommitOutcome, StoreError>) {
        // Whoever asked may have gone away.
        drop(self.answer.send(outcome));
    }
}

/// The line of changes.
pub(super) struct Changes {
    access: Access,
    line: Line<Committing>,
    statistics: Statistics,
}

impl Changes {
    /// A line that is written through connections of this pool.
    pub(super) fn new(access: Access) -> Self {
        Self {
            access,
            line: Line::default(),
            statistics: Statistics::default(),
        }
    }
}

/// What became of changes that were sent together.
enum Sent {
    /// Each has a verdict.
    Decided(Vec<Verdict>),
    /// None is stored, and it is worth trying each alone.
    Refused,
    /// None is known to be stored.
    Failed(Failure),
}

impl line::Server for Changes {
    type Job = Committing;
    type Held = Held;

    fn line(&self) -> &Line<Committing> {
        &self.line
    }

    /// One process of the database alone would be what everybody waits for.
    fn at_once(&self) -> usize {
        if writer::are_plenty(self.access.pool()) {
            2
        } else {
            1
        }
    }

    fn patience(&self) -> Duration {
        writer::patience(self.access.pool())
    }

    async fn serve(&self, held: &mut Held, group: Vec<Committing>) {
        let (quick, mut slow): (Vec<_>, Vec<_>) = group
            .into_iter()
            .partition(|one| statement::fits(&one.change));
        if self
            .statistics
            .count(quick.len().try_into().unwrap_or_default())
        {
            self.line
                .beside(statistics::look(self.access.pool().clone()));
        }
        let mut doubt = Doubt::default();
        match self.together(held, &quick, &mut doubt).await {
            Sent::Decided(verdicts) => {
                for (one, verdict) in quick.into_iter().zip(verdicts) {
                    match verdict {
                        Verdict::Outcome(CommitOutcome::Applied) => {
                            one.answer(Ok(CommitOutcome::Applied));
                        }
                        Verdict::Outcome(outcome) => {
                            let outcome = doubt.settle(&self.access, &one.change, outcome).await;
                            one.answer(outcome.map_err(StoreError::from));
                        }
                        Verdict::NotHere => slow.push(one),
                    }
                }
            }
            Sent::Refused => slow.extend(quick),
            Sent::Failed(failure) => {
                let error = Common::new(failure.into());
                for one in quick {
                    one.answer(Err(error.again()));
                }
            }
        }
        for one in slow {
            let access = self.access.clone();
            self.line
                .beside(async move { alone(&access, one, doubt).await });
        }
    }
}

impl Changes {
    /// Sends changes as one statement.
    async fn send(
        &self,
        connection: &mut Connection,
        changes: &[&Prepared],
    ) -> Result<Vec<Verdict>, Failure> {
        let storefronts = changes.iter().flat_map(|change| change.storefronts());
        let Some(scope) = self.access.scope(storefronts) else {
            return statement::run(connection, changes).await;
        };
        let mut transaction = connection.begin().await?;
        limit(&mut transaction, &scope).await?;
        let verdicts = statement::run(&mut transaction, changes).await?;
        transaction.commit().await?;
        Ok(verdicts)
    }

    /// Sends changes as one statement, again where that may help.
    async fn together(&self, held: &mut Held, quick: &[Committing], doubt: &mut Doubt) -> Sent {
        if quick.is_empty() {
            return Sent::Decided(Vec::new());
        }
        let changes: Vec<_> = quick.iter().map(|one| &*one.change).collect();
        let mut attempts = Attempts::of(self.access.pool());
        loop {
            let sent = match connection(held, self.access.pool()).await {
                Ok(connection) => self.send(connection, &changes).await,
                Err(failure) => return Sent::Failed(failure),
            };
            match sent {
                Ok(verdicts) => return Sent::Decided(verdicts),
                Err(failure) => {
                    if failure.is_lost() {
                        doubt.grow();
                        *held = None;
                    }
                    if attempts.again_after(&failure).await {
                        continue;
                    }
                    let all_at_fault = matches!(&failure, Failure::Sql(error) if is_away(error));
                    let alone_may_help = !all_at_fault && quick.len() > 1;
                    return if failure.is_conflict() || failure.is_locked() || alone_may_help {
                        tracing::debug!(%failure, "a group of changes goes out one by one");
                        Sent::Refused
                    } else {
                        Sent::Failed(failure)
                    };
                }
            }
        }
    }
}

/// Stores one change, the long way: as a transaction of several statements.
async fn alone(access: &Access, one: Committing, mut doubt: Doubt) {
    let change = Arc::<Prepared>::from(one.change);
    let mut attempts = Attempts::of(access.pool());
    let outcome = loop {
        let sent = once(access, |connection| {
            let change = Arc::clone(&change);
            Box::pin(async move { Ok(commit_all(connection, &[&change]).await?.pop()) })
        });
        let failure = match sent.await {
            Once::Stored(Some(CommitOutcome::Applied)) => break Ok(CommitOutcome::Applied),
            Once::Stored(Some(outcome)) => break doubt.settle(access, &change, outcome).await,
            Once::Stored(None) => break Err(Failure::Broken("a change without an outcome")),
            Once::InDoubt(failure) => {
                doubt.grow();
                failure
            }
            Once::Failed(failure) => failure,
        };
        if !attempts.again_after(&failure).await {
            break Err(failure);
        }
    };
    drop(one.answer.send(outcome.map_err(StoreError::from)));
}

/// Whether what is sent now may have been stored before, by a connection that was lost.
#[derive(Debug, Clone, Copy, Default)]
struct Doubt(bool);

impl Doubt {
    /// The connection was lost, and with it the answer.
    fn grow(&mut self) {
        self.0 = true;
    }

    /// The outcome, where the change itself may be what stands in its own way.
    async fn settle(
        self,
        access: &Access,
        change: &Prepared,
        outcome: CommitOutcome,
    ) -> Result<CommitOutcome, Failure> {
        if self.0 && is_stored(access, change).await? {
            Ok(CommitOutcome::Applied)
        } else {
            Ok(outcome)
        }
    }
}

/// Whether the events of a change are stored as they are in it.
async fn is_stored(access: &Access, change: &Prepared) -> Result<bool, Failure> {
    let mut attempts = Attempts::of(access.pool());
    loop {
        match stored(access, change).await {
            Err(failure) if attempts.again_after(&failure).await => {}
            Err(failure) => return Err(failure),
            Ok(stored) => {
                let meant = change.events.iter();
                return Ok(stored
                    .iter()
                    .map(|(version, document)| (*version, &**document))
                    .eq(meant.map(|event| (event.version, &*event.document))));
            }
        }
    }
}

/// What is stored as the events of a change: version and document.
async fn stored(access: &Access, change: &Prepared) -> Result<Vec<(i64, String)>, Failure> {
    let versions: Vec<_> = change.events.iter().map(|event| event.version).collect();
    let mut reader = access.reader(Some(change.order().storefront())).await?;
    sqlx::query(concat!(
        "SELECT version, document FROM ",
        table!("events"),
        " WHERE storefront = $1 AND order_id = $2 AND version = ANY($3) ORDER BY version",
    ))
    .bind(change.storefront())
    .bind(bind_id(change.order().id()))
    .bind(versions)
    .fetch_all(&mut *reader)
    .await?
    .iter()
    .map(|row| Ok((row.try_get("version")?, row.try_get("document")?)))
    .collect()
}
