//! Why the server could not be asked, or did not answer.

use std::fmt;
use std::time::Duration;

use rmcp::service::ServiceError;
use serde_json::Value;

/// Why there is no answer. A tool's own failure is an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientError {
    /// The server refused the request itself.
    Refused {
        /// The JSON-RPC error code.
        code: i64,
        /// The server's words.
        message: String,
        /// Further facts.
        data: Value,
    },
    /// The call was cancelled here.
    Cancelled,
    /// The server took longer than this.
    Timeout(Duration),
    /// The connection ended before the answer came.
    Gone,
    /// The server answered something that does not belong to the request.
    Unexpected(Value),
    /// The server could not be started, reached or understood.
    Unreachable(String),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code, message, .. } => write!(f, "the server refused the request: {message} (JSON-RPC {code})"),
            Self::Cancelled => f.write_str("the call was cancelled"),
            Self::Timeout(limit) => write!(f, "the server did not answer within {:.1} s", limit.as_secs_f64()),
            Self::Gone => f.write_str("the connection ended before the server answered"),
            Self::Unexpected(what) => write!(f, "the server answered something else: {what}"),
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<ServiceError> for ClientError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::McpError(error) => {
                Self::Refused { code: error.code.0.into(), message: error.message.into_owned(), data: error.data.unwrap_or_default() }
            }
            ServiceError::TransportClosed => Self::Gone,
            ServiceError::Cancelled { .. } => Self::Cancelled,
            ServiceError::Timeout { timeout } => Self::Timeout(timeout),
            other => Self::Unreachable(other.to_string()),
        }
    }
}
