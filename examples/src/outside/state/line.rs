//! Changes in a line: whoever is first writes for all who wait, in one transaction.

use std::sync::Mutex;
use std::sync::mpsc::{self, TryRecvError};

use super::NotSaved;
use super::tables::Change;
use crate::outside::locked;

/// Makes a change, and gives what is to be told whether it was kept.
type Job = Box<dyn FnOnce(&Change<'_>) -> Told + Send>;
type Told = Box<dyn FnOnce(bool) + Send>;

/// Those who wait to be written.
#[derive(Default)]
pub(super) struct Line {
    waiting: Mutex<Vec<Job>>,
    /// Held by whoever writes.
    writing: Mutex<()>,
}

impl Line {
    /// Has `make` written, with all who wait by then, and gives what came of it.
    ///
    /// `write` runs what it is given in a transaction, and tells whether that was kept. It runs on
    /// the thread of one of those who wait.
    pub(super) fn enter<T, E>(
        &self,
        make: impl FnOnce(&Change<'_>) -> Result<T, E> + Send + 'static,
        write: impl FnOnce(&mut dyn FnMut(&Change<'_>)) -> bool,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<NotSaved> + Send + 'static,
    {
        let (answer, answered) = mpsc::channel();
        let span = tracing::Span::current();
        let job: Job = Box::new(move |change| {
            let made = span.in_scope(|| make(change));
            Box::new(move |kept| {
                // Also a refusal stands on what others of the group have changed.
                drop(answer.send(if kept { made } else { Err(NotSaved.into()) }));
            })
        });
        locked(&self.waiting).push(job);
        let writing = locked(&self.writing);
        match answered.try_recv() {
            Ok(answer) => return answer,
            // Whoever wrote for it has not come to an end.
            Err(TryRecvError::Disconnected) => return Err(NotSaved.into()),
            Err(TryRecvError::Empty) => {}
        }
        let mut jobs = std::mem::take(&mut *locked(&self.waiting));
        let mut told = Vec::with_capacity(jobs.len());
        let kept = write(&mut |change| told.extend(jobs.drain(..).map(|job| job(change))));
        told.into_iter().for_each(|tell| tell(kept));
        drop(writing);
        answered.try_recv().unwrap_or(Err(NotSaved.into()))
    }
}
