use tokio::signal::unix::{SignalKind, signal};

/// Done when the program is asked to stop: by Ctrl-C or by SIGTERM.
pub(crate) async fn asked() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without it, Ctrl-C still works.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
