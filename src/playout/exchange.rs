//! What a station takes from a stick and gives to one: judged and kept exactly as on the line.

use std::{path::Path, sync::Arc};

use tokio::sync::watch;
use tracing::{info, warn};

use super::{
    keep::{Anchor, Keep, KeepError, KeptRundown, TakeError, Waiting},
    link::SOFTWARE,
    stock::coming,
};
use crate::{
    clock::Clock,
    library::{Shelf, ShelfError, ShelfWriter},
    private,
    radio::{ClipHash, RecordHash, StationId},
    signing::{Context, Envelope, PublicKey, SecretKey, speaks_of},
    wire::{
        BadWord, CarriedEnrolment, CarriedReceipts, CarriedRequest, CarriedState, DistrictWord,
        EnrolmentCode, Rundown, SignedRundown,
    },
};

/// The district's address where there is no line to it.
pub const NO_LINE: &str = "none";

/// In the station's folder while it waits to be known.
const ASKED: &str = "enrolling.json";

/// Why something on a stick was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The rundown.
    #[error(transparent)]
    Rundown(#[from] TakeError),
    /// Receipts or an enrolment.
    #[error("it is not believed: {0}")]
    Word(#[from] BadWord),
    /// It is somebody else's.
    #[error("it is for station {0}")]
    OtherStation(StationId),
    /// The answer is to another station's request, or another district's.
    #[error(
        "the answer on the stick is not the district's to this station's request: export with a new --code"
    )]
    OtherRequest,
    /// Nobody asked.
    #[error("this station did not ask to be known: export with --code first")]
    NotAsked,
    /// It is known.
    #[error("this station is {0} already; to enrol it anew, start it with --code on the line")]
    Known(StationId),
    /// The code does not say whom to believe.
    #[error(
        "this code does not name the district's key, so a stick's answer could be anybody's: make a new one with loa enrol"
    )]
    OldCode,
    /// A clip.
    #[error(transparent)]
    Clip(#[from] ShelfError),
    /// A clip that no airing needs.
    #[error("clip {0} is not needed here")]
    NotNeeded(ClipHash),
    /// The station's own store.
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The station's folder.
    #[error("the station's folder: {0}")]
    Folder(#[from] std::io::Error),
}

/// What a station remembers of the code that it asked with.
#[derive(serde::Serialize, serde::Deserialize)]
struct Asked {
    code_sha256: String,
    district: PublicKey,
}

/// A station, whether it runs or not, as those with a stick meet it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its store.
    pub keep: Arc<Keep>,
    /// Its clips.
    pub shelf: Arc<Shelf>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// Who is told of a new rundown.
    pub rundown: watch::Sender<Option<Arc<Rundown>>>,
}

impl Exchange {
    /// Takes a rundown, if it is one that the station follows.
    ///
    /// # Errors
    /// Why not.
    pub async fn take_rundown(&self, signed: SignedRundown) -> Result<Arc<Rundown>, ExchangeError> {
        // The district is asked anew when there is a line again: it knows better what this station has.
        let kept = KeptRundown { signed, etag: String::new() };
        let rundown = Arc::new(self.keep.take(&kept, self.clock.as_ref()).await?);
        info!(
            version = rundown.version,
            airings = rundown.airings.len(),
            "rundown taken from a stick"
        );
        self.rundown.send_replace(Some(rundown.clone()));
        Ok(rundown)
    }

    /// The clips that airings need and that are not here, the first needed first.
    pub fn lacking(&self) -> Vec<ClipHash> {
        let Some(rundown) = self.rundown.borrow().clone() else { return Vec::new() };
        let needed = coming(&rundown, self.clock.now()).map(|need| need.clip);
        needed.filter(|clip| !self.shelf.contains(clip)).collect()
    }

    /// Room for a clip that an airing needs. Its bytes count once they are committed, which checks that they are those
    /// that its name promises.
    ///
    /// # Errors
    /// No airing needs it, or it is arriving over the line just now.
    pub fn receive_clip(&self, clip: ClipHash) -> Result<ShelfWriter, ExchangeError> {
        if !self.lacking().contains(&clip) {
            return Err(ExchangeError::NotNeeded(clip));
        }
        let mut writer = self.shelf.writer(&clip)?;
        // What came over the line before is a part only; a stick has the whole.
        writer.restart()?;
        Ok(writer)
    }

