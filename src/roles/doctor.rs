use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use loa::{
    clock::{Clock, SystemClock},
    playout::speaker::SpeakerName,
    radio::UtcMs,
};

/// Say what is wrong with this machine as a station or a district, and what to do.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArguments {
    /// The folder that is or will be used.
    #[arg(long, env = "LOA_DATA", value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// The speaker that is or will be used.
    #[arg(long, env = "LOA_SPEAKER", value_name = "SPEAKER", default_value = "device")]
    speaker: SpeakerName,
    /// The district's address.
    #[arg(long, env = "LOA_SERVER", value_name = "URL")]
    server: Option<String>,
}

/// Less free disk than this is trouble soon: 500 MB.
const LITTLE_DISK: u64 = 500 << 20;

/// A clock that shows an earlier time than this was never set: 2026-11-01.
const LOA_IS_NEWER_THAN: UtcMs = UtcMs(1_793_491_200_000);

/// What was found, and what to do where it is not well.
type Finding = Result<String, String>;

/// Looks at everything; exit code 1 when something is wrong.
pub(crate) async fn run(arguments: DoctorArguments) -> anyhow::Result<ExitCode> {
    let mut findings =
        vec![("sound", sound(&arguments.speaker)), ("clock", clock()), ("disk", disk(&arguments))];
    if let Some(server) = &arguments.server {
        findings.push(("server", reach(server).await));
    }
    let mut well = true;
    for (what, finding) in findings {
        well &= finding.is_ok();
        match finding {
            Ok(found) => eprintln!("well   {what}: {found}"),
            Err(trouble) => eprintln!("WRONG  {what}: {trouble}"),
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sound(speaker: &SpeakerName) -> Finding {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    match speaker.open(&clock) {
        Ok(speaker) => Ok(speaker.name()),
        Err(error) => Err(error.to_string()),
    }
}

fn clock() -> Finding {
    let now = SystemClock.now();
    if now < LOA_IS_NEWER_THAN {
        return Err(format!("it shows {now}, which is long past: set it, and see to its battery"));
    }
    // What systemd-timesyncd leaves when it has set the clock; other time services leave nothing to look at.
    if std::path::Path::new("/run/systemd/timesync/synchronized").exists() {
        Ok(format!("{now}, kept by systemd-timesyncd"))
    } else {
        Ok(format!("{now}; no time service is seen, so it runs on by itself"))
    }
}

fn disk(arguments: &DoctorArguments) -> Finding {
    let folder = arguments.data.display();
    let space = rustix::fs::statvfs(&arguments.data).map_err(|error| {
        format!("cannot look at {folder}: {error}; make it, or choose another with --data")
    })?;
    tempfile::tempfile_in(&arguments.data)
        .map_err(|error| format!("cannot write in {folder}: {error}"))?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if free < LITTLE_DISK {
        return Err(format!("{} MB free in {folder}: make room", free >> 20));
    }
    Ok(format!("{} MB free in {folder}", free >> 20))
}

async fn reach(server: &str) -> Finding {
    let url = format!("{}/healthz", server.trim_end_matches('/'));
    let trouble = |error: reqwest::Error| {
        format!("{url} does not answer: {error}; see that the address is right and the line is up")
    };
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(trouble)?;
    let answer = client.get(&url).send().await.map_err(trouble)?;
    match answer.status().is_success() {
        true => Ok(format!("{server} answers")),
        false => Err(format!("{url} answers {}", answer.status())),
    }
}
