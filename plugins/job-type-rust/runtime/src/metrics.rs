//! Metrics in the Prometheus text format 0.0.4.

use std::fmt::Write;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Upper bounds in seconds.
const BUCKETS: [f64; 23] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 25.0,
    50.0, 75.0, 100.0, 250.0, 500.0, 750.0,
];
const LAST_BUCKET: f64 = 1000.0;
const ENDPOINT: &str = "/perform";
/// Of the kernel's clock in `/proc`: `USER_HZ`, 100 on all its platforms.
const TICKS_PER_SECOND: f64 = 100.0;
/// Unit of memory in `/proc/self/status`.
const KIBIBYTE: u64 = 1024;

#[derive(Default)]
pub struct Metrics {
    started: AtomicU64,
    done: AtomicU64,
    errors: AtomicU64,
    last_call_ms: AtomicU64,
    duration_us: AtomicU64,
    /// By bucket, not cumulated; the last two are up to 1000 s and beyond.
    buckets: [AtomicU64; BUCKETS.len() + 2],
}

impl Metrics {
    pub fn call_started(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.last_call_ms.store(now.as_millis() as u64, Ordering::Relaxed);
    }

    /// Takes a call's whole duration, waiting included.
    pub fn call_done(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BUCKETS.iter().position(|&bound| seconds <= bound);
        let bucket = bucket.unwrap_or(BUCKETS.len() + usize::from(seconds > LAST_BUCKET));
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.duration_us.fetch_add(duration.as_micros() as u64, Ordering::Relaxed);
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an answer from 400 up.
    pub fn call_failed(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub fn render(&self) -> String {
        let mut text = String::new();
        let get = |value: &AtomicU64| value.load(Ordering::Relaxed);
        let started = get(&self.started);
        counter(&mut text, "requests_started_total", "Calls begun", started);
        counter(&mut text, "requests_done_total", "Calls answered", get(&self.done));
        let labelled = |text: &mut String, name: &str, help: &str, value: u64| {
            describe(text, name, help, "counter");
            let _ = writeln!(text, "{name}{{endpoint=\"{ENDPOINT}\"}} {value}");
        };
        labelled(&mut text, "endpoint_requests_started_total", "Calls begun, by endpoint", started);
        labelled(
            &mut text,
            "request_internal_errors_total",
            "Answers from 400 up, by endpoint",
            get(&self.errors),
        );
        self.render_durations(&mut text);
        gauge(
            &mut text,
            "last_call_timestamp",
            "When the last call began, in Unix seconds",
            get(&self.last_call_ms) as f64 / 1000.0,
        );
        render_process(&mut text);
        text
    }

    fn render_durations(&self, text: &mut String) {
        describe(text, "request_duration", "Duration of calls in seconds", "histogram");
        let mut count = 0;
        let bounds = BUCKETS.iter().copied().chain([LAST_BUCKET]);
        for (bound, bucket) in bounds.zip(&self.buckets) {
            count += bucket.load(Ordering::Relaxed);
            let _ =
                writeln!(text, "request_duration_bucket{{endpoint=\"{ENDPOINT}\",le=\"{bound:?}\"}} {count}");
        }
        count += self.buckets[BUCKETS.len() + 1].load(Ordering::Relaxed);
        let sum = self.duration_us.load(Ordering::Relaxed) as f64 / 1e6;
        let _ = writeln!(text, "request_duration_bucket{{endpoint=\"{ENDPOINT}\",le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "request_duration_sum{{endpoint=\"{ENDPOINT}\"}} {sum}");
        let _ = writeln!(text, "request_duration_count{{endpoint=\"{ENDPOINT}\"}} {count}");
    }
}

fn describe(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn counter(text: &mut String, name: &str, help: &str, value: u64) {
    describe(text, name, help, "counter");
    let _ = writeln!(text, "{name} {value}");
}

fn gauge(text: &mut String, name: &str, help: &str, value: f64) {
    describe(text, name, help, "gauge");
    let _ = writeln!(text, "{name} {value}");
}

/// What the kernel tells of this process.
fn render_process(text: &mut String) {
    describe(text, "process_cpu_seconds_total", "Processor time of this process", "counter");
    let _ = writeln!(text, "process_cpu_seconds_total {}", read_cpu_seconds());
    if let Some(kibibytes) = find_number("/proc/self/status", "VmRSS:") {
        let bytes = (kibibytes * KIBIBYTE) as f64;
        gauge(text, "process_resident_memory_bytes", "Memory that this process holds", bytes);
    }
    if let Some(seconds) = find_start() {
        gauge(text, "process_start_time_seconds", "When this process started, in Unix seconds", seconds);
    }
}

/// Of all threads, with the kernel's finest clock: `/proc` counts hundredths of a second.
fn read_cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call only writes to the structure it is given.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    if status == 0 {
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    } else {
        0.0
    }
}

fn find_start() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in brackets may hold anything; `starttime` is the 20th field after it (proc(5)).
    let ticks: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = find_number("/proc/stat", "btime ")? as f64;
    Some(boot + ticks / TICKS_PER_SECOND)
}

/// The number that follows a word at the beginning of a line.
fn find_number(path: &str, word: &str) -> Option<u64> {
    let content = fs::read_to_string(path).ok()?;
    let line = content.lines().find_map(|line| line.strip_prefix(word))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_cumulated_buckets() {
        let metrics = Metrics::default();
        for milliseconds in [1, 80, 2_000_000] {
            metrics.call_started();
            metrics.call_done(Duration::from_millis(milliseconds));
        }
        metrics.call_failed();

        let text = metrics.render();

        for line in [
            "requests_started_total 3",
            "requests_done_total 3",
            "request_internal_errors_total{endpoint=\"/perform\"} 1",
            "request_duration_bucket{endpoint=\"/perform\",le=\"0.001\"} 1",
            "request_duration_bucket{endpoint=\"/perform\",le=\"0.1\"} 2",
            "request_duration_bucket{endpoint=\"/perform\",le=\"1000.0\"} 2",
            "request_duration_bucket{endpoint=\"/perform\",le=\"+Inf\"} 3",
            "request_duration_sum{endpoint=\"/perform\"} 2000.081",
        ] {
            assert!(text.lines().any(|candidate| candidate == line), "{line}\n{text}");
        }
    }
}
