//! The station's side of a stick: with the station that runs, or with its folder while none runs.

use std::{io, path::Path, sync::Arc};

use anyhow::Context as _;
use loa::{
    clock::SystemClock,
    library::Shelf,
    playout::{
        control::Call,
        exchange::Exchange,
        keep::{Anchor, Keep, KeepError, Waiting},
        station::kept_rundown,
    },
    radio::ClipHash,
    signing::Envelope,
    stick::Stick,
    wire::{DistrictWord, EnrolmentCode, SignedRundown},
};
use tokio::sync::watch;

use super::site;

/// Records asked for at a time.
const TOGETHER: u32 = 200;

/// The station, wherever it is.
enum Party {
    There(Call),
    Here(Exchange),
}

impl Party {
    async fn find(folder: &Path) -> anyhow::Result<Self> {
        Ok(match Call::find(folder).await? {
            Some(call) => Self::There(call),
            None => Self::Here(exchange(folder).await?),
        })
    }

    async fn take_rundown(&self, signed: SignedRundown) -> anyhow::Result<u64> {
        Ok(match self {
            Self::There(call) => call.take_rundown(&signed).await?,
            Self::Here(exchange) => exchange.take_rundown(signed).await?.version,
        })
    }

    async fn lacking(&self) -> anyhow::Result<Vec<ClipHash>> {
        Ok(match self {
            Self::There(call) => call.lacking().await?,
            Self::Here(exchange) => exchange.lacking(),
        })
    }

    async fn take_clip(&self, clip: ClipHash, mut file: std::fs::File) -> anyhow::Result<()> {
        match self {
            Self::There(call) => call.take_clip(clip, file).await?,
            Self::Here(exchange) => {
                let mut writer = exchange.receive_clip(clip)?;
                io::copy(&mut file, &mut writer)?;
                writer.commit()?;
            }
        }
        Ok(())
    }

    async fn take_receipts(&self, word: &DistrictWord) -> anyhow::Result<u64> {
        Ok(match self {
            Self::There(call) => call.take_receipts(word).await?,
            Self::Here(exchange) => exchange.take_receipts(word).await?,
        })
    }

    async fn state(&self) -> anyhow::Result<Envelope> {
        Ok(match self {
            Self::There(call) => call.state().await?,
            Self::Here(exchange) => exchange.state().await?,
        })
    }

    async fn waiting(&self, after: u64) -> anyhow::Result<Vec<Waiting>> {
        Ok(match self {
            Self::There(call) => call.waiting(after).await?,
            Self::Here(exchange) => exchange.waiting(after, TOGETHER).await?,
        })
    }

    async fn close(self) {
        if let Self::Here(exchange) = self {
            exchange.keep.close().await;
        }
    }
}

async fn exchange(folder: &Path) -> anyhow::Result<Exchange> {
    site::owned(folder)?;
    let keep = Keep::open(folder).await.map_err(|error| match error {
        KeepError::Busy(folder) => anyhow::anyhow!(
            "the station in {} runs, but cannot be reached: was it started with --control none?",
            folder.display()
        ),
        error => error.into(),
    })?;
    let shelf = Shelf::open(&folder.join("clips")).context("the station's clips")?;
    let rundown = match keep.anchor().await {
        Some(anchor) => kept_rundown(&keep, &anchor).await,
        None => None,
    };
    Ok(Exchange {
        keep: Arc::new(keep),
        shelf: Arc::new(shelf),
        clock: Arc::new(SystemClock),
        rundown: watch::Sender::new(rundown.map(Arc::new)),
    })
}

