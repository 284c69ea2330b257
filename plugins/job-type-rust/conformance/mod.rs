//! The job that the conformance suite of all wrappers drives: `mode` says what a call does.

use std::thread;
use std::time::{Duration, Instant};

use racetrack_job::{call_job, request, Error};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

#[derive(Deserialize)]
pub struct Input {
    mode: String,
    numbers: Option<Vec<f64>>,
    value: Option<Value>,
    seconds: Option<f64>,
    message: Option<String>,
    lines: Option<usize>,
    name: Option<String>,
    payload: Option<Value>,
}

/// JSON, or what JSON cannot say.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Output {
    Json(Value),
    Number(f64),
}

pub fn init() -> Result<(), Error> {
    match std::env::var("CONFORMANCE_INIT").as_deref() {
        Ok("slow") => thread::sleep(Duration::from_secs(2)),
        Ok("fail") => return Err(Error::internal("the model is missing")),
        _ => {}
    }
    Ok(())
}

pub fn docs_input_example() -> Value {
    json!({ "mode": "add", "numbers": [40, 2] })
}

/// Does what `mode` says.
pub fn perform(input: Input) -> Result<Output, Error> {
    let seconds = Duration::from_secs_f64(input.seconds.unwrap_or_default());
    let message = input.message.unwrap_or_default();
    let answer = match input.mode.as_str() {
        "add" => add(&input.numbers.unwrap_or_default()),
        "echo" => input.value.unwrap_or_default(),
        "sleep" => {
            thread::sleep(seconds);
            json!("done")
        }
        "spin" => {
            let end = Instant::now() + seconds;
            while Instant::now() < end {
                std::hint::spin_loop();
            }
            json!("done")
        }
        "headers" => json!(request().map(|request| request.headers())),
        "fail" => return Err(Error::internal(message)),
        "refuse" => return Err(Error::bad_request(message)),
        "panic" => panic!("{message}"),
        "exit" => std::process::exit(0),
        "unencodable" => return Ok(Output::Number(f64::NAN)),
        "log" => {
            log::info!("{message}");
            json!("logged")
        }
        "flood" => {
            for line in 0..input.lines.unwrap_or_default() {
                println!("line {line}");
            }
            json!("flooded")
        }
        "call" => call_job(&input.name.unwrap_or_default(), &input.payload.unwrap_or_default())?,
        other => return Err(Error::bad_request(format!("there is no mode {other}"))),
    };
    Ok(Output::Json(answer))
}

/// Whole numbers where they are.
fn add(numbers: &[f64]) -> Value {
    let sum: f64 = numbers.iter().sum();
    if sum.fract() == 0.0 {
        json!(sum as i64)
    } else {
        json!(sum)
    }
}
