//! The program's own log, on standard error; `DATA_STACK_LOG` chooses how much.

use tracing_subscriber::EnvFilter;

/// Starts the log: warnings and errors, unless `DATA_STACK_LOG` asks for more, such as `data_stack=debug`.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("DATA_STACK_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // A second start in one process keeps the first log.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).try_init();
}
