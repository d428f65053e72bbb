use std::{path::PathBuf, str::FromStr, sync::Arc};

use chrono_tz::Tz;
use loa::{
    clock::SystemClock,
    playout::{
        control::{Address, ControlSettings},
        cue::Hours,
        link::Allowance,
        speaker::SpeakerName,
        station::{self, Settings},
    },
    radio::{QuietHours, Volume},
    wire::EnrolmentCode,
};

use super::{lock::LineArguments, logging::LogArguments, service, site};

/// Play what the district orders, and confirm what sounded.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct StationArguments {
    /// The district's address, e.g. https://192.0.2.1:8443.
    #[arg(long, env = "LOA_SERVER", value_name = "URL", required = true)]
    server: Option<String>,
    /// The one-time code, at the first start only.
    #[arg(long, env = "LOA_CODE", value_name = "CODE", hide_env_values = true)]
    code: Option<String>,
    #[command(flatten)]
    line: LineArguments,
    /// Kilobits a second of the line that fetching clips may take, on average; without, all that there is.
    #[arg(long, env = "LOA_BANDWIDTH", value_name = "KBIT",
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    bandwidth: Option<u64>,
    /// Megabytes of the disk that no clip may take: they are kept free for records.
    #[arg(long, env = "LOA_KEEP_FREE", value_name = "MB", default_value_t = 200,
          value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    keep_free: u64,
    /// The station's folder: who it is, its clips, its records.
    #[arg(long, env = "LOA_DATA", value_name = "DIR", default_value = "loa-station")]
    data: PathBuf,
    /// Where sound goes: device, device:NAME, wav:PATH or silent.
    #[arg(long, env = "LOA_SPEAKER", value_name = "SPEAKER", default_value = "device")]
    speaker: SpeakerName,
    /// Believe the machine's clock though it shows an earlier time than the station has known: where that one was wrong.
    #[arg(long)]
    trust_clock: bool,
    #[command(flatten)]
    sound: SoundArguments,
    #[command(flatten)]
    pub(crate) log: LogArguments,
    #[command(subcommand)]
    pub(crate) at_site: Option<site::Command>,
}

/// How a station sounds.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SoundArguments {
    /// Hours in which the station airs nothing routine, whoever orders it: one span, several with commas, or `none`.
    #[arg(
        long,
        env = "LOA_QUIET_HOURS",
        value_name = "HH:MM-HH:MM",
        default_value = "21:00-05:00"
    )]
    quiet_hours: Quiet,
    /// The zone of the quiet hours and of the times on the pages.
    #[arg(long, env = "LOA_ZONE", value_name = "ZONE", default_value = "Asia/Ho_Chi_Minh",
          value_parser = zone)]
    zone: Tz,
    /// 0 to 100, until somebody at the site says otherwise.
    #[arg(long, env = "LOA_VOLUME", value_name = "PERCENT", default_value = "100")]
    volume: Volume,
    /// Where the station shows how it is and takes orders from those beside it: an address that only this machine reaches,
    /// or `none`. When the port is taken, the next free one.
    #[arg(long, env = "LOA_CONTROL", value_name = "ADDR", default_value = "127.0.0.1:8088")]
    control: Page,
    /// An emergency sounds also while the station is stopped at the site.
    #[arg(long, env = "LOA_EMERGENCY_OVERRIDES_STOP", value_name = "BOOL", default_value = "false",
          num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    emergency_overrides_stop: bool,
}

/// Where the page is, if anywhere.
#[derive(Debug, Clone, Copy)]
struct Page(Option<Address>);

impl FromStr for Page {
    type Err = <Address as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            address => address.parse().map(|address| Self(Some(address))),
        }
    }
}

impl SoundArguments {
    /// Where its times are meant.
    pub(crate) fn zone(&self) -> Tz {
        self.zone
    }

    /// When the station airs nothing routine.
    pub(crate) fn hours(&self) -> Hours {
        Hours { quiet: self.quiet_hours.0.clone(), zone: self.zone }
    }

    /// What the people at the site may say, and where.
    pub(crate) fn control(&self) -> ControlSettings {
        ControlSettings {
            address: self.control.0,
            volume: self.volume,
            emergency_overrides_stop: self.emergency_overrides_stop,
            zone: self.zone,
        }
    }
}

/// The spans of quiet hours, as people write them.
#[derive(Debug, Clone)]
struct Quiet(Vec<QuietHours>);

impl FromStr for Quiet {
    type Err = <QuietHours as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(Vec::new())),
            spans => {
                spans.split(',').map(|span| span.trim().parse()).collect::<Result<_, _>>().map(Self)
            }
        }
    }
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no time zone: write one like Asia/Ho_Chi_Minh"))
}

/// Runs until it is asked to stop; or carries out one order at the site.
pub(crate) async fn run(arguments: StationArguments) -> anyhow::Result<()> {
    if let Some(command) = arguments.at_site {
        return site::run(command).await;
    }
    let settings = Settings {
        server: arguments.server.unwrap_or_default(),
        line: arguments.line.line(),
        allowance: Allowance {
            bandwidth: arguments.bandwidth.map(|kilobits| kilobits * 125),
            keep_free: arguments.keep_free << 20,
        },
        // Not clap's to read: it would show what is wrong, and that is secret.
        code: arguments.code.map(|code| code.parse::<EnrolmentCode>()).transpose()?,
        data: arguments.data,
        speaker: Arc::new(arguments.speaker),
        hours: arguments.sound.hours(),
        control: arguments.sound.control(),
        trust_clock: arguments.trust_clock,
    };
    let clock = Arc::new(SystemClock);
    Ok(station::run(settings, clock, service::tell, service::asked_to_stop()).await?)
}
