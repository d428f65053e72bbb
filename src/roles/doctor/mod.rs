//! `loa doctor`: what is wrong with this machine as a station or a district, and what to do.

mod district;
mod machine;
mod station;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use loa::playout::speaker::SpeakerName;

use super::lock::LineArguments;

/// Say what is wrong with this machine as a station or a district, and what to do.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArguments {
    /// The folder of the district or the station; without it, those that they make where they are started.
    #[arg(long, env = "LOA_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The district's database, where it is not in the folder.
    #[arg(long, env = "LOA_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
    /// The speaker that is or will be used; without it, the sound device of a machine that is not the district's only.
    #[arg(long, env = "LOA_SPEAKER", value_name = "SPEAKER")]
    speaker: Option<SpeakerName>,
    /// The district's address; without it, the one where the station is enrolled.
    #[arg(long, env = "LOA_SERVER", value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    line: LineArguments,
}

/// What is well, or what is wrong and what to do.
type Finding = Result<String, String>;

/// Findings, each with what it is about.
type Findings = Vec<(&'static str, Finding)>;

/// Looks at everything and changes no data; exit code 1 when something is wrong.
pub(crate) async fn run(
    arguments: DoctorArguments,
    settings: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let folders = folders(arguments.data.as_deref());
    let stations: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| [folder.clone(), folder.join("station")])
        .filter(|folder| folder.join("station.db").exists())
        .collect();
    let database = arguments.database.clone().or_else(|| {
        let file = folders.iter().map(|folder| folder.join("loa.db")).find(|file| file.exists());
        file.map(|file| format!("sqlite:{}", file.display()))
    });

    let line = arguments.line.line();
    let mut findings = Findings::new();
    if let Some(file) = settings {
        findings.push(("settings", machine::settings(&file)));
    }
    let plays = !stations.is_empty() || database.is_none();
    if let Some(speaker) = arguments.speaker.or(plays.then_some(SpeakerName::Device(None))) {
        findings.push(("sound", machine::sound(speaker).await));
    }
    findings.push(("clock", machine::clock().await));
    findings.push(("battery", Ok(machine::battery(Path::new(machine::BATTERY_CLOCKS)))));
    for folder in &folders {
        findings.push(("disk", machine::disk(folder)));
        findings.push(("secrets", machine::secrets(folder)));
        findings.extend(district::keys(folder).map(|found| ("district key", found)));
    }
    if let Some(url) = &database {
        findings.extend(district::look(url).await);
    }
    for folder in &stations {
        findings.extend(station::look(folder, arguments.server.as_deref(), &line).await);
    }
    if let (true, Some(server)) = (stations.is_empty(), &arguments.server) {
        findings.push(("server", station::reach(server, &line).await));
    }

    for (what, finding) in &findings {
        match finding {
            Ok(found) => eprintln!("well   {what}: {found}"),
            Err(trouble) => eprintln!("WRONG  {what}: {trouble}"),
        }
    }
    let well = findings.iter().all(|(_, finding)| finding.is_ok());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder that is named, or else the ones that the roles make by themselves, or else this one.
fn folders(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = named {
        return vec![named.to_owned()];
    }
    let usual = ["loa-data", "loa-station"].map(PathBuf::from);
    let mut there: Vec<PathBuf> = usual.into_iter().filter(|folder| folder.is_dir()).collect();
    if there.is_empty() {
        there.push(PathBuf::from("."));
    }
    there
}
