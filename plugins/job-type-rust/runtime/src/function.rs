//! What `perform` can look like, told apart by the compiler.
//!
//! The generated `main` calls `(&&&probe(perform)).into_entrypoint()`. Of the four traits below the compiler
//! takes the first that fits, by the number of references ("autoref specialisation").

use std::any::{type_name, Any};
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::Serialize;

use crate::arguments::decode;
use crate::encoding::encode;
use crate::error::Error;
use crate::input::{walk, Walk};

/// The result of a call as JSON text, or why there is none.
pub type Outcome = Result<Vec<u8>, Failure>;

/// An error of a call as callers get to see it.
#[derive(Debug)]
pub struct Failure {
    pub status: u16,
    pub message: String,
    /// Class of the error; `None` where the job's code has not been reached.
    pub kind: Option<String>,
    /// Whether it is an error of the HTTP kind, which has `detail` as well.
    pub is_http: bool,
}

impl Failure {
    /// An error of the HTTP kind.
    pub fn http(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), kind: None, is_http: true }
    }

    /// An error with a class.
    pub fn of_kind(status: u16, kind: &str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), kind: Some(kind.to_owned()), is_http: false }
    }
}

type BlockingCall = Box<dyn Fn(&[u8]) -> Outcome + Send + Sync>;
type AsynchronousCall = Box<dyn Fn(Bytes) -> BoxedFuture + Send + Sync>;
type BoxedFuture = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// The job's function with its types taken away.
pub struct Entrypoint {
    pub function: Function,
    /// Into the type of its input.
    pub input: Walk,
}

impl Entrypoint {
    fn of<I: DeserializeOwned>(function: Function) -> Self {
        Self { function, input: walk::<I> }
    }
}

/// From body to answer.
pub enum Function {
    Blocking(BlockingCall),
    Asynchronous(AsynchronousCall),
}

/// A function whose form is to be found out.
#[derive(Clone, Copy)]
pub struct Probe<F>(pub F);

/// Takes a function as what it is: with all its types known, which a cast would leave open.
pub fn probe<I, T>(function: fn(I) -> T) -> Probe<fn(I) -> T> {
    Probe(function)
}

/// `async fn perform(input: I) -> Result<T, E>`
pub trait AsyncFallible {
    fn into_entrypoint(self) -> Entrypoint;
}

impl<I, Fut, T, E> AsyncFallible for &&&Probe<fn(I) -> Fut>
where
    I: DeserializeOwned + 'static,
    Fut: Future<Output = Result<T, E>> + Send + 'static,
    T: Serialize,
    E: Display + 'static,
{
    fn into_entrypoint(self) -> Entrypoint {
        let function = self.0;
        Entrypoint::of::<I>(asynchronous(move |input| {
            let pending = function(input);
            async move { pending.await.map_err(describe).and_then(|value| encode(&value)) }
        }))
    }
}

/// `async fn perform(input: I) -> T`
pub trait AsyncPlain {
    fn into_entrypoint(self) -> Entrypoint;
}

impl<I, Fut> AsyncPlain for &&Probe<fn(I) -> Fut>
where
    I: DeserializeOwned + 'static,
    Fut: Future + Send + 'static,
    Fut::Output: Serialize,
{
    fn into_entrypoint(self) -> Entrypoint {
        let function = self.0;
        Entrypoint::of::<I>(asynchronous(move |input| {
            let pending = function(input);
            async move { encode(&pending.await) }
        }))
    }
}

/// `fn perform(input: I) -> Result<T, E>`
pub trait Fallible {
    fn into_entrypoint(self) -> Entrypoint;
}

impl<I, T, E> Fallible for &Probe<fn(I) -> Result<T, E>>
where
    I: DeserializeOwned + 'static,
    T: Serialize + 'static,
    E: Display + 'static,
{
    fn into_entrypoint(self) -> Entrypoint {
        let function = self.0;
        Entrypoint::of::<I>(Function::Blocking(Box::new(move |body| {
            let value = function(decode(body)?).map_err(describe)?;
            encode(&value)
        })))
    }
}

/// `fn perform(input: I) -> T`
pub trait Plain {
    fn into_entrypoint(self) -> Entrypoint;
}

impl<I, T> Plain for Probe<fn(I) -> T>
where
    I: DeserializeOwned + 'static,
    T: Serialize + 'static,
{
    fn into_entrypoint(self) -> Entrypoint {
        let function = self.0;
        Entrypoint::of::<I>(Function::Blocking(Box::new(move |body| encode(&function(decode(body)?)))))
    }
}

