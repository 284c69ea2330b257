//! The log on standard output, as text or as JSON lines, and the backend of the `log` crate for the job's code.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::{Map, Value};

use crate::context;
use crate::settings::{find, is_on};

/// How long lines about answered requests may wait for more of them: one write serves all.
const ACCESS_DELAY: Duration = Duration::from_millis(5);
const MAX_BUFFERED_BYTES: usize = 32 * 1024;

static LINES: OnceLock<Lines> = OnceLock::new();

struct Lines {
    is_structured: bool,
    shows_caller: bool,
    sink: Mutex<Sink>,
}

#[derive(Default)]
struct Sink {
    buffer: Vec<u8>,
    /// Whether somebody will come to write the buffer.
    is_awaited: bool,
    second: u64,
    /// `second` as text.
    clock: String,
}

/// Who a line is about.
#[derive(Clone, Copy, Default)]
pub struct Origin<'a> {
    pub tracing_id: Option<&'a str>,
    pub caller: Option<&'a str>,
}

/// Starts logging as the variables say; lines before that are lost.
pub fn start() {
    let is_new = LINES.set(Lines {
        is_structured: is_on("LOG_STRUCTURED"),
        shows_caller: is_on("LOG_CALLER_NAME"),
        sink: Mutex::default(),
    });
    if is_new.is_ok() && log::set_logger(&Backend).is_ok() {
        log::set_max_level(find_level());
    }
}

/// Logs one line about the call that this thread is busy with, if any.
pub fn write(level: Level, message: &str) {
    if level > log::max_level() {
        return;
    }
    match context::current() {
        Some(request) => write_about(level, message, request.origin()),
        None => write_about(level, message, Origin::default()),
    }
}

/// Logs one line about a certain call.
pub fn write_about(level: Level, message: &str, origin: Origin<'_>) {
    let Some(lines) = LINES.get().filter(|_| level <= log::max_level()) else { return };
    let mut sink = lines.lock();
    lines.append(&mut sink, level, message, origin);
    sink.flush();
}

/// Logs an answered request. To be called on the runtime of the server: the line is written with the next ones.
pub fn write_access(message: &str, origin: Origin<'_>) {
    let Some(lines) = LINES.get().filter(|_| Level::Info <= log::max_level()) else { return };
    let mut sink = lines.lock();
    lines.append(&mut sink, Level::Info, message, origin);
    if sink.buffer.len() > MAX_BUFFERED_BYTES {
        sink.flush();
    } else if !std::mem::replace(&mut sink.is_awaited, true) {
        tokio::spawn(async {
            tokio::time::sleep(ACCESS_DELAY).await;
            flush();
        });
    }
}

/// Writes what is still in memory.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        let mut sink = lines.lock();
        sink.is_awaited = false;
        sink.flush();
    }
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(&self, sink: &mut Sink, level: Level, message: &str, origin: Origin<'_>) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let caller = origin.caller.filter(|_| self.shows_caller);
        let extras = [("tracing_id", origin.tracing_id), ("caller_name", caller)];
        let extras = extras.into_iter().filter_map(|(name, value)| Some((name, value?)));
        if self.is_structured {
            sink.append_json(now, level, message, extras);
        } else {
            sink.append_text(now, level, message, extras);
        }
    }
}

impl Sink {
    fn append_text<'a>(
        &mut self,
        now: Duration,
        level: Level,
        message: &str,
        extras: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        self.tell_time(now.as_secs());
        let word = match level {
            Level::Error => "ERROR",
            Level::Warn => "WARN ",
            Level::Info => "INFO ",
            Level::Debug | Level::Trace => "DEBUG",
        };
        let Self { buffer, clock, .. } = self;
        for part in ["[", clock, "] ", word, " ", message] {
            buffer.extend_from_slice(part.as_bytes());
        }
        for (name, value) in extras {
            let quote = if value.contains(' ') { "\"" } else { "" };
            for part in [", ", name, "=", quote, value, quote] {
                buffer.extend_from_slice(part.as_bytes());
            }
        }
        buffer.push(b'\n');
    }

    fn append_json<'a>(
        &mut self,
        now: Duration,
        level: Level,
        message: &str,
        extras: impl Iterator<Item = (&'a str, &'a str)>,
    ) {
        let (date, time) = format_utc(now.as_secs());
        let word = match level {
            Level::Error => "ERROR",
            Level::Warn => "WARNING",
            Level::Info => "INFO",
            Level::Debug | Level::Trace => "DEBUG",
        };
        let mut line = Map::new();
        line.insert("time".into(), format!("{date}T{time}.{:06}Z", now.subsec_micros()).into());
        line.insert("lvl".into(), word.into());
        line.insert("msg".into(), message.into());
        for (name, value) in extras {
            line.insert(name.into(), value.into());
        }
        self.buffer.extend_from_slice(Value::Object(line).to_string().as_bytes());
        self.buffer.push(b'\n');
    }

    fn tell_time(&mut self, second: u64) {
        if self.second != second || self.clock.is_empty() {
            let (date, time) = format_utc(second);
            self.clock = format!("{date} {time}");
            self.second = second;
        }
    }

    fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        // When nobody reads the log any more, that is no reason to stop answering.
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&self.buffer).and_then(|()| out.flush());
        self.buffer.clear();
    }
}

/// `2026-01-31` and `12:00:00` in UTC. The calendar by Howard Hinnant's "chrono-compatible low-level date algorithms".
fn format_utc(second: u64) -> (String, String) {
    let days = second / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let rest = second % 86_400;
    (
        format!("{year:04}-{month:02}-{day:02}"),
        format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60),
    )
}

fn find_level() -> LevelFilter {
    match find("LOG_LEVEL").unwrap_or_default().to_uppercase().as_str() {
        "DEBUG" => LevelFilter::Debug,
        "WARNING" | "WARN" => LevelFilter::Warn,
        "ERROR" | "CRITICAL" => LevelFilter::Error,
        _ => LevelFilter::Info,
    }
}

/// Where `log::info!` of the job's code goes.
struct Backend;

impl Log for Backend {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            write(record.level(), &record.args().to_string());
        }
    }

    fn flush(&self) {
        flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(format_utc(0), ("1970-01-01".to_owned(), "00:00:00".to_owned()));
        assert_eq!(format_utc(951_827_696), ("2000-02-29".to_owned(), "12:34:56".to_owned()));
        assert_eq!(format_utc(1_798_761_599), ("2026-12-31".to_owned(), "23:59:59".to_owned()));
    }

    #[test]
    fn values_with_spaces_are_quoted() {
        let mut sink = Sink::default();
        sink.append_text(Duration::ZERO, Level::Warn, "hot", [("caller_name", "my job")].into_iter());

        assert_eq!(sink.buffer, b"[1970-01-01 00:00:00] WARN  hot, caller_name=\"my job\"\n");
    }
}
