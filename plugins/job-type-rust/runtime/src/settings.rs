//! What the platform tells a job through variables (docs/reference/wrapper-contract.md).

use std::env;
use std::time::Duration;

const DEFAULT_MAX_BODY_BYTES: u64 = 128 * 1024 * 1024;
const DEFAULT_GRACE_SECONDS: f64 = 30.0;

/// The variables, read once at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    pub job_name: String,
    pub job_version: String,
    pub git_version: Option<String>,
    pub platform_version: Option<String>,
    pub job_type_version: Option<String>,
    /// Unix seconds.
    pub deployment_timestamp: Option<i64>,
    pub tracing_header: String,
    pub caller_header: String,
    pub max_body_bytes: u64,
    pub shutdown_grace: Duration,
}

impl Settings {
    pub fn from_env() -> Self {
        Self {
            job_name: find("JOB_NAME").unwrap_or_else(|| "job".to_owned()),
            job_version: find("JOB_VERSION").unwrap_or_else(|| "0.0.0".to_owned()),
            git_version: find("GIT_VERSION"),
            platform_version: find("DEPLOYED_BY_RACETRACK_VERSION"),
            job_type_version: find("JOB_TYPE_VERSION"),
            deployment_timestamp: parse("JOB_DEPLOYMENT_TIMESTAMP"),
            tracing_header: find_header("REQUEST_TRACING_HEADER", "x-request-tracing-id"),
            caller_header: find_header("CALLER_NAME_HEADER", "x-caller-name"),
            max_body_bytes: parse("JOB_MAX_BODY_BYTES").unwrap_or(DEFAULT_MAX_BODY_BYTES),
            shutdown_grace: find_grace(),
        }
    }

    /// The prefix that the platform serves this job under.
    pub fn own_prefix(&self) -> String {
        format!("/pub/job/{}/{}", self.job_name, self.job_version)
    }
}

/// A variable that is set to something.
pub fn find(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A switch: on for `true`, `t`, `yes`, `y` and `1`.
pub fn is_on(name: &str) -> bool {
    let value = find(name).unwrap_or_default().to_lowercase();
    matches!(value.as_str(), "true" | "t" | "yes" | "y" | "1")
}

fn parse<T: std::str::FromStr>(name: &str) -> Option<T> {
    find(name).and_then(|value| value.trim().parse().ok())
}

fn find_header(variable: &str, default: &str) -> String {
    find(variable).unwrap_or_else(|| default.to_owned()).to_lowercase()
}

fn find_grace() -> Duration {
    let seconds: f64 = parse("JOB_SHUTDOWN_GRACE_SECONDS").unwrap_or(DEFAULT_GRACE_SECONDS);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs_f64(DEFAULT_GRACE_SECONDS))
}
