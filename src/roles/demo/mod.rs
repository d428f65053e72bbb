//! A district and two commune stations on this machine, each a process of its own.

mod household;
mod watch;

use std::{net::TcpListener, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use loa::{
    clock::{Clock, SystemClock},
    playout::speaker::{Outlet as _, SpeakerName},
};

use self::{household::Household, watch::Watch};
use super::shutdown;

/// Stations that must have aired before `--once` ends.
const STATIONS: [&str; 3] = ["thach-thanh", "kim-tan", "thach-lam"];

/// How long `--once` waits.
const PATIENCE: Duration = Duration::from_secs(90);

/// Run a district and two commune stations here, airing within a minute.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArguments {
    /// End as soon as every station has confirmed an airing.
    #[arg(long)]
    once: bool,
    /// Keep everything in this empty folder instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The port to listen at; a free one when it is taken.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where sound goes; by default the sound device, if there is one.
    #[arg(long, value_name = "SPEAKER")]
    speaker: Option<SpeakerName>,
}

/// Runs until Ctrl-C, or until every station has aired.
pub(crate) async fn run(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    let temporary;
    let folder = match &arguments.data {
        Some(folder) => folder.clone(),
        None => {
            temporary = tempfile::Builder::new().prefix("loa-demo-").tempdir()?;
            temporary.path().to_owned()
        }
    };
    let speaker = match arguments.speaker {
        Some(speaker) => speaker,
        None => audible().await,
    };
    let seat = free_port(arguments.port)?;
    let mut household = Household::found(&folder, seat).await?;
    let result = tokio::select! {
        result = live(&mut household, &speaker, arguments.once) => result,
        () = shutdown::asked() => Ok(ExitCode::SUCCESS),
    };
    eprintln!("stopping");
    household.stop().await;
    result
}

async fn live(
    household: &mut Household,
    speaker: &SpeakerName,
    once: bool,
) -> anyhow::Result<ExitCode> {
    household.start(speaker).await?;
    eprintln!("Loa is up: open {}/", household.address);
    eprintln!(
        "the record: curl -H @{} '{}/api/v1/airings?order=newest&limit=3'",
        household.header.display(),
        household.address
    );
    let mut watch = Watch::new(household)?;
    if !once {
        watch.print_for_ever(household).await?;
    }
    match tokio::time::timeout(PATIENCE, watch.until_all(household, &STATIONS)).await {
        Ok(done) => {
            done?;
            eprintln!("every station has confirmed an airing");
            Ok(ExitCode::SUCCESS)
        }
        Err(_) => {
            eprintln!(
                "after {} s these stations have not confirmed an airing: {}",
                PATIENCE.as_secs(),
                watch.missing(&STATIONS).join(", ")
            );
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The sound device if it opens, else silence, and a word about it.
async fn audible() -> SpeakerName {
    let opened = tokio::task::spawn_blocking(|| {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        SpeakerName::Device(None).open(&clock).map(drop)
    });
    match opened.await {
        Ok(Ok(())) => SpeakerName::Device(None),
        Ok(Err(error)) => {
            eprintln!("nothing is audible: {error}");
            SpeakerName::Silent
        }
        Err(_) => {
            eprintln!("nothing is audible: the sound device failed when it was opened");
            SpeakerName::Silent
        }
    }
}

/// The wanted port, or a free one in its place, held so that nobody else takes it.
fn free_port(wanted: u16) -> anyhow::Result<TcpListener> {
    let bound = TcpListener::bind(("127.0.0.1", wanted)).or_else(|_| {
        eprintln!("port {wanted} is taken; another is used");
        TcpListener::bind(("127.0.0.1", 0))
    });
    bound.context("no free port on this machine")
}
