//! Sees when tokens end: whoever waits for an answer then waits no longer.

use std::time::Duration;

use super::District;

/// How often it is looked. Other programs, `loa revoke`, end tokens too; nothing but the database tells.
const LOOK: Duration = Duration::from_secs(1);

/// Tells of every token that ends, until the server stops.
pub(super) async fn watch(district: District) {
    let mut known = None;
    loop {
        match district.store.ended_tokens().await {
            Ok(ended) => {
                if known.replace(ended).is_some_and(|known| known != ended) {
                    district.endings.send_modify(|generation| *generation += 1);
                }
            }
            Err(error) => tracing::warn!(%error, "cannot see whether tokens have ended"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
