//! Changes in a line, and the one thread that writes them: whatever came while the last transaction
//! was under way goes out as the next.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::thread::{Builder, JoinHandle};

use super::NotSaved;
use super::tables::Change;

/// Makes a change, and gives what is to be told whether it was kept.
type Job = Box<dyn FnOnce(&Change<'_>) -> Told + Send>;
type Told = Box<dyn FnOnce(bool) + Send>;

/// Where to line up. When it is dropped, what was lined up is written first.
#[derive(Debug)]
pub(super) struct Line {
    /// None once it ends.
    end: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Line {
    /// A line before `write`, which runs what it is given in one transaction, and tells whether that
    /// was kept.
    pub(super) fn before(
        mut write: impl FnMut(&mut dyn FnMut(&Change<'_>)) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let (end, waiting) = mpsc::channel::<Job>();
        let writer = Builder::new().name("mocks-state".into()).spawn(move || {
            while let Ok(first) = waiting.recv() {
                let mut jobs: Vec<Job> = std::iter::once(first).chain(waiting.try_iter()).collect();
                // One that panics is the end of its group, and not of the line.
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    let mut told = Vec::with_capacity(jobs.len());
                    let kept = write(&mut |change| {
                        told.extend(jobs.drain(..).map(|job| job(change)));
                    });
                    told.into_iter().for_each(|tell| tell(kept));
                }));
            }
        })?;
        Ok(Self {
            end: Some(end),
            writer: Some(writer),
        })
    }

    /// Lines up, waits until `make` is written, and gives what came of it.
    pub(super) fn enter<T, E>(
        &self,
        make: impl FnOnce(&Change<'_>) -> Result<T, E> + Send + 'static,
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
        let lined_up = self.end.as_ref().map(|end| end.send(job));
        match lined_up {
            Some(Ok(())) => answered.recv().unwrap_or(Err(NotSaved.into())),
            Some(Err(_)) | None => Err(NotSaved.into()),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.end = None;
        if let Some(writer) = self.writer.take() {
            // It caught what there was to catch.
            let _ = writer.join();
        }
    }
}
