//! The district's side of a stick: what it puts there for stations without a line, and what it takes from them.

use std::io;

use serde::Serialize;

use super::{District, api::confirmations, problem::Refusal, roll, rolling};
use crate::{
    library::{Shelf, ShelfError},
    radio::{AiringItem, ClipHash, RecordHash, StationId, UtcMs},
    signing::{Context, Envelope, PublicKey, SecretKey},
    stick::{Stick, StickError},
    store::{Call, StoreError},
    wire::{
        CarriedEnrolment, CarriedReceipts, CarriedRequest, CarriedState, DistrictWord, Receipt,
        ReceiptResult, RefusedRecord, Rundown, SignedRundown,
    },
};

/// Records judged and committed together.
const TOGETHER: usize = 500;

/// Why a stick was not made or taken.
#[derive(Debug, thiserror::Error)]
pub enum StickTrouble {
    /// The stick.
    #[error(transparent)]
    Stick(#[from] StickError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Records could not be kept.
    #[error("{0}")]
    Keeping(String),
    /// Something could not be written as JSON.
    #[error("a word for the stick cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// A clip.
    #[error("clip {0} cannot be put on the stick: {1}; see that it has room")]
    Clip(ClipHash, io::Error),
    /// There is no such station.
    #[error("there is no station \"{0}\": loa stick make names stations as their TOML does")]
    Unknown(StationId),
    /// Nothing is planned.
    #[error("nothing is planned for {0} yet: is its TOML applied?")]
    NotPlanned(StationId),
}

impl From<Refusal> for StickTrouble {
    fn from(refusal: Refusal) -> Self {
        Self::Keeping(refusal.to_string())
    }
}

/// What was put on a stick for a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The rundown's version.
    pub version: u64,
    /// Airings in it.
    pub airings: usize,
    /// Until when it reaches.
    pub until: UtcMs,
    /// Clips that were copied; the rest was there.
    pub copied: usize,
    /// Clips that the district itself lacks.
    pub lacking: Vec<ClipHash>,
}

/// What was taken from a stick of a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenRecords {
    /// Whose.
    pub station: StationId,
    /// Records that are new.
    pub recorded: usize,
    /// Records that were here before.
    pub duplicate: usize,
    /// Why others were not taken.
    pub refused: Vec<String>,
}

/// Puts on a stick what a station needs: its rundown, its clips, and the receipts for its records.
///
/// # Errors
/// The stick or the database fails.
pub async fn make(
    district: &District,
    station: &StationId,
    stick: &Stick,
) -> Result<Made, StickTrouble> {
    let now = district.clock.now();
    if !district.store.stations().await?.iter().any(|known| known.id == *station) {
        return Err(StickTrouble::Unknown(station.clone()));
    }
    let (rundown, envelope) = match current(district, station, now).await? {
        Some(current) => current,
        None => {
            // Nobody has planned today: the server does not run.
            roll(district).await?;
            let planned = current(district, station, now).await?;
            planned.ok_or_else(|| StickTrouble::NotPlanned(station.clone()))?
        }
    };
    let clips = stick.clips()?;
    let (mut copied, mut lacking, mut seen) = (0, Vec::new(), std::collections::HashSet::new());
    for item in rundown.airings.iter().filter(|a| a.latest_start >= now).flat_map(|a| &a.items) {
        let AiringItem::Clip { sha256, .. } = item else { continue };
        if !seen.insert(*sha256) || clips.verify(sha256).is_ok() {
            continue;
        }
        match copy(&district.shelf, &clips, sha256) {
            Ok(()) => copied += 1,
            Err(ShelfError::Missing(clip) | ShelfError::Corrupt(clip)) => lacking.push(clip),
            Err(ShelfError::Io { hash, source }) => return Err(StickTrouble::Clip(hash, source)),
        }
    }
    // Last, so that a stick pulled out too early has no rundown without its clips.
    let keys = district.keyring().row().to_vec();
    stick.put_rundown(station, &SignedRundown { keys, rundown: envelope })?;
    put_receipts(district, station, stick, Vec::new()).await?;
    let (version, airings, until) = (rundown.version, rundown.airings.len(), rundown.until);
    Ok(Made { version, airings, until, copied, lacking })
}

async fn current(
    district: &District,
    station: &StationId,
    now: UtcMs,
) -> Result<Option<(Rundown, Envelope)>, StickTrouble> {
    let Some(stored) = district.store.rundown(station).await? else { return Ok(None) };
    let rundown: Rundown = serde_json::from_str(&stored.envelope.payload)?;
    // One from yesterday lacks the last day.
    let is_current =
        rundown.from.since(now).is_zero() && now.since(rundown.from).as_secs() < 86_400;
    Ok(is_current.then_some((rundown, stored.envelope)))
}

fn copy(from: &Shelf, to: &Shelf, clip: &ClipHash) -> Result<(), ShelfError> {
    let mut file = from.open_clip(clip)?;
    let io = |source| ShelfError::Io { hash: *clip, source };
    to.remove(clip)?;
    let mut writer = to.writer(clip)?;
    io::copy(&mut file, &mut writer).map_err(io)?;
    writer.commit()?;
    Ok(())
}

