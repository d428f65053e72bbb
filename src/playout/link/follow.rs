use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{District, LinkError, RundownAnswer, pauses};
use crate::{
    clock::Clock,
    playout::{
        keep::{Anchor, Keep},
        trust::{Refused, Trust},
    },
    wire::{Fault, Rundown},
};

/// When to ask a district again that is still starting.
const SOON: Duration = Duration::from_secs(1);

/// When to ask again for a rundown that the answer did not name: it cannot be waited for, and is sent whole each time.
const UNNAMED: Duration = Duration::from_mins(1);

/// Keeps the station's rundown the district's newest.
#[derive(Debug)]
pub struct Follower {
    /// Whom to ask.
    pub district: District,
    /// Where it is kept.
    pub keep: Arc<Keep>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// Who is told: the deck and the fetcher.
    pub rundown: watch::Sender<Option<Arc<Rundown>>>,
    /// Told why the district's newest is not followed, if it is not.
    pub fault: watch::Sender<Option<Fault>>,
}

/// What a station trusts, as it remembers it.
pub fn trust(anchor: &Anchor) -> Trust {
    Trust {
        station: anchor.station.clone(),
        key: anchor.district_key.clone(),
        version: anchor.rundown_version,
    }
}

impl Follower {
    /// Follows for ever.
    pub async fn run(self) {
        let mut pause = pauses();
        let mut etag = match self.keep.rundown().await {
            Ok(kept) => kept.map(|kept| kept.etag).filter(|etag| !etag.is_empty()),
            Err(error) => {
                warn!(%error, "the kept rundown cannot be read; the district is asked for it anew");
                None
            }
        };
        loop {
            match self.once(etag.as_deref()).await {
                Ok(changed) => {
                    pause = pauses();
                    self.fault.send_if_modified(|fault| fault.take().is_some());
                    if let Some(new) = changed {
                        etag = Some(new).filter(|etag| !etag.is_empty());
                    }
                    // Whatever stands in the line may answer at once where the district would wait.
                    tokio::time::sleep(if etag.is_some() { SOON } else { UNNAMED }).await;
                }
                Err(error) => {
                    // A district that has just started says so, and is ready within seconds.
                    let starting = matches!(error, LinkError::Refused { status: 503, .. });
                    let wait = if starting { SOON } else { pause.next().unwrap_or_default() };
                    warn!(%error, ?wait, "no rundown from the district");
                    if let LinkError::Rundown(refused) = &error {
                        self.fault.send_replace(Some(fault_of(refused)));
                    }
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    async fn once(&self, etag: Option<&str>) -> Result<Option<String>, LinkError> {
        match self.district.rundown(etag).await? {
            RundownAnswer::Same => Ok(None),
            RundownAnswer::Changed(kept) => {
                let rundown = self.keep.take(&kept, self.clock.as_ref()).await?;
                info!(
                    version = rundown.version,
                    airings = rundown.airings.len(),
                    "rundown received"
                );
                self.rundown.send_replace(Some(Arc::new(rundown)));
                Ok(Some(kept.etag))
            }
        }
    }
}

fn fault_of(refused: &Refused) -> Fault {
    let code = format!("rundown-{}", refused.code());
    Fault::new(&code, format!("the district's rundown is not followed: {refused}"))
}
