//! What is said to a station at its own machine: to the one that runs, or, where none runs, to what it will find at its
//! next start.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use loa::{
    clock::{Clock as _, SystemClock},
    playout::{
        control::{Call, View},
        keep::{Keep, KeepError, Said},
    },
    radio::{UtcMs, Volume},
    wire::{EnrolmentCode, Event, Hand},
};

use super::carry;

/// What the people at a station may say.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Silence the station: what sounds fades out, nothing airs until it is resumed, whatever the district says.
    Stop {
        #[command(flatten)]
        site: Site,
        /// Resume by itself after so long: 30min, 2h.
        #[arg(long = "for", value_name = "TIME", value_parser = minutes)]
        minutes: Option<u32>,
    },
    /// Let a stopped station air again.
    Resume {
        #[command(flatten)]
        site: Site,
    },
    /// Set how loud the station is.
    Volume {
        #[command(flatten)]
        site: Site,
        /// 0 to 100.
        percent: Volume,
    },
    /// Put the station's records on a USB stick for the district.
    Export {
        #[command(flatten)]
        site: Site,
        /// The one-time code, where the station is not enrolled yet: then its request to be goes on the stick.
        #[arg(long, env = "LOA_CODE", value_name = "CODE", hide_env_values = true)]
        code: Option<String>,
        /// The folder at which the stick is mounted.
        #[arg(value_name = "DIR")]
        to: PathBuf,
    },
    /// Take from a USB stick what the district put there: rundown, clips, receipts.
    Import {
        #[command(flatten)]
        site: Site,
        /// The folder at which the stick is mounted.
        #[arg(value_name = "DIR")]
        from: PathBuf,
    },
    /// Tell how the station is.
    Status {
        #[command(flatten)]
        site: Site,
        /// As one line of JSON on standard output.
        #[arg(long)]
        json: bool,
    },
}

/// Which station of this machine.
#[derive(Debug, clap::Args)]
pub(crate) struct Site {
    /// The station's folder.
    #[arg(long, env = "LOA_DATA", value_name = "DIR", default_value = "loa-station")]
    data: PathBuf,
}

fn minutes(text: &str) -> Result<u32, String> {
    let wrong = || format!("\"{text}\" is no span of time: write one like 30min or 2h, up to 744h");
    let (number, each) = match (text.strip_suffix("min"), text.strip_suffix('h')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 60),
        (None, None) => return Err(wrong()),
    };
    let minutes = number.trim().parse::<u32>().ok().and_then(|number| number.checked_mul(each));
    minutes.filter(|minutes| (1..=744 * 60).contains(minutes)).ok_or_else(wrong)
}

/// Who sits at the machine, as far as it says.
fn who() -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok())
}

/// Carries out one order.
pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Stop { site, minutes } => {
            let said = match Call::find(&site.data).await? {
                Some(call) => of(&call.stop(minutes, who()).await?),
                None => {
                    let span = minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
                    let until = span.map(|span| SystemClock.now() + span);
                    say(&site, Event::Stopped { until }).await?
                }
            };
            tell_stop(&said);
        }
        Command::Resume { site } => {
            match Call::find(&site.data).await? {
                Some(call) => drop(call.resume(who()).await?),
                None => drop(say(&site, Event::Resumed).await?),
            }
            eprintln!("the station airs what is due");
        }
        Command::Volume { site, percent } => {
            match Call::find(&site.data).await? {
                Some(call) => drop(call.volume(percent, who()).await?),
                None => drop(say(&site, Event::Volume { percent }).await?),
            }
            eprintln!("the volume is {percent} of 100");
        }
        Command::Export { site, code, to } => {
            // Not clap's to read: it would show what is wrong, and that is secret.
            let code = code.map(|code| code.parse::<EnrolmentCode>()).transpose()?;
            carry::export(&site.data, &to, code.as_ref()).await?;
        }
        Command::Import { site, from } => carry::import(&site.data, &from).await?,
        Command::Status { site, json } => {
            let Some(call) = Call::find(&site.data).await? else { return not_running(&site).await };
            let view = call.status().await?;
            if json { print(&serde_json::to_string(&view)?) } else { tell(&view) }
        }
    }
    Ok(())
}

