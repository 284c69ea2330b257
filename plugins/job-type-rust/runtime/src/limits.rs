//! How many calls run, and how many wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::function::Failure;
use crate::options::Options;

pub struct Limits {
    running: Option<Arc<Semaphore>>,
    max_queue: Option<usize>,
    max_inflight: Option<usize>,
    waiting: Arc<AtomicUsize>,
    inflight: Arc<AtomicUsize>,
}

/// A call's place among those that run; whoever drops it makes room.
pub struct Place {
    _running: Option<OwnedSemaphorePermit>,
    _inflight: Counted,
}

/// One in a count, as long as it lives.
pub struct Counted(Arc<AtomicUsize>);

impl Counted {
    /// `None` when there are `limit` already.
    fn within(count: &Arc<AtomicUsize>, limit: Option<usize>) -> Option<Self> {
        let former = count.fetch_add(1, Ordering::Relaxed);
        let counted = Self(count.clone());
        limit.map_or(true, |limit| former < limit).then_some(counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Limits {
    pub fn new(options: &Options) -> Self {
        Self {
            running: options.max_concurrency.map(|limit| Arc::new(Semaphore::new(limit))),
            max_queue: options.max_queue,
            max_inflight: options.max_inflight,
            waiting: Arc::default(),
            inflight: Arc::default(),
        }
    }

    /// Counts a call before its body is read, so that no body is kept of a call that has no place.
    pub fn arrive(&self) -> Result<Counted, Failure> {
        Counted::within(&self.inflight, self.max_inflight)
            .ok_or_else(|| refuse("calls in progress", self.max_inflight))
    }

    /// Takes a place, waiting for it where calls may wait. Dropped while it waits, it leaves no trace.
    pub async fn enter(&self, inflight: Counted) -> Result<Place, Failure> {
        let Some(semaphore) = &self.running else {
            return Ok(Place { _running: None, _inflight: inflight });
        };
        let running = match semaphore.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = Counted::within(&self.waiting, self.max_queue)
                    .ok_or_else(|| refuse("calls waiting", self.max_queue))?;
                let permit = semaphore.clone().acquire_owned().await;
                permit.map_err(|_| Failure::http(500, "the job is ending"))?
            }
        };
        Ok(Place { _running: Some(running), _inflight: inflight })
    }
}

fn refuse(what: &str, limit: Option<usize>) -> Failure {
    let limit = limit.unwrap_or_default();
    Failure::http(429, format!("Too Many Requests: the job has its {limit} {what}; try again later"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_from_its_arrival_until_it_is_dropped() {
        let limits = Limits {
            running: None,
            max_queue: None,
            max_inflight: Some(1),
            waiting: Arc::default(),
            inflight: Arc::default(),
        };

        let arrival = limits.arrive();

        assert!(arrival.is_ok());
        assert!(limits.arrive().is_err());
        drop(arrival);
        assert!(limits.arrive().is_ok());
    }
}