/// What `init` may return.
pub trait InitOutcome {
    fn into_result(self) -> Result<(), String>;
}

impl InitOutcome for () {
    fn into_result(self) -> Result<(), String> {
        Ok(())
    }
}

impl<E: Display> InitOutcome for Result<(), E> {
    fn into_result(self) -> Result<(), String> {
        self.map_err(|error| error.to_string())
    }
}

fn asynchronous<I, F, Fut>(function: F) -> Function
where
    I: DeserializeOwned + 'static,
    F: Fn(I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    Function::Asynchronous(Box::new(move |body| match decode(&body) {
        Ok(input) => Box::pin(function(input)),
        Err(failure) => Box::pin(std::future::ready(Err(failure))),
    }))
}

/// Chooses status and class of an error that the job's code returned.
fn describe<E: Display + 'static>(error: E) -> Failure {
    let message = error.to_string();
    match find_own(&error) {
        Some(own) => Failure::of_kind(own.status_code(), "Error", message),
        None => Failure::of_kind(500, short_name(type_name::<E>()), message),
    }
}

fn find_own(error: &dyn Any) -> Option<&Error> {
    type Boxed = Box<dyn std::error::Error>;
    type BoxedSend = Box<dyn std::error::Error + Send + Sync>;
    if let Some(own) = error.downcast_ref::<Error>() {
        return Some(own);
    }
    if let Some(boxed) = error.downcast_ref::<BoxedSend>() {
        return boxed.downcast_ref::<Error>();
    }
    error.downcast_ref::<Boxed>().and_then(|boxed| boxed.downcast_ref::<Error>())
}

/// `ParseFloatError` of `core::num::dec2flt::ParseFloatError`.
fn short_name(full: &str) -> &str {
    let bare = full.split('<').next().unwrap_or(full);
    let last = bare.rsplit("::").next().unwrap_or(bare);
    if last == "Box" {
        "Error"
    } else {
        last.trim_start_matches('&')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(entrypoint: Entrypoint, body: &str) -> Outcome {
        match entrypoint.function {
            Function::Blocking(call) => call(body.as_bytes()),
            Function::Asynchronous(call) => {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(call(Bytes::copy_from_slice(body.as_bytes())))
            }
        }
    }

    #[derive(serde::Deserialize)]
    struct Pair {
        x: f64,
        y: f64,
    }

    fn plain(input: Pair) -> f64 {
        input.x + input.y
    }

    fn fallible(input: Pair) -> Result<f64, Error> {
        if input.y == 0.0 {
            return Err(Error::bad_request("y is zero"));
        }
        Ok(input.x / input.y)
    }

    async fn asynchronous_fallible(input: Pair) -> Result<f64, Box<dyn std::error::Error>> {
        Ok(fallible(input)?)
    }

    async fn asynchronous_plain(input: Pair) -> f64 {
        plain(input)
    }

    const BODY: &str = r#"{"x": 4, "y": 2}"#;
    const ZERO: &str = r#"{"x": 4, "y": 0}"#;

    #[test]
    fn every_form_is_recognised() {
        let plain = (&&&probe(plain)).into_entrypoint();
        let fallible = (&&&probe(fallible)).into_entrypoint();
        let both = (&&&probe(asynchronous_fallible)).into_entrypoint();
        let asynchronous = (&&&probe(asynchronous_plain)).into_entrypoint();

        assert_eq!(answer(plain, BODY).unwrap(), b"6.0");
        assert_eq!(answer(fallible, BODY).unwrap(), b"2.0");
        assert_eq!(answer(both, BODY).unwrap(), b"2.0");
        assert_eq!(answer(asynchronous, BODY).unwrap(), b"6.0");
    }

    #[test]
    fn an_own_error_keeps_its_status_inside_a_box() {
        let direct = (&&&probe(fallible)).into_entrypoint();
        let boxed = (&&&probe(asynchronous_fallible)).into_entrypoint();

        assert_eq!(answer(direct, ZERO).unwrap_err().status, 400);
        assert_eq!(answer(boxed, ZERO).unwrap_err().status, 400);
    }

    #[test]
    fn the_class_of_an_error_is_its_last_name() {
        assert_eq!(short_name("core::num::dec2flt::ParseFloatError"), "ParseFloatError");
        assert_eq!(short_name("alloc::boxed::Box<dyn core::error::Error>"), "Error");
        assert_eq!(short_name("&str"), "str");
    }
}
