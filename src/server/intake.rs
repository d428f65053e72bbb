//! A recording that somebody sends: onto the disk as it comes, then measured, then kept with its clip. All of it, or
//! nothing.

use axum::body::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::{
    io::AsyncWriteExt,
    sync::{Mutex, Semaphore},
};

use super::{
    District,
    pages::{Language, Phrase},
};
use crate::{
    library::{Arrival, DecodeError, Facts, Measure, Refusal, nfc, take_arrived},
    radio::{Clip, ClipId, fold},
    store::{Actor, Former, StoreError, StoredClip, Thing},
};

/// Recordings that are measured at a time: each keeps two threads busy.
const MEASURED: usize = 2;
/// Recordings that arrive or wait for their turn at a time.
const ARRIVING: usize = 16;
/// Bytes that stay free on the clips' disk.
const KEPT_FREE: u64 = 256 * 1024 * 1024;
/// Clips of one title.
const NAMESAKES: usize = 1000;

/// How many come in at a time.
#[derive(Debug)]
pub(super) struct Gate {
    arriving: Semaphore,
    measuring: Semaphore,
    /// One at a time looks whether a recording and a name are new, and takes them.
    naming: Mutex<()>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            arriving: Semaphore::new(ARRIVING),
            measuring: Semaphore::new(MEASURED),
            naming: Mutex::default(),
        }
    }
}

/// Why a recording is no clip now.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// It cannot air.
    Refused(Refusal),
    /// It is a clip already.
    Known(Box<StoredClip>),
    /// It is larger than so many bytes.
    TooLarge(u64),
    /// The disk has no room for it.
    NoRoom,
    /// Too many come in.
    Busy,
    /// It broke off, or stood still for too long.
    Broken,
    /// It was not its fault.
    Failed(String),
}

impl NotTaken {
    /// Stays the same from release to release.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Known(_) => "known",
            Self::TooLarge(_) => "too-large",
            Self::NoRoom => "no-room",
            Self::Busy => "busy",
            Self::Broken => "broken-body",
            Self::Failed(_) => "internal",
        }
    }
}

impl NotTaken {
    /// Puts down what was our fault.
    pub(super) fn log(&self) {
        if let Self::Failed(cause) = self {
            tracing::error!(cause, "a recording could not be taken in");
        }
    }

    /// What it means and what to do, for people.
    pub(super) fn phrase(&self, language: Language) -> Phrase {
        let phrase = language.code("intake", self.code());
        match self {
            Self::Refused(Refusal::Decode(DecodeError::Damaged { second, .. })) => {
                phrase.with("second", format!("{second:.0}"))
            }
            Self::Refused(Refusal::Decode(DecodeError::Panicked { second })) => {
                phrase.with("second", format!("{second:.0}"))
            }
            Self::Refused(Refusal::TooLong { limit }) => {
                phrase.with("minutes", limit.as_secs().div_ceil(60))
            }
            Self::Refused(Refusal::TooManyChannels { channels, limit }) => {
                phrase.with("channels", channels).with("limit", limit)
            }
            Self::Known(clip) => phrase.with("title", &clip.clip.title),
            Self::TooLarge(limit) => phrase.with("megabytes", limit / 1024 / 1024),
            _ => phrase,
        }
    }
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What comes with a recording.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub(super) actor: Actor,
    /// The file's name where it comes from.
    pub(super) file: String,
    /// Bytes that were announced.
    pub(super) announced: Option<u64>,
}

/// Takes a recording in as it comes. Once it is whole it is finished, whether or not anybody waits for the answer.
pub(super) async fn receive<E>(
    district: &District,
    sender: Sender,
    bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<StoredClip, NotTaken> {
    let limit = district.limits.recording;
    if sender.announced.is_some_and(|announced| announced > limit) {
        return Err(NotTaken::TooLarge(limit));
    }
    let _seat = district.intake.arriving.try_acquire().map_err(|_| NotTaken::Busy)?;
    let arrival = arrive(district, sender.announced, bytes).await?;
    let district = district.clone();
    let finished = tokio::spawn(async move { finish(&district, sender, arrival).await });
    finished.await.map_err(|error| NotTaken::Failed(error.to_string()))?
}

async fn arrive<E>(
    district: &District,
    announced: Option<u64>,
    mut bytes: impl Stream<Item = Result<Bytes, E>> + Unpin,
) -> Result<Arrival, NotTaken> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => NotTaken::NoRoom,
        _ => NotTaken::Failed(error.to_string()),
    };
    let room = district.shelf.room().map_err(failed)?.saturating_sub(KEPT_FREE);
    if room < announced.unwrap_or(1) {
        return Err(NotTaken::NoRoom);
    }
    let most = room.min(district.limits.recording);
    let arrival = district.shelf.arrival().map_err(failed)?;
    let mut file = tokio::fs::File::from_std(arrival.file().map_err(failed)?);
    let mut received = 0u64;
    loop {
        let piece = tokio::time::timeout(district.limits.body, bytes.next()).await;
        match piece.map_err(|_| NotTaken::Broken)? {
            None => break,
            Some(Err(_)) => return Err(NotTaken::Broken),
            Some(Ok(piece)) => {
                received += piece.len() as u64;
                if received > most {
                    let limit = district.limits.recording;
                    let is_large = received > limit;
                    return Err(if is_large {
                        NotTaken::TooLarge(limit)
                    } else {
                        NotTaken::NoRoom
                    });
                }
                file.write_all(&piece).await.map_err(failed)?;
            }
        }
    }
    if announced.is_some_and(|announced| announced != received) {
        return Err(NotTaken::Broken);
    }
    file.flush().await.map_err(failed)?;
    Ok(arrival)
}

