//! A Rust job that is a crate of its own: typed input and output, own dependencies, errors with a status, and a call to
//! another job.

use std::time::Duration;

use racetrack_job::{call_job, Error};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
pub struct Tour {
    stops: Vec<Stop>,
    /// Minutes of rest at every stop.
    #[serde(default)]
    rest: u32,
    /// Whether the job `rust-function` adds the minutes up.
    #[serde(default)]
    asks_other_job: bool,
}

#[derive(Debug, Deserialize, Serialize)]
pub struct Stop {
    name: String,
    /// Minutes to get there.
    minutes: u32,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct Estimate {
    minutes: u32,
    readable: String,
    last: String,
}

/// What `rust-function` takes.
#[derive(Serialize)]
struct Numbers<'a> {
    numbers: &'a [u32],
}

/// Estimates how long a tour takes.
///
/// A tour without stops is refused.
pub fn perform(tour: Tour) -> Result<Estimate, Error> {
    let last = tour.stops.last().ok_or_else(|| Error::bad_request("a tour needs at least one stop"))?;
    let legs: Vec<u32> = tour.stops.iter().map(|stop| stop.minutes).collect();
    let travel = if tour.asks_other_job { add_elsewhere(&legs)? } else { legs.iter().sum() };
    let minutes = travel + tour.rest * tour.stops.len() as u32;
    Ok(Estimate {
        minutes,
        readable: humantime::format_duration(Duration::from_secs(u64::from(minutes) * 60)).to_string(),
        last: last.name.clone(),
    })
}

/// Shown on the page with the documentation.
pub fn docs_input_example() -> Tour {
    let stop = |name: &str, minutes| Stop { name: name.to_owned(), minutes };
    Tour { stops: vec![stop("mill", 40), stop("harbour", 25)], rest: 10, asks_other_job: false }
}

fn add_elsewhere(numbers: &[u32]) -> Result<u32, Error> {
    let answer = call_job("rust-function", &Numbers { numbers })?;
    let sum = answer.as_u64().and_then(|sum| u32::try_from(sum).ok());
    sum.ok_or_else(|| Error::internal(format!("rust-function answered {answer}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_count_at_every_stop() {
        let estimate = perform(docs_input_example()).unwrap();

        assert_eq!((estimate.minutes, estimate.readable.as_str()), (85, "1h 25m"));
    }

    #[test]
    fn an_empty_tour_is_refused() {
        let refused = perform(Tour { stops: Vec::new(), rest: 0, asks_other_job: false });

        assert_eq!(refused, Err(Error::bad_request("a tour needs at least one stop")));
    }
}
