//! Adds up numbers.

use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// What a call may say.
#[derive(Deserialize)]
pub struct Input {
    numbers: Numbers,
    /// Whether to leave out decimals.
    #[serde(default)]
    rounded: bool,
}

/// At least one number. What an input's type refuses is the caller's fault (status 400), an error of `perform` the job's
/// (500).
#[derive(Deserialize)]
#[serde(try_from = "Vec<f64>")]
pub struct Numbers(Vec<f64>);

impl TryFrom<Vec<f64>> for Numbers {
    type Error = &'static str;

    fn try_from(numbers: Vec<f64>) -> Result<Self, Self::Error> {
        if numbers.is_empty() {
            return Err("there are no numbers to add up");
        }
        Ok(Self(numbers))
    }
}

/// What it is answered.
#[derive(Debug, PartialEq, Serialize)]
pub struct Output {
    total: f64,
    unit: &'static str,
}

/// Adds up numbers.
pub fn perform(input: Input) -> Result<Output, String> {
    let total: f64 = input.numbers.0.iter().sum();
    Ok(Output {
        total: if input.rounded { total.round() } else { total },
        unit: "EUR",
    })
}

/// Shown on the job's page, and called by `racetrack dev --once`.
pub fn docs_input_example() -> Value {
    json!({ "numbers": [40, 2] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_its_example() {
        let input = serde_json::from_value(docs_input_example()).unwrap();

        assert_eq!(
            perform(input),
            Ok(Output {
                total: 42.0,
                unit: "EUR"
            })
        );
    }

    #[test]
    fn refuses_nothing() {
        assert!(Numbers::try_from(vec![]).is_err());
    }
}
