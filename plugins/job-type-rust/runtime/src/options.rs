//! The command line, as the platform writes it.

use std::path::PathBuf;
use std::time::Duration;

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Unix(PathBuf),
    /// On all interfaces.
    Tcp(u16),
}

/// Port of a job in its container.
const DEFAULT_PORT: u16 = 7000;

#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    pub address: Address,
    /// Where the root page leads.
    pub home_page: String,
    /// Calls that run at once.
    pub max_concurrency: Option<usize>,
    /// Calls that may wait.
    pub max_queue: Option<usize>,
    /// Calls that run and wait together.
    pub max_inflight: Option<usize>,
    pub call_timeout: Option<Duration>,
    /// Folder with the files of the Swagger page.
    pub swagger_dir: PathBuf,
}

impl Options {
    /// Reads `--name=value` and `--name value`.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            address: Address::Tcp(DEFAULT_PORT),
            home_page: "/docs".to_owned(),
            max_concurrency: None,
            max_queue: None,
            max_inflight: None,
            call_timeout: None,
            swagger_dir: PathBuf::from("swagger"),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => {
                    let value = arguments.next().ok_or(format!("{argument}: a value is missing"))?;
                    (argument, value)
                }
            };
            options.set(&name, value)?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "--uds" => self.address = Address::Unix(PathBuf::from(value)),
            "--port" => self.address = Address::Tcp(parse(name, &value)?),
            "--home-page" => self.home_page = value,
            "--max-concurrency" => self.max_concurrency = at_least_one(parse(name, &value)?),
            "--max-concurrency-queue" => self.max_queue = Some(parse(name, &value)?),
            "--max-inflight-requests" => self.max_inflight = at_least_one(parse(name, &value)?),
            "--call-timeout" => self.call_timeout = parse_timeout(name, &value)?,
            "--swagger-dir" => self.swagger_dir = PathBuf::from(value),
            _ => return Err(format!("{name} is not an option of this job")),
        }
        Ok(())
    }
}

fn parse<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}: {value} is not a fitting number"))
}

/// 0 means unlimited.
fn at_least_one(limit: usize) -> Option<usize> {
    (limit > 0).then_some(limit)
}

fn parse_timeout(name: &str, value: &str) -> Result<Option<Duration>, String> {
    let seconds: f64 = parse(name, value)?;
    let timeout = Duration::try_from_secs_f64(seconds)
        .map_err(|_| format!("{name}: {value} is not a time in seconds"))?;
    Ok((!timeout.is_zero()).then_some(timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_all(arguments: &[&str]) -> Result<Options, String> {
        Options::parse(arguments.iter().map(|&argument| argument.to_owned()))
    }

    #[test]
    fn options_are_read_joined_or_apart() {
        let options =
            parse_all(&["--uds=/run/a b.sock", "--max-concurrency", "2", "--call-timeout=1.5"]).unwrap();

        assert_eq!(options.address, Address::Unix(PathBuf::from("/run/a b.sock")));
        assert_eq!(options.max_concurrency, Some(2));
        assert_eq!(options.call_timeout, Some(Duration::from_millis(1500)));
    }

    #[test]
    fn what_is_no_option_is_refused() {
        assert!(parse_all(&["--prot=7"]).unwrap_err().contains("--prot"));
        assert!(parse_all(&["--port"]).unwrap_err().contains("missing"));
        assert!(parse_all(&["--port=abc"]).unwrap_err().contains("abc"));
        assert_eq!(parse_all(&["--max-concurrency=0"]).unwrap().max_concurrency, None);
    }
}
