//! Panics of the job's code: logged with their place, answered with 500, and gone.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use log::Level;

use crate::function::Failure;
use crate::log_lines;

thread_local! {
    /// Whether panics of this thread are no news.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Logs panics, of any thread, with message, place, and, where `RUST_BACKTRACE` asks for it, how it came to that.
pub fn log_panics() {
    panic::set_hook(Box::new(|info| {
        if IS_QUIET.with(Cell::get) {
            return;
        }
        let message = message_of(info.payload());
        let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let trace = std::backtrace::Backtrace::capture();
        let attachment = match trace.status() {
            std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
            _ => String::new(),
        };
        log_lines::write(Level::Error, &format!("panic{place}: {message}{attachment}"));
    }));
}

/// Runs code of the job; a panic becomes a failure.
pub fn contain<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| Err(present(payload)))
}

/// Runs code of the job that may panic as it likes: nobody has called it.
pub fn try_quietly(run: impl FnOnce()) {
    IS_QUIET.with(|quiet| quiet.set(true));
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    let _ = outcome.map_err(present);
    IS_QUIET.with(|quiet| quiet.set(false));
}

/// What callers get to see of a panic.
pub fn present(payload: Box<dyn Any + Send>) -> Failure {
    let failure = Failure::of_kind(500, "Panic", message_of(&*payload));
    // What somebody panicked with may itself panic when it is dropped.
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
    failure
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}