async fn finish(
    district: &District,
    sender: Sender,
    arrival: Arrival,
) -> Result<StoredClip, NotTaken> {
    let turn = district.intake.measuring.acquire().await;
    let _turn = turn.map_err(|error| NotTaken::Failed(error.to_string()))?;
    let limits = district.limits.intake.clone();
    let measured = tokio::task::spawn_blocking(move || take_arrived(arrival, &limits, |_| ()));
    let measure = measured
        .await
        .map_err(|error| NotTaken::Failed(error.to_string()))?
        .map_err(NotTaken::Refused)?;
    let store = &district.store;
    let _alone = district.intake.naming.lock().await;
    let known = store.clip_of(&measure.sha256).await?;
    let has_gone = store.gone_at(&measure.sha256).await?.is_some();
    if let Some(known) = known.clone().filter(|_| !has_gone) {
        return Err(NotTaken::Known(Box::new(known)));
    }
    let now = district.clock.now();
    let facts = serde_json::to_string(&Facts::from(&measure))
        .map_err(|error| NotTaken::Failed(error.to_string()))?;
    store.keep_recording(&measure.sha256, &facts, now).await?;
    // A clip whose recording had gone has it again.
    if let Some(known) = known {
        return Ok(known);
    }
    let title = title(&measure, &sender.file);
    let id = free_name(district, &title).await?;
    let clip = clip(id.clone(), title, &measure);
    store.put(&sender.actor, (Thing::Clip(&clip), Former::Absent), false, now).await?;
    store.clip(&id).await?.ok_or_else(|| NotTaken::Failed(format!("clip {id} went")))
}

/// The recording's own title, else its file's name without what says its kind.
fn title(measure: &Measure, file: &str) -> String {
    let own = measure.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem).replace('_', " ");
    let title = nfc(own.unwrap_or(name.trim()));
    let title: String = title.chars().filter(|c| !c.is_control()).take(200).collect();
    if title.is_empty() { "Bản ghi".to_owned() } else { title }
}

/// A name in rules that follows from the title, and is nobody's yet.
async fn free_name(district: &District, title: &str) -> Result<ClipId, NotTaken> {
    for name in names_of(title).take(NAMESAKES) {
        let id: ClipId = name
            .parse()
            .map_err(|error: crate::radio::BadName| NotTaken::Failed(error.to_string()))?;
        if district.store.clip(&id).await?.is_none() {
            return Ok(id);
        }
    }
    Err(NotTaken::Failed(format!("no name is free for a clip called {title}")))
}

/// Names in rules that follow from a title, the shortest first: `tin-sang`, `tin-sang-2`.
pub(super) fn names_of(title: &str) -> impl Iterator<Item = String> {
    let stem = slug(title);
    let others = stem.clone();
    std::iter::once(stem).chain((2..).map(move |number: u32| format!("{others}-{number}")))
}

/// The words of a title as a name in rules is written.
fn slug(title: &str) -> String {
    let words: String =
        fold(title).chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let joined = words.split_whitespace().collect::<Vec<_>>().join("-");
    let short = joined.get(..48).unwrap_or(&joined).trim_end_matches('-');
    if short.is_empty() { "ban-ghi".to_owned() } else { short.to_owned() }
}

fn clip(id: ClipId, title: String, measure: &Measure) -> Clip {
    Clip {
        id,
        sha256: measure.sha256,
        bytes: measure.bytes,
        frames: measure.frames,
        sample_rate: measure.format.sample_rate,
        title,
        gain: measure.gain,
        source_document: None,
        issuing_office: None,
        transcript: None,
        language: Some("vi".to_owned()),
        approved_by: None,
        from: None,
        until: None,
        retired: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refusal of each kind.
    fn refusals() -> Vec<Refusal> {
        let why = || "why".to_owned();
        let broken = || std::io::Error::other("broken");
        vec![
            DecodeError::NotAudio(why()).into(),
            DecodeError::Empty.into(),
            DecodeError::Damaged { second: 12.4, why: why() }.into(),
            DecodeError::Panicked { second: 1.0 }.into(),
            DecodeError::Unreadable(broken()).into(),
            Refusal::Silent,
            Refusal::TooLong { limit: std::time::Duration::from_hours(4) },
            Refusal::TooManyChannels { channels: 12, limit: 8 },
            Refusal::Shelf(broken()),
        ]
    }

    #[test]
    fn every_reason_is_said_in_both_languages() {
        let others = [
            NotTaken::TooLarge(3 * 1024 * 1024),
            NotTaken::NoRoom,
            NotTaken::Busy,
            NotTaken::Broken,
            NotTaken::Failed(String::new()),
        ];
        for not_taken in refusals().into_iter().map(NotTaken::Refused).chain(others) {
            let said = Language::ALL.iter().map(|language| not_taken.phrase(*language).to_string());
            let said: Vec<_> = said.collect();
            for text in &said {
                assert!(text.contains(' ') && !text.contains('{'), "{text}");
            }
            assert_ne!(said[0], said[1]);
        }
        let damaged = NotTaken::Refused(refusals().swap_remove(2));
        assert!(damaged.phrase(Language::Vi).to_string().contains("12"));
    }

    #[test]
    fn a_title_gives_a_name_that_rules_can_use() {
        for (title, name) in [
            ("Đợt tuyên truyền số 2", "dot-tuyen-truyen-so-2"),
            ("  --  ", "ban-ghi"),
            ("日本", "ban-ghi"),
            ("Bản tin: 05h15 (mới)", "ban-tin-05h15-moi"),
        ] {
            assert_eq!(slug(title), name);
        }
        for title in ["ă".repeat(300), "a ".repeat(300), "Đ-".repeat(60)] {
            assert!(slug(&title).parse::<ClipId>().is_ok(), "{title}");
        }
    }
}
