use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{District, LinkError, RundownAnswer, pauses};
use crate::{
    clock::Clock,
    playout::keep::{Keep, KeptRundown},
    radio::StationId,
    wire::Rundown,
};

/// When to ask a district again that is still starting.
const SOON: Duration = Duration::from_secs(1);

/// Keeps the station's rundown the district's newest.
#[derive(Debug)]
pub struct Follower {
    /// Who the rundown must be for.
    pub station: StationId,
    /// Whom to ask.
    pub district: District,
    /// Where it is kept.
    pub keep: Arc<Keep>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// Who is told: the deck and the fetcher.
    pub rundown: watch::Sender<Option<Arc<Rundown>>>,
}

impl Follower {
    /// Follows for ever.
    pub async fn run(self) {
        let mut pause = pauses();
        let mut etag = match self.keep.rundown().await {
            Ok(kept) => kept.map(|kept| kept.etag),
            Err(error) => {
                warn!(%error, "the kept rundown cannot be read; the district is asked for it anew");
                None
            }
        };
        loop {
            match self.once(etag.as_deref()).await {
                Ok(changed) => {
                    pause = pauses();
                    if let Some(new) = changed {
                        etag = Some(new);
                    }
                }
                Err(error) => {
                    // A district that has just started says so, and is ready within seconds.
                    let starting = matches!(error, LinkError::Refused { status: 503, .. });
                    let wait = if starting { SOON } else { pause.next().unwrap_or_default() };
                    warn!(%error, ?wait, "no rundown from the district");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn once(&self, etag: Option<&str>) -> Result<Option<String>, LinkError> {
        match self.district.rundown(etag).await? {
            RundownAnswer::Same => Ok(None),
            RundownAnswer::Changed(kept) => {
                self.judge(&kept)?;
                self.keep.set_rundown(&kept, self.clock.now()).await?;
                info!(
                    version = kept.rundown.version,
                    airings = kept.rundown.airings.len(),
                    "rundown received"
                );
                self.rundown.send_replace(Some(Arc::new(kept.rundown)));
                Ok(Some(kept.etag))
            }
        }
    }

    /// A station follows only what is for it and not older than what it has.
    fn judge(&self, kept: &KeptRundown) -> Result<(), LinkError> {
        let rundown = &kept.rundown;
        if rundown.station != self.station {
            return Err(LinkError::Rundown(format!("it is for station {}", rundown.station)));
        }
        let known = self.rundown.borrow().as_ref().map_or(0, |known| known.version);
        if rundown.version < known {
            return Err(LinkError::Rundown(format!(
                "version {} is older than {known}",
                rundown.version
            )));
        }
        Ok(())
    }
}
