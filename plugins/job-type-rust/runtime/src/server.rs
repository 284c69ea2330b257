//! The server: listens first, initialises the job's code afterwards, answers, and ends in order.

use std::convert::Infallible;
use std::future::{poll_fn, Future};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request as HttpRequest, StatusCode};
use hyper_util::rt::TokioIo;
use log::Level;
use serde_json::{json, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Builder;
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::answers::{self, Answer};
use crate::calls::Calls;
use crate::client;
use crate::context::Request;
use crate::documents::{describe_job, DocsPage};
use crate::function::{Entrypoint, Failure, Outcome};
use crate::input::{self, Note, Walk};
use crate::lifecycle::{Initialised, Lifecycle};
use crate::listening::{Connection, Listener};
use crate::log_lines;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::panics;
use crate::routes::{self, Address};
use crate::settings::Settings;

/// After a failed `accept`, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const PERFORM: &str = "/api/v1/perform";
/// How long, and how much of, a body is still taken that nobody reads.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// The job's code as the generated `main` hands it over.
pub struct JobParts {
    pub entrypoint: Entrypoint,
    /// Runs once the job listens.
    pub init: fn() -> Result<(), String>,
    /// The documented example of the input; `null` when there is none.
    pub example: fn() -> Value,
    /// The documentation of `perform`, Markdown.
    pub documentation: &'static str,
    /// The author's comments on types.
    pub notes: &'static [Note],
}

/// What is done once the job listens.
struct Preparation {
    init: fn() -> Result<(), String>,
    example: fn() -> Value,
    input: Walk,
    notes: &'static [Note],
}

impl Preparation {
    fn prepare(&self) -> Result<Initialised, Failure> {
        (self.init)().map_err(|message| Failure::of_kind(500, "Error", message))?;
        let example = (self.example)();
        let example = if example.is_object() { example } else { json!({}) };
        let input = input::describe(self.input, &example, self.notes);
        Ok(Initialised { example, input })
    }
}

/// Everything that answers are made from.
struct Server {
    settings: Settings,
    home_page: String,
    documentation: &'static str,
    docs: DocsPage,
    lifecycle: Lifecycle,
    metrics: Metrics,
    calls: Calls,
}

/// Serves a job until a signal ends it.
pub fn serve(job: JobParts) -> ! {
    log_lines::start();
    panics::log_panics();
    let outcome = Options::parse(std::env::args().skip(1)).and_then(|options| {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot start: {error}"))?;
        client::use_runtime(runtime.handle().clone());
        let outcome = runtime.block_on(run(job, &options));
        // Code that cannot be stopped is not waited for.
        runtime.shutdown_background();
        outcome.map_err(|error| format!("cannot listen on {:?}: {error}", options.address))
    });
    if let Err(message) = &outcome {
        log_lines::write(Level::Error, message);
    }
    log_lines::flush();
    // At once: threads of the job's own must not keep the process, and destructors have nothing left to do.
    std::process::exit(i32::from(outcome.is_err()));
}

async fn run(job: JobParts, options: &Options) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    let listener = Listener::open(&options.address).await?;
    let settings = Settings::from_env();
    let grace = settings.shutdown_grace;
    let server = Arc::new(Server {
        docs: DocsPage::read(&settings, &options.swagger_dir),
        settings,
        home_page: options.home_page.clone(),
        documentation: job.documentation,
        lifecycle: Lifecycle::default(),
        metrics: Metrics::default(),
        calls: Calls::new(job.entrypoint.function, options)?,
    });
    let initialising = server.clone();
    let preparation =
        Preparation { init: job.init, example: job.example, input: job.entrypoint.input, notes: job.notes };
    spawn_blocking(move || initialising.initialise(&preparation));

    let (stop, stopped) = watch::channel(());
    let accepting = tokio::spawn(accept_all(server, listener, stopped));
    signals.next().await;
    log_lines::write(Level::Info, "stopping: calls in progress may end");
    accepting.abort();
    let _ = stop.send(());
    let drained = async {
        let _ = tokio::time::timeout(grace, stop.closed()).await;
    };
    either(drained, signals.next()).await;
    Ok(())
}

/// SIGTERM and SIGINT.
struct Signals {
    terminations: Signal,
    interruptions: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminations: signal(SignalKind::terminate())?,
            interruptions: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        either(self.terminations.recv(), self.interruptions.recv()).await;
    }
}

