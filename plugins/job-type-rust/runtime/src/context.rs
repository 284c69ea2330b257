//! The request that the job's code is answering, for that code and for its log lines.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::header::{HeaderMap, HeaderValue, COOKIE};

use crate::log_lines::Origin;
use crate::settings::Settings;

/// The caller's credentials are nobody's but the platform's: all names of the headers and cookies with them.
const CREDENTIALS: [&str; 4] =
    ["x-racetrack-auth", "x-racetrack-esc-auth", "x-racetrack-user-auth", "x-racetrack-job-auth"];

thread_local! {
    static CURRENT: RefCell<Option<Request>> = const { RefCell::new(None) };
}

/// The request that `perform` is answering.
#[derive(Debug, Clone)]
pub struct Request {
    facts: Arc<Facts>,
}

#[derive(Debug)]
struct Facts {
    headers: HeaderMap,
    tracing_id: Option<String>,
    caller: Option<String>,
}

/// The request that this thread, or this asynchronous call, is answering; `None` elsewhere, as in a thread of the job's
/// own.
pub fn request() -> Option<Request> {
    current()
}

pub fn current() -> Option<Request> {
    CURRENT.with(|current| current.borrow().clone())
}

impl Request {
    /// Takes the headers over, without the caller's credentials.
    pub(crate) fn new(mut headers: HeaderMap, settings: &Settings) -> Self {
        for name in CREDENTIALS {
            headers.remove(name);
        }
        strip_cookies(&mut headers);
        let find = |name: &str| headers.get(name).map(to_text).filter(|text| !text.is_empty());
        let tracing_id = find(&settings.tracing_header);
        let caller = find(&settings.caller_header);
        Self { facts: Arc::new(Facts { headers, tracing_id, caller }) }
    }

    /// A header by its name in any case.
    pub fn header(&self, name: &str) -> Option<String> {
        self.facts.headers.get(name).map(to_text)
    }

    /// All headers, names in lower case. The caller's credentials are not among them.
    pub fn headers(&self) -> BTreeMap<String, String> {
        let headers = self.facts.headers.iter();
        headers.map(|(name, value)| (name.as_str().to_owned(), to_text(value))).collect()
    }

    /// With which everything that one request has caused can be found in the logs.
    pub fn tracing_id(&self) -> Option<&str> {
        self.facts.tracing_id.as_deref()
    }

    /// Name of the user, job or service that calls, as the platform knows it.
    pub fn caller(&self) -> Option<&str> {
        self.facts.caller.as_deref()
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin { tracing_id: self.tracing_id(), caller: self.caller() }
    }

    /// Runs a function for which this is the current request.
    pub(crate) fn enter<T>(&self, run: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self.clone());
        run()
    }
}

/// Puts the former request back, however the code in between ended.
struct Entered {
    former: Option<Request>,
}

impl Entered {
    fn new(request: Request) -> Self {
        Self { former: CURRENT.with(|current| current.borrow_mut().replace(request)) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.with(|current| *current.borrow_mut() = self.former.take());
    }
}

/// A future for whose steps a request is the current one.
pub struct InRequest<F> {
    pub request: Request,
    pub future: Pin<Box<F>>,
}

impl<F: Future> Future for InRequest<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let future = this.future.as_mut();
        this.request.enter(|| future.poll(context))
    }
}

fn to_text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn strip_cookies(headers: &mut HeaderMap) {
    if !headers.contains_key(COOKIE) {
        return;
    }
    let kept: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|value| to_text(value).split(';').map(|pair| pair.trim().to_owned()).collect::<Vec<_>>())
        .filter(|pair| !is_credentials(pair))
        .collect();
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::from_str(&kept.join("; ")) {
        if !kept.is_empty() {
            headers.insert(COOKIE, value);
        }
    }
}

fn is_credentials(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or(pair).trim();
    pair.is_empty() || CREDENTIALS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_taken_out_wherever_they_stand() {
        let mut headers = HeaderMap::new();
        for name in CREDENTIALS {
            headers.insert(name, HeaderValue::from_static("secret"));
        }
        let cookies = "a=1; X-Racetrack-Auth=secret; x-racetrack-user-auth =secret; b=2";
        headers.insert("Cookie", HeaderValue::from_static(cookies));

        let request = Request::new(headers, &Settings::from_env());

        assert_eq!(request.headers(), BTreeMap::from([("cookie".to_owned(), "a=1; b=2".to_owned())]));
    }

    #[test]
    fn a_request_is_current_only_inside() {
        let request = Request::new(HeaderMap::new(), &Settings::from_env());

        assert!(request.enter(|| current().is_some()));
        assert!(current().is_none());
    }
}
