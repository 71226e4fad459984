//! No request may hang or take the server with it: a panic becomes an error, a cancelled request ends.

use std::panic::AssertUnwindSafe;

use data_stack_core::{Code, ToolError};
use futures::FutureExt;
use rmcp::ErrorData;
use rmcp::model::ErrorCode;
use tokio_util::sync::CancellationToken;

/// Answers a request with what `work` says, with an error when it panics, and not at all later than its cancellation.
pub(super) async fn guarded<T>(
    method: &'static str,
    cancel: CancellationToken,
    work: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    tokio::select! {
        // What is ready at once is answered even when the client has already closed its end.
        biased;
        result = caught(method, work) => result,
        () = cancel.cancelled() => Err(ErrorData::internal_error("the request was cancelled", None)),
    }
}

/// Like [`guarded`] for work that handles its cancellation itself.
pub(super) async fn caught<T>(method: &'static str, work: impl Future<Output = Result<T, ErrorData>>) -> Result<T, ErrorData> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(method, "a request met a defect and was ended");
        Err(ErrorData::internal_error(format!("`{method}` met a defect; the log of the server has more"), None))
    })
}

/// A failure outside of a tool call as the protocol knows it: the same facts in `data`.
pub(super) fn protocol_error(error: &ToolError) -> ErrorData {
    let code = match error.code {
        Code::InvalidInput | Code::Denied => ErrorCode::INVALID_PARAMS,
        Code::NotFound => ErrorCode::RESOURCE_NOT_FOUND,
        _ => ErrorCode::INTERNAL_ERROR,
    };
    ErrorData::new(code, data_stack_core::text::clean(&error.message, 1_000), serde_json::to_value(error).ok())
}