/// Waits for one of two.
async fn either<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| {
        let is_ready = first.as_mut().poll(context).is_ready() || second.as_mut().poll(context).is_ready();
        if is_ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

async fn accept_all(server: Arc<Server>, listener: Listener, stopped: watch::Receiver<()>) {
    loop {
        match listener.accept().await {
            Ok(Connection::Unix(stream)) => {
                tokio::spawn(serve_connection(server.clone(), stream, stopped.clone()));
            }
            Ok(Connection::Tcp(stream)) => {
                tokio::spawn(serve_connection(server.clone(), stream, stopped.clone()));
            }
            Err(error) => {
                log_lines::write(Level::Warn, &format!("cannot accept a connection: {error}"));
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection to its end; `stopped` is held as long, so that the end of all can be awaited.
async fn serve_connection<S>(server: Arc<Server>, stream: S, stopped: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(move |request| {
        let server = server.clone();
        async move { Ok::<_, Infallible>(server.answer(request).await) }
    });
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let mut watching = stopped.clone();
    let mut stopping = pin!(watching.changed());
    let mut is_stopping = false;
    // How a connection ends is the client's affair.
    let _ = poll_fn(|context| {
        if !is_stopping && stopping.as_mut().poll(context).is_ready() {
            is_stopping = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    })
    .await;
    drop(stopped);
}

impl Server {
    fn initialise(&self, preparation: &Preparation) {
        let outcome = panics::contain(|| preparation.prepare());
        match &outcome {
            Ok(_) => log_lines::write(Level::Info, "the job is ready"),
            Err(failure) => {
                let message = format!("the job failed to initialise: {}", failure.message);
                log_lines::write(Level::Error, &message);
            }
        }
        self.lifecycle.settle(outcome.map_err(|failure| failure.message));
    }

    async fn answer(&self, request: HttpRequest<Incoming>) -> Answer {
        let (head, mut body) = request.into_parts();
        let request = Request::new(head.headers, &self.settings);
        let whole = head.uri.path();
        let address = routes::split(whole);
        let is_get = head.method == Method::GET || head.method == Method::HEAD;
        let is_call = address.path == PERFORM && self.lifecycle.ready().is_some();
        let answer = if is_call && head.method == Method::POST {
            self.call(&mut body, &request).await
        } else if is_call {
            answers::method_not_allowed("POST", request.tracing_id())
        } else {
            match self.find(&address, head.uri.query()) {
                Some(answer) if is_get => answer,
                Some(_) => answers::method_not_allowed("GET, HEAD", request.tracing_id()),
                None => answers::failure(&self.explain_missing(address.path), request.tracing_id()),
            }
        };
        linger(body);
        let is_probe = matches!(address.path, "/live" | "/ready" | "/health" | "/metrics" | "/metrics/");
        let status = answer.status();
        if !(is_probe && status.is_success()) {
            let line = format!("{} {} {}", head.method, whole, status.as_u16());
            log_lines::write_access(&line, request.origin());
        }
        answer
    }

    /// What a GET of an address answers; `None` when there is nothing.
    fn find(&self, address: &Address<'_>, query: Option<&str>) -> Option<Answer> {
        let initialised = self.lifecycle.ready();
        let is_ready = initialised.is_some();
        Some(match address.path {
            "" => {
                let last = address.prefix.rsplit('/').next().unwrap_or_default();
                let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                answers::redirect(&format!("./{last}/{query}"))
            }
            "/" => answers::redirect(&format!(".{}", self.home_page)),
            "/live" => self.live(),
            "/ready" => {
                let ready = json!({ "ready": is_ready });
                answers::json(
                    if is_ready { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR },
                    &ready,
                )
            }
            "/health" => self.health(),
            "/metrics" | "/metrics/" => answers::content(answers::METRICS, self.metrics.render()),
            "/docs" => self.docs.page(),
            "/openapi.json" => self.describe(address.prefix),
            "/api/v1/parameters" if is_ready => {
                let parameters = initialised.map(|known| known.input.parameters.as_slice());
                answers::json(StatusCode::OK, &json!(parameters.unwrap_or_default()))
            }
            path => return self.docs.asset(path.strip_prefix("/docs/")?),
        })
    }

    fn live(&self) -> Answer {
        let timestamp = self.settings.deployment_timestamp;
        match self.lifecycle.error() {
            None => {
                let live = json!({ "live": true, "deployment_timestamp": timestamp });
                answers::json(StatusCode::OK, &live)
            }
            Some(error) => {
                let live = json!({ "live": false, "error": error, "deployment_timestamp": timestamp });
                answers::json(StatusCode::INTERNAL_SERVER_ERROR, &live)
            }
        }
    }

    fn health(&self) -> Answer {
        let settings = &self.settings;
        let is_ready = self.lifecycle.ready().is_some();
        let error = self.lifecycle.error();
        let health = json!({
            "service": "job",
            "job_name": settings.job_name,
            "live": error.is_none(),
            "ready": is_ready,
            "status": if is_ready { "pass" } else { "fail" },
            "error": error,
            "job_version": settings.job_version,
            "git_version": settings.git_version,
            "deployed_by_racetrack_version": settings.platform_version,
            "deployment_timestamp": settings.deployment_timestamp,
            "job_type_version": settings.job_type_version,
        });
        answers::json(if is_ready { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR }, &health)
    }

    fn describe(&self, prefix: &str) -> Answer {
        let own = self.settings.own_prefix();
        let base = if prefix.is_empty() { &own } else { prefix };
        let document = describe_job(&self.settings, self.documentation, self.lifecycle.ready(), base);
        answers::json(StatusCode::OK, &document)
    }

    fn explain_missing(&self, path: &str) -> Failure {
        let reason = match self.lifecycle.error() {
            Some(error) => format!("the job failed to initialise: {error}"),
            None if self.lifecycle.ready().is_none() => "the job is still initialising".to_owned(),
            None => format!("the job has nothing at {path}"),
        };
        Failure::http(404, format!("Not Found: {reason}"))
    }

    async fn call(&self, body: &mut Incoming, request: &Request) -> Answer {
        let started = Instant::now();
        self.metrics.call_started();
        let done = CallDone { metrics: &self.metrics, started };
        let answer = match self.perform(body, request).await {
            Ok(text) => answers::content(answers::JSON, text),
            Err(failure) => {
                self.metrics.call_failed();
                log_failure(&failure, request);
                answers::failure(&failure, request.tracing_id())
            }
        };
        drop(done);
        answer
    }

    async fn perform(&self, body: &mut Incoming, request: &Request) -> Outcome {
        check_content_type(request)?;
        let arrival = self.calls.arrive()?;
        let body = self.read_body(body).await?;
        self.calls.perform(arrival, body, request.clone()).await
    }

    async fn read_body(&self, body: &mut Incoming) -> Result<Bytes, Failure> {
        let limit = self.settings.max_body_bytes;
        let too_long = || Failure::http(413, format!("the body is longer than {limit} bytes"));
        if body.size_hint().lower() > limit {
            return Err(too_long());
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        match Limited::new(body, limit).collect().await {
            Ok(collected) => Ok(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(too_long()),
            Err(error) => Err(Failure::http(400, format!("the body could not be read: {error}"))),
        }
    }
}

/// Counts a call as done, also when its caller has left.
struct CallDone<'a> {
    metrics: &'a Metrics,
    started: Instant,
}

impl Drop for CallDone<'_> {
    fn drop(&mut self) {
        self.metrics.call_done(self.started.elapsed());
    }
}

/// Takes for a short time what is on its way of a body that was not read to its end: with the connection closed at once, a
/// client that is still sending would not see its answer.
fn linger(body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(LINGER, async move {
        let mut rest = Limited::new(body, LINGER_BYTES);
        while let Some(Ok(_)) = rest.frame().await {}
    }));
}

fn check_content_type(request: &Request) -> Result<(), Failure> {
    let Some(value) = request.header("content-type") else { return Ok(()) };
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = media_type.is_empty()
        || media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if is_json {
        return Ok(());
    }
    Err(Failure::http(422, format!("the body must be application/json, not {media_type}")))
}

/// Errors of the job's code go to the log; those of the HTTP kind are told by their request's line.
fn log_failure(failure: &Failure, request: &Request) {
    let Some(kind) = &failure.kind else { return };
    let level = if failure.status >= 500 { Level::Error } else { Level::Warn };
    let message = format!("perform failed: {}, cause={kind}", failure.message);
    log_lines::write_about(level, &message, request.origin());
}