/// Puts the station's records on a stick; before it is known, its request to be.
pub(crate) async fn export(
    folder: &Path,
    to: &Path,
    code: Option<&EnrolmentCode>,
) -> anyhow::Result<()> {
    let stick = Stick::open(to)?;
    let Some(Anchor { station, .. }) = Anchor::read(folder)? else {
        let code = code.context(
            "this station is not enrolled: ask the district for a code and export with --code CODE",
        )?;
        let exchange = exchange(folder).await?;
        let request = exchange.ask(folder, code).await?;
        stick.put_request(exchange.key().await, &request)?;
        exchange.keep.close().await;
        eprintln!("the request is on the stick: take it to the district, and import its answer");
        return Ok(());
    };
    anyhow::ensure!(
        code.is_none(),
        "this station is {station} already; to enrol it anew, start it with --code on the line"
    );
    let party = Party::find(folder).await?;
    stick.put_state(&station, &party.state().await?)?;
    let mut records = stick.put_records(&station)?;
    let (mut after, mut count) = (0, 0);
    loop {
        let waiting = party.waiting(after).await?;
        let Some(last) = waiting.last() else { break };
        after = last.sequence;
        for one in &waiting {
            records.add(&one.envelope)?;
            count += 1;
        }
    }
    records.finish()?;
    party.close().await;
    eprintln!(
        "{station}: {count} records are on the stick; they wait here too, until the district's receipts come back"
    );
    Ok(())
}

/// Takes from a stick what the district put there for this station.
pub(crate) async fn import(folder: &Path, from: &Path) -> anyhow::Result<()> {
    let stick = Stick::open(from)?;
    let station = match Anchor::read(folder)? {
        Some(anchor) => anchor.station,
        None => enrol(folder, &stick).await?,
    };
    let party = Party::find(folder).await?;
    let taken = take(&party, &stick, &station).await;
    party.close().await;
    taken
}

async fn enrol(folder: &Path, stick: &Stick) -> anyhow::Result<loa::radio::StationId> {
    let exchange = exchange(folder).await?;
    let answer = stick.enrolment(exchange.key().await)?.context(
        "this station is not enrolled, and the stick has no answer for it: export with --code CODE, and take the stick to the district",
    );
    let enrolled = match answer {
        Ok(answer) => exchange.take_enrolment(folder, &answer).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    exchange.keep.close().await;
    let station = enrolled?;
    eprintln!("enrolled as {station}; start the station with --server none");
    Ok(station)
}

/// What is wrong with one thing on a stick keeps none of the others from being taken.
async fn take(party: &Party, stick: &Stick, station: &loa::radio::StationId) -> anyhow::Result<()> {
    let mut troubles = 0;
    let mut trouble = |what: &str, error: anyhow::Error| {
        eprintln!("{what} not taken: {error:#}");
        troubles += 1;
    };
    match stick.rundown(station) {
        Ok(None) => eprintln!("the stick has no rundown for {station}"),
        Ok(Some(signed)) => match party.take_rundown(signed).await {
            Ok(version) => eprintln!("{station}: rundown {version} is followed"),
            Err(error) => trouble("the rundown was", error),
        },
        Err(error) => trouble("the rundown was", error.into()),
    }
    let (mut count, mut absent) = (0, 0);
    if stick.has_clips() {
        let clips = stick.clips()?;
        for clip in party.lacking().await? {
            let Ok(file) = clips.open_clip(&clip) else {
                absent += 1;
                continue;
            };
            match party.take_clip(clip, file).await {
                Ok(()) => count += 1,
                Err(error) => trouble(&format!("clip {clip} was"), error),
            }
        }
    }
    eprintln!("{station}: {count} clips are new");
    if absent > 0 {
        eprintln!("{station}: {absent} clips that airings need are neither here nor on the stick");
    }
    match stick.receipts(station) {
        Ok(None) => {}
        Ok(Some(word)) => match party.take_receipts(&word).await {
            Ok(ended) => eprintln!("{station}: {ended} records have reached the district"),
            Err(error) => trouble("the receipts were", error),
        },
        Err(error) => trouble("the receipts were", error.into()),
    }
    anyhow::ensure!(troubles == 0, "not everything on the stick was taken");
    Ok(())
}
