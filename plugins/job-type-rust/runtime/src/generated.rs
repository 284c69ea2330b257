//! For the generated `main` of a job alone; may change without notice.

use serde::Serialize;
pub use serde_json::Value;

pub use crate::function::{probe, AsyncFallible, AsyncPlain, Fallible, InitOutcome, Plain};
pub use crate::input::Note;
pub use crate::server::{serve, JobParts};

/// The documented example of a job, whatever type its author gave it.
pub fn to_value(example: impl Serialize) -> Value {
    serde_json::to_value(example).unwrap_or_default()
}