/// What another user made in the station's folder, the service could not open any more.
pub(crate) fn owned(folder: &Path) -> anyhow::Result<()> {
    let Ok(about) = folder.metadata() else { return Ok(()) };
    let ours = rustix::process::geteuid();
    anyhow::ensure!(
        about.uid() == ours.as_raw(),
        "no station runs in {}, and the folder is another user's: run this as its owner, e.g. with sudo -u loa",
        folder.display()
    );
    Ok(())
}

/// The station does not run: it finds what was said at its next start.
async fn say(site: &Site, event: Event) -> anyhow::Result<Said> {
    anyhow::ensure!(
        site.data.join("station.json").exists(),
        "there is no station in {}: name its folder with --data",
        site.data.display()
    );
    owned(&site.data)?;
    let keep = Keep::open(&site.data).await.map_err(|error| match error {
        KeepError::Busy(folder) => anyhow!(
            "the station in {} runs, but cannot be reached: was it started with --control none?",
            folder.display()
        ),
        error => error.into(),
    })?;
    let said =
        keep.say(event, (Hand::Command, who()), SystemClock.now(), SystemClock.state()).await;
    keep.close().await;
    eprintln!("the station does not run; it will find this at its start");
    Ok(said?)
}

async fn not_running(site: &Site) -> anyhow::Result<()> {
    let keep = Keep::look(&site.data).await?;
    let (said, waiting) = (keep.said().await, keep.count_waiting().await);
    keep.close().await;
    eprintln!("the station does not run, or was started with --control none");
    tell_stop(&said.context("what was said at the site")?);
    eprintln!("records that wait: {}", waiting?);
    anyhow::bail!("nothing airs from {}", site.data.display())
}

fn of(view: &View) -> Said {
    let stop = view.stopped.map(|at| loa::playout::keep::Stop { at, until: view.stopped_until });
    Said { stop, volume: Some(view.volume) }
}

fn tell_stop(said: &Said) {
    match said.stop {
        None => eprintln!("not stopped"),
        Some(stop) => {
            let until = match stop.until {
                Some(until) => format!("it resumes by itself at {until}"),
                None => "loa station resume lets it air again".to_owned(),
            };
            eprintln!("stopped at the site since {}: {until}", stop.at);
        }
    }
}

fn tell(view: &View) {
    let station = view.station.as_ref().map_or("?", |station| station.as_str());
    match &view.name {
        Some(name) => eprintln!("{name} ({station}) at {}", view.now),
        None => eprintln!("{station} at {}", view.now),
    }
    tell_stop(&of(view));
    match &view.playing {
        Some(playing) => eprintln!("plays: {} ({})", playing.title, playing.airing),
        None => eprintln!("plays: nothing"),
    }
    match view.next.first() {
        Some(next) => eprintln!("next: {} at {}", next.title, next.starts_at),
        None => eprintln!("next: nothing is planned"),
    }
    let contact =
        view.last_contact.map_or("none since its start".to_owned(), |at: UtcMs| at.to_string());
    eprintln!("contact with {}: {contact}", view.server);
    eprintln!(
        "clock: {}; volume: {}; records that wait: {}",
        view.clock, view.volume, view.waiting
    );
    eprintln!("speaker: {}", view.speaker.as_deref().unwrap_or("none is open"));
    for fault in &view.faults {
        eprintln!("fault {}: {}", fault.code, fault.detail);
    }
}

#[expect(clippy::print_stdout, reason = "the one thing that the command was asked for")]
fn print(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn a_span_is_written_as_people_say_it() {
        assert_eq!(minutes("30min"), Ok(30));
        assert_eq!(minutes("2h"), Ok(120));
        for wrong in ["", "h", "2", "0h", "-1h", "1d", "99999999h", "745h"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
