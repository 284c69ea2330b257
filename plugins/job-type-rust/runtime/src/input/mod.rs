//! What the input of `perform` looks like: its JSON schema and its parameters.
//!
//! Nobody has to derive or declare it. The type is asked through its own `Deserialize` ([`walk`]), so that the description
//! says what serde accepts, with every attribute, and for types of other crates as well. What serde does not tell, such as
//! with `#[serde(untagged)]`, is described as anything.

mod explore;
mod names;
mod notes;
mod samples;
mod structure;
mod walk;

pub use explore::{describe, Input};
pub use notes::Note;
pub use walk::{walk, Walk};
