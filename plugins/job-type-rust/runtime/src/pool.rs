//! Threads for calls of blocking code: apart from the thread that does HTTP, and as many as calls need.
//!
//! Waking a thread costs more than most calls take, so calls that come together are handed over together: one thread is
//! woken for them, and others join it when a call still waits a millisecond later. Results come back in the same way.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{oneshot, Notify};

use crate::function::Outcome;

/// How long a call may wait for a thread that is busy with another one.
const PATIENCE: Duration = Duration::from_millis(1);
/// A thread that has had nothing to do for so long ends.
const IDLE_TIME: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() -> Outcome + Send>;

struct Task {
    work: Work,
    answer: oneshot::Sender<Outcome>,
}

/// Cheap to clone; all clones are one pool.
#[derive(Clone, Default)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    has_work: Condvar,
    done: Mutex<Vec<(oneshot::Sender<Outcome>, Outcome)>>,
    has_done: Notify,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Threads that run or look for work, woken ones included.
    awake: usize,
    /// Threads that sleep until there is work.
    asleep: usize,
    /// Of those that have been asleep, how many have yet to notice that they are awake.
    called: usize,
    /// Calls taken so far: tells whether waiting ones get on.
    taken: u64,
    is_watched: bool,
    is_waking: bool,
}

impl Pool {
    /// Hands results out, on the runtime of the server, as long as that lives.
    pub fn start(&self) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            loop {
                shared.has_done.notified().await;
                for (answer, outcome) in std::mem::take(&mut *lock(&shared.done)) {
                    // Nobody waits any more when the caller has left.
                    let _ = answer.send(outcome);
                }
            }
        });
    }

    /// Runs a call on a thread of the pool; `None` only when the thread died with it.
    pub async fn run(&self, work: Work) -> Option<Outcome> {
        let (answer, outcome) = oneshot::channel();
        let (must_wake, must_watch) = {
            let mut state = lock(&self.shared.state);
            state.tasks.push_back(Task { work, answer });
            let must_wake = state.awake == 0 && !std::mem::replace(&mut state.is_waking, true);
            (must_wake, !std::mem::replace(&mut state.is_watched, true))
        };
        if must_wake {
            tokio::spawn(wake_one(self.shared.clone()));
        }
        if must_watch {
            tokio::spawn(watch(self.shared.clone()));
        }
        outcome.await.ok()
    }
}

/// Wakes a thread where none is awake. It runs after the requests that have arrived together.
async fn wake_one(shared: Arc<Shared>) {
    let mut state = lock(&shared.state);
    state.is_waking = false;
    if state.awake == 0 {
        shared.wake(&mut state, 1);
    }
}

/// Wakes a thread for each call that waits, when none has been taken for a while: those that are awake are busy for long.
async fn watch(shared: Arc<Shared>) {
    let mut seen = lock(&shared.state).taken;
    loop {
        tokio::time::sleep(PATIENCE).await;
        let mut state = lock(&shared.state);
        let waiting = state.tasks.len();
        if waiting == 0 {
            state.is_watched = false;
            return;
        }
        if std::mem::replace(&mut seen, state.taken) == state.taken {
            shared.wake(&mut state, waiting);
        }
    }
}

impl Shared {
    fn wake(self: &Arc<Self>, state: &mut MutexGuard<'_, State>, count: usize) {
        for _ in 0..count {
            if state.asleep > 0 {
                state.asleep -= 1;
                state.called += 1;
                self.has_work.notify_one();
            } else {
                let shared = self.clone();
                let begun = thread::Builder::new().name("call".to_owned()).spawn(move || shared.work());
                // No more threads to be had: calls wait for those that are there.
                if begun.is_err() {
                    return;
                }
            }
            state.awake += 1;
        }
    }

    /// The life of a thread.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(Task { work, answer }) = state.tasks.pop_front() {
                state.taken += 1;
                drop(state);
                self.deliver(answer, work());
                state = lock(&self.state);
                continue;
            }
            state.awake -= 1;
            state.asleep += 1;
            while state.called == 0 {
                let waited = self.has_work.wait_timeout(state, IDLE_TIME);
                let (next, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                state = next;
                if timeout.timed_out() && state.called == 0 {
                    state.asleep -= 1;
                    return;
                }
            }
            state.called -= 1;
        }
    }

    fn deliver(&self, answer: oneshot::Sender<Outcome>, outcome: Outcome) {
        let is_first = {
            let mut done = lock(&self.done);
            done.push((answer, outcome));
            done.len() == 1
        };
        if is_first {
            self.has_done.notify_one();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn calls_that_wait_for_one_another_all_get_a_thread() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let barrier = Arc::new(Barrier::new(20));
        let outcomes = runtime.block_on(async {
            let pool = Pool::default();
            pool.start();
            let calls: Vec<_> = (0..20)
                .map(|_| {
                    let (pool, barrier) = (pool.clone(), barrier.clone());
                    tokio::spawn(async move {
                        pool.run(Box::new(move || {
                            barrier.wait();
                            Ok(Vec::new())
                        }))
                        .await
                    })
                })
                .collect();
            let mut outcomes = Vec::new();
            for call in calls {
                outcomes.push(call.await.unwrap());
            }
            outcomes
        });

        assert!(outcomes.iter().all(|outcome| matches!(outcome, Some(Ok(_)))));
    }
}
