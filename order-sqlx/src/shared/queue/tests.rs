//! What the batch queue promises, with a handler that the test controls.

use super::*;
use tokio::sync::Semaphore;

struct NumberedJob {
    number: u64,
    resource: u64,
    reply: Reply<()>,
}

impl BatchJob for NumberedJob {
    fn conflict_keys(&self) -> Vec<ConflictKey> {
        vec![ConflictKey::new(0, self.resource)]
    }

    fn bytes(&self) -> usize {
        1
    }
}

/// Records each batch, and executes it once the test permits.
struct GatedHandler {
    queue: BatchQueue<NumberedJob>,
    max_concurrent: usize,
    batches: Mutex<Vec<Vec<u64>>>,
    permits: Semaphore,
}

impl GatedHandler {
    fn with_concurrency(max_concurrent: usize) -> Arc<Self> {
        Arc::new(Self {
            queue: BatchQueue::default(),
            max_concurrent,
            batches: Mutex::default(),
            permits: Semaphore::new(0),
        })
    }

    fn batches(&self) -> Vec<Vec<u64>> {
        let batches = self.batches.lock();
        batches.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl BatchHandler for GatedHandler {
    type Job = NumberedJob;
    type Session = ();

    fn max_concurrent_batches(&self) -> usize {
        self.max_concurrent
    }

    fn queue(&self) -> &BatchQueue<NumberedJob> {
        &self.queue
    }

    async fn handle(&self, (): &mut (), batch: Vec<NumberedJob>) {
        let numbers = batch.iter().map(|job| job.number).collect();
        let batches = self.batches.lock();
        batches
            .unwrap_or_else(PoisonError::into_inner)
            .push(numbers);
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
        for job in batch {
            drop(job.reply.send(Ok(())));
        }
    }
}

/// Submits jobs of these numbers, each with a resource of its own number, or all with `resource`.
async fn given_jobs(
    handler: &Arc<GatedHandler>,
    numbers: std::ops::Range<u64>,
    resource: Option<u64>,
) {
    for number in numbers {
        let handler = Arc::clone(handler);
        let resource = resource.unwrap_or(number);
        tokio::spawn(async move {
            submit(&handler, |reply| NumberedJob {
                number,
                resource,
                reply,
            })
            .await
        });
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_batch_takes_half_of_the_queued_and_just_answered_jobs() {
    let handler = GatedHandler::with_concurrency(1);
    given_jobs(&handler, 0..20, None).await;
    given_jobs(&handler, 20..80, None).await;
    assert_eq!(handler.batches(), [(0..20).collect::<Vec<_>>()]);
    handler.permits.add_permits(9);
    handler.queue.close().await;
    let sizes: Vec<_> = handler.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [20, 40, 20]);
}

#[tokio::test]
async fn a_second_batch_runs_beside_the_first_once_enough_jobs_are_queued() {
    let handler = GatedHandler::with_concurrency(2);
    given_jobs(&handler, 0..1, None).await;
    given_jobs(&handler, 1..10, None).await;
    assert_eq!(handler.batches().len(), 1, "too few for another");
    given_jobs(&handler, 10..20, None).await;
    assert_eq!(handler.batches().len(), 2);
    given_jobs(&handler, 20..60, None).await;
    assert_eq!(handler.batches().len(), 2, "no more than two");
    handler.permits.add_permits(9);
    handler.queue.close().await;
    assert_eq!(handler.batches().concat().len(), 60);
}

#[tokio::test]
async fn jobs_that_share_a_resource_never_run_concurrently() {
    let handler = GatedHandler::with_concurrency(2);
    given_jobs(&handler, 0..1, None).await;
    given_jobs(&handler, 100..101, Some(0)).await;
    given_jobs(&handler, 1..20, None).await;
    let batches = handler.batches();
    assert_eq!(batches.len(), 2);
    assert!(!batches[1].contains(&100), "{batches:?}");
    handler.permits.add_permits(9);
    handler.queue.close().await;
    assert!(handler.batches().concat().contains(&100));
}
