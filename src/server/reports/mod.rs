//! Reports as they leave the district: read day by day, written piece by piece, so that a year costs no more memory than a
//! day. What is written, `crate::reports` says.

pub(super) mod again;
pub(super) mod ahead;
mod judge;
mod make;
mod pen;

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::body::Bytes;
use chrono_tz::Tz;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::pages::Language;
use crate::{
    log::Checkpoint,
    radio::{CampaignId, StationId, UnitId, UtcMs, codes},
    reports::{Letter, Names, Period},
    signing::Note,
    store::{Store, StoreError},
};

pub use judge::reconcile;

codes! {
    /// What a report is written as.
    pub enum Form {
        /// A document in the form of Decree 30/2020.
        Docx = "docx",
        /// A workbook, a sheet for each table.
        Xlsx = "xlsx",
        /// Every airing as a line of text.
        Csv = "csv",
        /// The diary of what was broadcast, ready to print.
        Diary = "diary",
        /// One picture: stations by days, airings by hours.
        Svg = "svg",
    }
}

impl Form {
    /// How a file of it is called at its end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Docx | Self::Diary => "docx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Svg => "svg",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Docx | Self::Diary => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Which days.
    pub period: Period,
    /// In the subtree of one of these units; none: anywhere.
    pub units: Vec<UnitId>,
    /// At this station alone.
    pub station: Option<StationId>,
    /// Of this campaign alone.
    pub campaign: Option<CampaignId>,
    /// What stands around an official report: who writes to whom.
    pub letter: Letter,
    /// The language of all words.
    pub language: Language,
    /// Where days are meant.
    pub zone: Tz,
    /// When it is asked.
    pub now: UtcMs,
}

/// The longest name of a download, in bytes.
const LONGEST_TICKET: usize = 64;

/// How far a report is, in days of its period.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<(AtomicUsize, AtomicUsize)>);

impl Progress {
    /// Days that are done, and all of them; none before it has begun.
    pub fn days(&self) -> (usize, usize) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }

    /// Whether somebody is still at it.
    fn goes_on(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn begin(&self, days: usize) {
        self.0.1.store(days, Ordering::Relaxed);
    }

    fn step(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Reports that are being made, by what their browsers call them.
#[derive(Debug, Default)]
pub(super) struct Making(Mutex<HashMap<String, Progress>>);

impl Making {
    /// Begins one; without a name nobody asks how far it is.
    pub(super) fn begin(&self, ticket: &str) -> Progress {
        let progress = Progress::default();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, progress| progress.goes_on());
        if !ticket.is_empty() && ticket.len() <= LONGEST_TICKET {
            known.insert(ticket.to_owned(), progress.clone());
        }
        progress
    }

    /// How far one is; none: it is over, or was never begun.
    pub(super) fn days(&self, ticket: &str) -> Option<(usize, usize)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(ticket).filter(|progress| progress.goes_on()).map(Progress::days)
    }
}

/// Takes the pieces of a report as they are made.
type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// Where anybody holds a head that was printed against the log of today: there also where nothing is public, since reports on
/// paper lead to it.
pub(super) const CHECKED_AT: &str = "/verify";

/// The address at which anybody can hold the head of a note against the district's log of today, for a report's code;
/// `origin` is how the addresses of its pages begin. None: no head was signed yet.
pub fn checked_at(origin: &str, checkpoint: Option<&str>) -> Option<String> {
    let note: Note = checkpoint?.parse().ok()?;
    let head = note.text().parse::<Checkpoint>().ok()?.head.to_string();
    let asked = serde_html_form::to_string([("head", head)]).ok()?;
    Some(format!("{}{CHECKED_AT}?{asked}", origin.trim_end_matches('/')))
}

/// What everything is called.
///
/// # Errors
/// The database failed.
pub(super) async fn names(store: &Store) -> Result<Names, StoreError> {
    Ok(Names::new(&store.units().await?, &store.stations().await?, &store.campaigns().await?))
}

/// Writes a report, in pieces. Whoever takes no more of it ends it. Must be called inside a tokio runtime.
pub fn write(
    store: Store,
    ask: Ask,
    form: Form,
    progress: Progress,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (pieces, mut coming) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(error) = make::make(&store, &ask, form, (&pieces, &progress)).await {
            tracing::warn!(%error, form = form.as_str(), "a report was not finished");
            pieces.send(Err(error)).await.ok();
        }
    });
    stream::poll_fn(move |context| coming.poll_recv(context))
}
