use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Logs to standard error: for people at a terminal, as JSON lines otherwise. `LOA_LOG` chooses how much.
pub(crate) fn start() {
    let filter =
        EnvFilter::try_from_env("LOA_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process is no reason to stop.
    let _ = if std::io::stderr().is_terminal() {
        log.try_init()
    } else {
        log.json().with_ansi(false).try_init()
    };
}
