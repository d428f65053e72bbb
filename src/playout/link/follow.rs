use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{District, LinkError, RundownAnswer, pauses};
use crate::{
    clock::Clock,
    playout::{
        keep::{Anchor, Keep},
        own_time::in_own_time,
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
            let asked = self.clock.read().monotonic;
            match self.once(etag.as_deref()).await {
                Ok(changed) => {
                    pause = pauses();
                    self.fault.send_if_modified(|fault| fault.take().is_some());
                    if let Some(new) = changed {
                        etag = Some(new).filter(|etag| !etag.is_empty());
                    }
                    // Whatever stands in the line may answer at once where the district would wait. After a wait it is
                    // asked again at once: the next change may be a bulletin.
                    let took = self.clock.read().monotonic.saturating_sub(asked);
                    let pause = if etag.is_some() { SOON } else { UNNAMED };
                    tokio::time::sleep(pause.saturating_sub(took)).await;
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
            RundownAnswer::Changed(kept, district) => {
                let own = self.clock.now();
                let mut rundown = self.keep.take(&kept, self.clock.as_ref()).await?;
                if let Some(district) = district {
                    in_own_time(&mut rundown, district, own);
                }
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        clock::TestClock,
        playout::{keep::KeptRundown, link::Line},
        radio::UtcMs,
        signing::{Context, DistrictKey, Envelope, SecretKey},
        wire::SignedRundown,
    };

    /// What a station asks first that has kept a rundown under such a name.
    async fn first_question(etag: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let keep = Arc::new(Keep::open(folder.path()).await.unwrap());
        let key = SecretKey::from_seed(&[1; 32]);
        let district_key =
            DistrictKey { number: 1, key: key.public(), not_before: UtcMs(0), not_after: UtcMs(0) };
        let anchor = Anchor {
            server,
            station: "xa".parse().unwrap(),
            token: "t".to_owned(),
            code_sha256: String::new(),
            district_key,
            pin: None,
            rundown_version: 0,
            sequence_mark: 0,
        };
        let rundown = Envelope::seal(Context::Rundown, "{}".to_owned(), &key);
        let signed = SignedRundown { keys: Vec::new(), rundown };
        let kept = KeptRundown { signed, etag: etag.to_owned() };
        keep.set_rundown(&kept, UtcMs(0)).await.unwrap();
        let (rundown, _followed) = watch::channel(None);
        let (fault, _told) = watch::channel(None);
        let follower = Follower {
            district: District::new(&Line::default(), &anchor).unwrap(),
            keep,
            clock: Arc::new(TestClock::at(UtcMs(0))),
            rundown,
            fault,
        };
        let following = tokio::spawn(follower.run());
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while stream.read_line(&mut head).await.unwrap() > 2 {}
        let unavailable = "HTTP/1.1 503 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(unavailable.as_bytes()).await.unwrap();
        following.abort();
        head.to_lowercase()
    }

    #[tokio::test]
    async fn a_rundown_from_a_stick_has_no_name_that_could_be_asked_about() {
        let named = first_question("\"7-abc\"").await;
        assert!(named.contains("if-none-match: \"7-abc\"") && named.contains("?wait="), "{named}");
        let from_a_stick = first_question("").await;
        assert!(!from_a_stick.contains("if-none-match"), "{from_a_stick}");
        assert!(!from_a_stick.contains("wait="), "it would wait for nothing: {from_a_stick}");
    }
}
