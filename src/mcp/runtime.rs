//! The runtime that a server runs on, and the signals that end it.

use anyhow::Context;

/// Runs a server on a runtime of its own until it ends. Blocking work that does not end with it is left behind, so that no
/// stuck thread can keep the process.
pub(super) fn block_on<T: Send>(work: impl Future<Output = anyhow::Result<T>> + Send) -> anyhow::Result<T> {
    // A thread of its own lets this be called from anywhere, also from inside another runtime.
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime cannot start")?;
            let result = runtime.block_on(work);
            runtime.shutdown_background();
            result
        });
        worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the server met a defect and ended")))
    })
}

/// Waits for the wish to stop: SIGINT or SIGTERM, or Ctrl-C.
#[cfg(unix)]
pub(super) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        tracing::error!("signals cannot be received; the server ends with its client");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Waits for the wish to stop: SIGINT or SIGTERM, or Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