    /// Takes the district's receipts; gives how many records wait no longer.
    ///
    /// # Errors
    /// They are not believed, or are another station's.
    pub async fn take_receipts(&self, word: &DistrictWord) -> Result<u64, ExchangeError> {
        let anchor = self.keep.anchor().await.ok_or(KeepError::NotEnrolled)?;
        let (receipts, _): (CarriedReceipts, _) =
            word.open(Context::Receipts, Some(&anchor.district_key))?;
        if receipts.station != anchor.station {
            return Err(ExchangeError::OtherStation(receipts.station));
        }
        for refused in &receipts.refused {
            let why = refused.why.as_deref().unwrap_or("no reason given");
            warn!(record = %refused.hash, why, "the district does not take a record");
        }
        let ended = self.keep.receive_carried(&receipts).await?;
        info!(ended, "receipts taken from a stick");
        Ok(ended)
    }

    /// Records that wait, after a number, at most so many.
    ///
    /// # Errors
    /// The store fails.
    pub async fn waiting(&self, after: u64, at_most: u32) -> Result<Vec<Waiting>, ExchangeError> {
        Ok(self.keep.waiting_after(after, at_most).await?)
    }

    /// How the station stands, for the district.
    ///
    /// # Errors
    /// It is not known yet.
    pub async fn state(&self) -> Result<Envelope, ExchangeError> {
        let anchor = self.keep.anchor().await.ok_or(KeepError::NotEnrolled)?;
        let state =
            CarriedState { station: anchor.station, rundown_version: anchor.rundown_version };
        let state = serde_json::to_string(&state).map_err(KeepError::from)?;
        Ok(self.keep.seal(Context::CarriedState, state).await)
    }

    /// Who the station is; none before it is known.
    pub async fn station(&self) -> Option<StationId> {
        self.keep.anchor().await.map(|anchor| anchor.station)
    }

    /// The key that it signs with.
    pub async fn key(&self) -> PublicKey {
        self.keep.public_key().await
    }

    /// Asks to be known, for the stick; remembers what the answer must fit.
    ///
    /// # Errors
    /// It is known, or the code says too little.
    pub async fn ask(
        &self,
        folder: &Path,
        code: &EnrolmentCode,
    ) -> Result<Envelope, ExchangeError> {
        if let Some(station) = self.station().await {
            return Err(ExchangeError::Known(station));
        }
        let district = code.key.ok_or(ExchangeError::OldCode)?;
        let sha256 = RecordHash::of(code.secret.as_bytes());
        let asked = Asked { code_sha256: sha256.to_string(), district };
        private::replace(
            &folder.join(ASKED),
            &serde_json::to_vec(&asked).map_err(KeepError::from)?,
        )?;
        let request =
            CarriedRequest { public_key: self.key().await, software: SOFTWARE.to_owned() };
        let request = serde_json::to_string(&request).map_err(KeepError::from)?;
        Ok(Envelope::seal(Context::CarriedRequest, request, &SecretKey::from_seed(&sha256.0)))
    }

    /// Takes the answer: from now on the station is known.
    ///
    /// # Errors
    /// Nobody asked, or it is the answer to somebody else.
    pub async fn take_enrolment(
        &self,
        folder: &Path,
        word: &DistrictWord,
    ) -> Result<StationId, ExchangeError> {
        let asked = match std::fs::read(folder.join(ASKED)) {
            Ok(bytes) => serde_json::from_slice::<Asked>(&bytes).map_err(KeepError::from)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ExchangeError::NotAsked);
            }
            Err(error) => return Err(error.into()),
        };
        let (enrolment, district_key): (CarriedEnrolment, _) =
            word.open(Context::CarriedEnrolment, None)?;
        if !speaks_of(&word.keys, &asked.district) || enrolment.public_key != self.key().await {
            return Err(ExchangeError::OtherRequest);
        }
        let anchor = Anchor {
            server: NO_LINE.to_owned(),
            station: enrolment.station.clone(),
            token: String::new(),
            code_sha256: asked.code_sha256,
            district_key,
            pin: None,
            rundown_version: 0,
            sequence_mark: 0,
        };
        self.keep.set_anchor(anchor).await?;
        // One that stays is of no use to anybody.
        let _ = std::fs::remove_file(folder.join(ASKED));
        Ok(enrolment.station)
    }
}
