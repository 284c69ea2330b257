//! Answers, ready to be sent.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderValue, ALLOW, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use hyper::{Response, StatusCode};
use serde_json::{json, Value};

use crate::function::Failure;

pub type Answer = Response<Full<Bytes>>;

pub const JSON: &str = "application/json";
pub const HTML: &str = "text/html; charset=utf-8";
/// The Prometheus text format.
pub const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub fn content(media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

pub fn json(status: StatusCode, value: &Value) -> Answer {
    let mut answer = content(JSON, value.to_string());
    *answer.status_mut() = status;
    answer
}

/// A file that does not change as long as the job runs.
pub fn file(media_type: &'static str, body: Bytes) -> Answer {
    let mut answer = content(media_type, body);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    answer
}

/// 307 to a relative reference, so that the prefix and the version alias of the caller's address stay.
pub fn redirect(location: &str) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(value) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, value);
    }
    answer
}

/// 405, with the methods that are allowed.
pub fn method_not_allowed(allowed: &'static str, request_id: Option<&str>) -> Answer {
    let mut answer = failure(&Failure::http(405, "Method Not Allowed"), request_id);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// The one shape of all errors.
pub fn failure(failure: &Failure, request_id: Option<&str>) -> Answer {
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = json!({ "error": failure.message });
    if failure.is_http {
        body["detail"] = status.canonical_reason().unwrap_or(&failure.message).into();
    }
    if let Some(kind) = &failure.kind {
        body["type"] = kind.as_str().into();
    }
    if let Some(id) = request_id {
        body["request_id"] = id.into();
    }
    json(status, &body)
}
