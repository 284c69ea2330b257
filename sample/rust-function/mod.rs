//! The smallest form of a Rust job: one file and no Cargo.toml.

use std::collections::HashMap;

use serde_json::{json, Value};

/// Adds the whole numbers of the list `numbers`.
pub fn perform(input: HashMap<String, Value>) -> Value {
    let numbers = input["numbers"].as_array().expect("numbers must be a list");
    let sum: i64 = numbers.iter().map(|number| number.as_i64().expect("numbers must be whole")).sum();
    log::info!("added {} numbers", numbers.len());
    json!(sum)
}

/// Shown on the page with the documentation.
pub fn docs_input_example() -> Value {
    json!({ "numbers": [40, 2] })
}
