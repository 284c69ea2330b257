//! Runs the job's function: apart from the threads that answer requests, within its limits, and to its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{AbortHandle, JoinError};

use crate::context::{InRequest, Request};
use crate::function::{Failure, Function, Outcome};
use crate::limits::{Counted, Limits, Place};
use crate::options::Options;
use crate::panics;
use crate::pool::Pool;

pub struct Calls {
    function: Arc<Function>,
    limits: Limits,
    timeout: Option<Duration>,
    /// Runs asynchronous code of the job; a blocking function needs none.
    runtime: Option<Runtime>,
    /// Runs blocking code of the job.
    pool: Pool,
}

impl Calls {
    /// To be called on the runtime of the server.
    pub fn new(function: Function, options: &Options) -> std::io::Result<Self> {
        let runtime = match function {
            Function::Blocking(_) => None,
            Function::Asynchronous(_) => {
                Some(Builder::new_multi_thread().thread_name("job").enable_all().build()?)
            }
        };
        let pool = Pool::default();
        pool.start();
        Ok(Self {
            pool,
            function: Arc::new(function),
            limits: Limits::new(options),
            timeout: options.call_timeout,
            runtime,
        })
    }

    /// Counts a call whose body is about to be read.
    pub fn arrive(&self) -> Result<Counted, Failure> {
        self.limits.arrive()
    }

    /// Calls the function. Dropped, it leaves its place in the queue and cancels asynchronous code.
    pub async fn perform(&self, arrival: Counted, body: Bytes, request: Request) -> Outcome {
        let has_begun = AtomicBool::new(false);
        let run = self.run(arrival, body, request, &has_begun);
        let Some(limit) = self.timeout else { return run.await };
        let ended = tokio::time::timeout(limit, run).await;
        match ended {
            Ok(outcome) => outcome,
            Err(_) => Err(explain_lateness(limit.as_secs_f64(), has_begun.into_inner())),
        }
    }

    async fn run(&self, arrival: Counted, body: Bytes, request: Request, has_begun: &AtomicBool) -> Outcome {
        let place = self.limits.enter(arrival).await?;
        has_begun.store(true, Ordering::Relaxed);
        let function = self.function.clone();
        let Some(runtime) = &self.runtime else {
            let work = move || run_blocking(&function, &body, &request, place);
            let outcome = self.pool.run(Box::new(work)).await;
            return outcome.unwrap_or_else(|| Err(Failure::http(500, "the call was cancelled")));
        };
        let future = Box::pin(run_asynchronous(function, body, place));
        let task = runtime.spawn(InRequest { request, future });
        let _cancelled = AbortOnDrop(task.abort_handle());
        task.await.unwrap_or_else(|error| Err(present(error)))
    }
}

fn explain_lateness(seconds: f64, has_begun: bool) -> Failure {
    let message = if has_begun {
        format!("the call took longer than call_timeout: {seconds} s")
    } else {
        format!(
            "the call has waited for its turn for longer than call_timeout: {seconds} s; other calls keep the job \
             busy. Try again later, or raise jobtype_extra.max_concurrency"
        )
    };
    Failure::http(504, message)
}

/// Code that cannot be stopped keeps its place until it ends.
fn run_blocking(function: &Function, body: &[u8], request: &Request, _place: Place) -> Outcome {
    let Function::Blocking(call) = function else { unreachable!("chosen by its form") };
    request.enter(|| panics::contain(|| call(body)))
}

async fn run_asynchronous(function: Arc<Function>, body: Bytes, _place: Place) -> Outcome {
    let Function::Asynchronous(call) = &*function else { unreachable!("chosen by its form") };
    call(body).await
}

fn present(error: JoinError) -> Failure {
    match error.try_into_panic() {
        Ok(payload) => panics::present(payload),
        Err(_) => Failure::http(500, "the call was cancelled"),
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
