//! What the service manager (systemd) is told; without one, nobody is told anything.

use loa::playout::station::Sign;
use sd_notify::NotifyState;
use tracing::warn;

use super::shutdown;

/// Passes on what a station says of itself.
pub(crate) fn tell(sign: Sign) {
    match sign {
        Sign::Ready => notify(NotifyState::Ready),
        Sign::Alive => alive(),
    }
}

/// Start-up is over.
pub(crate) fn ready() {
    notify(NotifyState::Ready);
}

/// Holds the watchdog off for another while, where one is set.
pub(crate) fn alive() {
    if sd_notify::watchdog_enabled().is_some() {
        notify(NotifyState::Watchdog);
    }
}

/// Done when the program is asked to stop, which the manager then knows.
pub(crate) async fn asked_to_stop() {
    shutdown::asked().await;
    tracing::info!("stopping");
    notify(NotifyState::Stopping);
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!(%error, "cannot tell the service manager how it goes");
    }
}
