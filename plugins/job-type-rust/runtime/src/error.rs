use std::fmt;

/// An error of the job's code that chooses its HTTP status.
///
/// Returned from `perform`, alone or inside a `Box<dyn std::error::Error>`. Every other error is answered with 500.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    status: u16,
    message: String,
}

impl Error {
    /// The caller's fault: 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::status(400, message)
    }

    /// An error with a status from 400 to 599; any other number becomes 500.
    pub fn status(status: u16, message: impl Into<String>) -> Self {
        let status = if (400..600).contains(&status) { status } else { 500 };
        Self { status, message: message.into() }
    }

    /// The job's fault: 500.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::status(500, message)
    }

    /// The status that it is answered with.
    pub fn status_code(&self) -> u16 {
        self.status
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
