use serde::Serialize;

use crate::finite::Finite;
use crate::function::{Failure, Outcome};

/// The result of the job's function as compact JSON.
pub fn encode<T: Serialize>(value: &T) -> Outcome {
    serde_json::to_vec(&Finite(value)).map_err(|error| {
        Failure::of_kind(500, "EncodingError", format!("the result cannot be written as JSON: {error}"))
    })
}
