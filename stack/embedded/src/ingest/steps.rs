//! What long work needs from whoever runs it: whether to stop, and where to report.

use data_stack_core::{Code, Control, ToolError};

/// The hold of a caller on running work, in the server and in the worker alike.
pub(crate) trait Steps {
    /// Fails when the work must stop.
    fn check(&self) -> Result<(), ToolError>;
    /// Reports a step.
    fn progress(&self, done: f64, total: Option<f64>, message: String);
}

impl Steps for Control {
    fn check(&self) -> Result<(), ToolError> {
        Self::check(self)
    }

    fn progress(&self, done: f64, total: Option<f64>, message: String) {
        Self::progress(self, done, total, message);
    }
}

/// An error of the file system, or the error that a reader of ours carried through it.
pub(crate) fn io_error(what: &str, error: &std::io::Error) -> ToolError {
    if let Some(carried) = error.get_ref().and_then(|inner| inner.downcast_ref::<ToolError>()) {
        return carried.clone();
    }
    ToolError::new(
        Code::Unavailable,
        format!("{what}: {error}"),
        "Check the free space and the permissions of the workspace and of the source.",
    )
}
