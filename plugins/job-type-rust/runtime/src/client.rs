//! Calls to other jobs of the platform.

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request as HttpRequest, Uri};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};

use crate::address;
use crate::context;
use crate::error::Error;
use crate::settings::{find, Settings};

static RUNTIME: OnceLock<Handle> = OnceLock::new();

/// The runtime whose sockets calls from threads are made with.
pub fn use_runtime(handle: Handle) {
    let _ = RUNTIME.set(handle);
}

/// Calls `perform` of another job's latest version and waits for the answer; for blocking code.
///
/// The call is made with the job's own token, and carries the tracing id and the caller of the current request. `payload`
/// is what becomes an object of arguments. An answer that is no success is an [`Error`] with status 500.
pub fn call_job(name: &str, payload: &impl Serialize) -> Result<Value, Error> {
    call_job_endpoint(name, "latest", "/api/v1/perform", payload)
}

/// Calls an endpoint of another job in a version such as `1.2.x`; as [`call_job`] otherwise.
pub fn call_job_endpoint(
    name: &str,
    version: &str,
    endpoint: &str,
    payload: &impl Serialize,
) -> Result<Value, Error> {
    send_and_wait(Call::prepare(name, version, endpoint, serde_json::to_vec(payload))?)
}

/// As [`call_job`], for asynchronous code.
pub async fn call_job_async(name: &str, payload: &impl Serialize) -> Result<Value, Error> {
    call_job_endpoint_async(name, "latest", "/api/v1/perform", payload).await
}

/// As [`call_job_endpoint`], for asynchronous code.
pub async fn call_job_endpoint_async(
    name: &str,
    version: &str,
    endpoint: &str,
    payload: &impl Serialize,
) -> Result<Value, Error> {
    send_boxed(Call::prepare(name, version, endpoint, serde_json::to_vec(payload))?).await
}

type Sent = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// Not generic, as the next one: the client is compiled once, not with every job.
fn send_boxed(call: Call) -> Sent {
    Box::pin(call.send())
}

#[inline(never)]
fn send_and_wait(call: Call) -> Result<Value, Error> {
    block_on(send_boxed(call))
}

fn block_on(future: Sent) -> Result<Value, Error> {
    if let Some(handle) = RUNTIME.get() {
        return handle.block_on(future);
    }
    // Not served by us, as in a test of the job's own.
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime needs no more than file descriptors").block_on(future)
}

/// One call, ready to be sent.
struct Call {
    /// For messages.
    job: String,
    /// `HOST:PORT`.
    server: String,
    request: HttpRequest<Full<Bytes>>,
}

impl Call {
    fn prepare(
        name: &str,
        version: &str,
        endpoint: &str,
        body: serde_json::Result<Vec<u8>>,
    ) -> Result<Self, Error> {
        let job = format!("{name} {version}");
        let fail = |message: String| Error::internal(format!("calling job {job}: {message}"));
        let base = find("PUB_URL").ok_or_else(|| fail("PUB_URL is not set".to_owned()))?;
        let target = address::compose(name, version, endpoint).map_err(fail)?;
        let address = format!("{}/job/{target}", base.trim_end_matches('/'));
        let uri: Uri = address.parse().map_err(|_| fail(format!("{address} is no address")))?;
        if uri.scheme_str() != Some("http") {
            return Err(fail(format!("PUB_URL must begin with http://, and is {base}")));
        }
        let authority = uri.authority().ok_or_else(|| fail("PUB_URL names no server".to_owned()))?;
        let server = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let body = body.map_err(|error| fail(error.to_string()))?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let mut request = HttpRequest::post(target)
            .header(HOST, authority.as_str())
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in list_headers() {
            request = request.header(name, value);
        }
        let request = request.body(Full::from(body)).map_err(|error| fail(error.to_string()))?;
        Ok(Self { job, server, request })
    }

    async fn send(self) -> Result<Value, Error> {
        let job = self.job.clone();
        let fail = |message: String| Error::internal(format!("calling job {job}: {message}"));
        let (status, body) = self.exchange().await.map_err(fail)?;
        let value: Option<Value> = serde_json::from_slice(&body).ok();
        match value {
            Some(value) if (200..300).contains(&status) => Ok(value),
            None if (200..300).contains(&status) => Err(fail("the answer is not JSON".to_owned())),
            value => {
                let text = value.as_ref().and_then(|value| value.get("error")).and_then(Value::as_str);
                Err(fail(format!("it answered {status}: {}", text.unwrap_or("without a reason"))))
            }
        }
    }

    async fn exchange(self) -> Result<(u16, Bytes), String> {
        let Self { server, request, .. } = self;
        let explain = |error: &dyn std::error::Error| format!("{server}: {error}");
        let stream = TcpStream::connect(&server).await.map_err(|error| explain(&error))?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| explain(&error))?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| explain(&error))?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| explain(&error))?;
        Ok((status, body.to_bytes()))
    }
}

/// The token of this job, and what the current request says of its origin.
fn list_headers() -> Vec<(String, String)> {
    let mut headers = Vec::new();
    if let Some(token) = find("AUTH_TOKEN") {
        headers.push(("x-racetrack-auth".to_owned(), token));
    }
    if let Some(request) = context::current() {
        let settings = Settings::from_env();
        let tracing_id = request.tracing_id().map(str::to_owned);
        let caller = request.caller().map(str::to_owned);
        headers.extend(tracing_id.map(|id| (settings.tracing_header, id)));
        headers.extend(caller.map(|name| (settings.caller_header, name)));
    }
    headers
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn the_token_goes_nowhere_that_another_job_redirects_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::env::set_var("PUB_URL", format!("http://{address}/pub"));
        let server = thread::spawn(move || {
            let mut requests = 0;
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4096]).unwrap();
                requests += 1;
                let head = "HTTP/1.1 307 x\r\nContent-Length: 0\r\nConnection: close";
                write!(stream, "{head}\r\nLocation: http://{address}/stolen\r\n\r\n").unwrap();
            }
            listener.set_nonblocking(true).unwrap();
            requests + usize::from(listener.accept().is_ok())
        });

        let blocking = call_job("adder", &());
        let asynchronous = block_on(Box::pin(async { call_job_async("adder", &()).await }));

        for answer in [blocking, asynchronous] {
            assert!(answer.unwrap_err().message().contains("it answered 307"));
        }
        assert_eq!(server.join().unwrap(), 2);
    }
}