async fn put_receipts(
    district: &District,
    station: &StationId,
    stick: &Stick,
    refused: Vec<RefusedRecord>,
) -> Result<(), StickTrouble> {
    let held = district.store.runs(station).await?;
    let receipts =
        CarriedReceipts { station: station.clone(), at: district.clock.now(), held, refused };
    Ok(stick.put_receipts(station, &word(district, Context::Receipts, &receipts)?)?)
}

fn word(
    district: &District,
    context: Context,
    says: &impl Serialize,
) -> Result<DistrictWord, StickTrouble> {
    let keyring = district.keyring();
    let word = keyring.seal(context, serde_json::to_string(says)?);
    Ok(DistrictWord { keys: keyring.row().to_vec(), word })
}

/// Takes every station's records from a stick, exactly as if they came over the line, and leaves the receipts on it.
///
/// # Errors
/// The stick or the database fails; what was taken before that is kept.
pub async fn take(district: &District, stick: &Stick) -> Result<Vec<TakenRecords>, StickTrouble> {
    let known = district.store.stations().await?;
    let mut all = Vec::new();
    for station in stick.stations()? {
        if !known.iter().any(|known| known.id == station) {
            tracing::warn!(%station, "the stick has records of a station that is not known");
            continue;
        }
        let Some(mut records) = stick.records(&station)? else { continue };
        if let Some(took) = took(district, stick, &station).await? {
            rolling::outdo(district, &station, took).await?;
        }
        let (mut recorded, mut duplicate) = (0, 0);
        let (mut told, mut refused) = (Vec::new(), Vec::new());
        loop {
            let lines = records.next(TOGETHER)?;
            if lines.is_empty() {
                break;
            }
            let mut batch: Vec<Result<Envelope, Receipt>> = Vec::new();
            for line in lines {
                match line {
                    Ok(envelope) => batch.push(Ok(envelope)),
                    Err(why) => told.push(why),
                }
            }
            let hashes: Vec<RecordHash> = batch
                .iter()
                .flatten()
                .map(|envelope| RecordHash::of(envelope.payload.as_bytes()))
                .collect();
            let receipts = confirmations::keep(district, &station, batch, Call::Carried).await?;
            for (hash, receipt) in hashes.into_iter().zip(receipts) {
                let Receipt { sequence, result, why } = receipt;
                match result {
                    ReceiptResult::Recorded => recorded += 1,
                    ReceiptResult::Duplicate => duplicate += 1,
                    ReceiptResult::Conflict | ReceiptResult::Invalid => {
                        let number = sequence.map_or("?".to_owned(), |number| number.to_string());
                        told.push(format!("record {number}: {}", why.clone().unwrap_or_default()));
                        refused.push(RefusedRecord { hash, result, why });
                    }
                }
            }
        }
        put_receipts(district, &station, stick, refused).await?;
        all.push(TakenRecords { station, recorded, duplicate, refused: told });
    }
    Ok(all)
}

/// The highest version of a rundown that a station says it took. Whoever lacks its key does not make the district say more.
async fn took(
    district: &District,
    stick: &Stick,
    station: &StationId,
) -> Result<Option<u64>, StickTrouble> {
    let Some(state) = stick.state(station)? else { return Ok(None) };
    let keys = district.store.station_keys(station).await?;
    let says = state.open(Context::CarriedState).ok().filter(|_| keys.contains(&state.key));
    let says = says.and_then(|says| serde_json::from_str::<CarriedState>(says).ok());
    let own = says.filter(|says| says.station == *station);
    if own.is_none() {
        tracing::warn!(%station, "how it stands, on the stick, is not in its own words");
    }
    Ok(own.map(|own| own.rundown_version))
}

/// Answers the requests on a stick whose codes are good; gives the stations that are known from now on.
///
/// # Errors
/// The stick or the database fails.
pub async fn enrol(district: &District, stick: &Stick) -> Result<Vec<StationId>, StickTrouble> {
    let mut enrolled = Vec::new();
    for request in stick.requests()? {
        let Some(key) = asked(&request) else { continue };
        let station = match district.store.station_of_key(key).await? {
            // The answer was lost with the stick, or is still on it.
            Some(station) => station,
            None => match admit(district, &request, key).await? {
                Some(station) => station,
                None => {
                    tracing::warn!(%key, "a request on the stick shows no code that can be used");
                    continue;
                }
            },
        };
        let answer = CarriedEnrolment { station: station.clone(), public_key: key };
        stick.put_enrolment(key, &word(district, Context::CarriedEnrolment, &answer)?)?;
        enrolled.push(station);
    }
    Ok(enrolled)
}

/// The key that a request is about, if it was made by whoever holds the code that it shows.
fn asked(request: &Envelope) -> Option<PublicKey> {
    let payload = request.open(Context::CarriedRequest).ok()?;
    let CarriedRequest { public_key, software: _ } = serde_json::from_str(payload).ok()?;
    Some(public_key)
}

async fn admit(
    district: &District,
    request: &Envelope,
    key: PublicKey,
) -> Result<Option<StationId>, StickTrouble> {
    let now = district.clock.now();
    for sha256 in district.store.open_codes(now).await? {
        let mut seed = [0; 32];
        if hex::decode_to_slice(&sha256, &mut seed).is_err()
            || SecretKey::from_seed(&seed).public() != request.key
        {
            continue;
        }
        let enrolled = district.store.enrol_by(&sha256, Some(key), now).await?;
        return Ok(enrolled.map(|(station, _token)| station));
    }
    Ok(None)
}
