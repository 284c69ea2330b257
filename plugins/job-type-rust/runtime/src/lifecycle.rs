//! From "listening" over "initialising" to "ready" or "failed".

use std::sync::OnceLock;

use serde_json::Value;

use crate::input::Input;

/// What became of the initialisation.
#[derive(Default)]
pub struct Lifecycle {
    outcome: OnceLock<Result<Initialised, String>>,
}

/// What is known of a job once it is ready.
pub struct Initialised {
    /// The documented example of its input, an object.
    pub example: Value,
    pub input: Input,
}

impl Lifecycle {
    pub fn settle(&self, outcome: Result<Initialised, String>) {
        // Settled once, by the only thread that initialises.
        let _ = self.outcome.set(outcome);
    }

    /// `None` before the job is ready and when it never will be.
    pub fn ready(&self) -> Option<&Initialised> {
        self.outcome.get().and_then(|outcome| outcome.as_ref().ok())
    }

    /// Why the initialisation failed.
    pub fn error(&self) -> Option<&str> {
        self.outcome.get().and_then(|outcome| outcome.as_ref().err()).map(String::as_str)
    }
}
