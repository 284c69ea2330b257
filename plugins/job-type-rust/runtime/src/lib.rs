//! Serves a function over HTTP as a Racetrack job, and helps the function to be a good job: errors that are the
//! caller's fault ([`Error`]), the request that is being answered ([`request`]), calls to other jobs ([`call_job`]).
//!
//! What a wrapper owes its callers is fixed in `docs/reference/wrapper-contract.md`.

mod address;
mod answers;
mod arguments;
mod calls;
mod client;
mod context;
mod documents;
mod encoding;
mod error;
mod finite;
mod function;
#[doc(hidden)]
pub mod generated;
mod input;
mod lifecycle;
mod limits;
mod listening;
mod log_lines;
mod metrics;
mod options;
mod panics;
mod pool;
mod routes;
mod server;
mod settings;

pub use client::{call_job, call_job_async, call_job_endpoint, call_job_endpoint_async};
pub use context::{request, Request};
pub use error::Error;
