use std::{
    ffi::OsString,
    fs,
    io::Write,
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use loa::{
    clock::{Clock, SystemClock},
    library::Limits,
    playout::speaker::SpeakerName,
    radio::UtcMs,
    store::Bearer,
    tls::{self, Trust},
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::super::{admit, apply::apply, place::Place};

/// What ships, so that the program needs nothing beside itself.
const SHIPPED: [(&str, &[u8]); 6] = [
    ("schedules/demo.toml", include_bytes!("../../../schedules/demo.toml")),
    ("audio/dinh-chinh-lu.flac", include_bytes!("../../../audio/dinh-chinh-lu.flac")),
    ("audio/lu.flac", include_bytes!("../../../audio/lu.flac")),
    ("audio/tap-lu.flac", include_bytes!("../../../audio/tap-lu.flac")),
    ("audio/chime.flac", include_bytes!("../../../audio/chime.flac")),
    (
        "audio/bluezone-smart-thanh-hoa.flac",
        include_bytes!("../../../audio/bluezone-smart-thanh-hoa.flac"),
    ),
];

/// The communes whose stations run as processes of their own.
const COMMUNES: [&str; 2] = ["kim-tan", "thach-lam"];

/// From the server being ready to the first airing: until then everybody has the rundown and the clips.
const FIRST_AIRING: Duration = Duration::from_secs(30);

/// Where the schedule begins in the file that ships; what is before it has to be known when the server starts.
const SCHEDULE: &str = "[[schedule]]";

/// How long the server may take to start.
const START: Duration = Duration::from_secs(30);

/// How long a process may take to stop.
const STOP: Duration = Duration::from_secs(15);

/// The demo's processes and their folder.
#[derive(Debug)]
pub(super) struct Household {
    folder: PathBuf,
    place: Place,
    schedule: String,
    /// Holds the district's port until it starts.
    seat: Option<TcpListener>,
    listen: SocketAddr,
    codes: Vec<(&'static str, String)>,
    processes: Vec<(&'static str, Child)>,
    /// The district's address.
    pub(super) address: String,
    /// A file with the header that opens the API to a person.
    pub(super) header: PathBuf,
    /// The token in that header.
    pub(super) token: String,
}

impl Household {
    /// Lays everything out in an empty folder: what ships, a database, codes for the communes, a token.
    pub(super) async fn found(folder: &Path, seat: TcpListener) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let empty = fs::read_dir(folder)?.next().is_none();
        ensure!(empty, "{} is not empty: the demo begins with an empty folder", folder.display());
        for (name, bytes) in SHIPPED {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, bytes)?;
        }
        let place = Place { data: folder.join("district"), database: None };
        let store = place.store().await?;
        let demo = folder.join("schedules/demo.toml");
        let shipped = fs::read_to_string(&demo)?;
        let (rules, schedule) = shipped.split_at(shipped.find(SCHEDULE).unwrap_or(shipped.len()));
        fs::write(&demo, rules)?;
        apply(&store, &place.shelf()?, &Limits::default(), &[demo]).await?;
        let key = place.keyring(SystemClock.now())?.newest().key;
        let mut codes = Vec::new();
        for commune in COMMUNES {
            let code = admit::code(&store, &commune.parse()?, key, None).await?;
            codes.push((commune, code.to_string()));
        }
        let person = Bearer::Person("demo".to_owned());
        let token = store.create_token(&person, SystemClock.now()).await?.reveal().to_owned();
        store.close().await;
        let header = folder.join("header");
        let listen = seat.local_addr()?;
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&header)?
            .write_all(format!("Authorization: Bearer {token}\n").as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            place,
            schedule: schedule.to_owned(),
            listen,
            seat: Some(seat),
            codes,
            processes: Vec::new(),
            address: format!("http://{listen}"),
            header,
            token,
        })
    }

    /// Starts the district with its own station, then the communes'.
    pub(super) async fn start(&mut self, speaker: &SpeakerName) -> anyhow::Result<()> {
        let sound = |name: &str| -> Vec<OsString> {
            // Three processes cannot write one file.
            let speaker = match speaker {
                SpeakerName::Wav(path) => {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    SpeakerName::Wav(path.with_file_name(format!("{stem}-{name}.wav")))
                }
                other => other.clone(),
            };
            ["--speaker", &speaker.to_string(), "--quiet-hours", "none"].map(Into::into).to_vec()
        };
        let mut serve: Vec<OsString> = vec!["serve".into(), "--data".into()];
        serve.push(self.folder.join("district").into());
        serve.extend(["--listen".into(), self.listen.to_string().into()]);
        // An airing a minute: five weeks of them would be 150,000.
        serve.extend(["--days-ahead".into(), "1".into()]);
        serve.extend(sound("thach-thanh"));
        self.seat = None;
        self.spawn("district", &serve, &[])?;
        self.wait_until_ready().await?;
        self.schedule(SystemClock.now() + FIRST_AIRING).await?;
        for (commune, code) in std::mem::take(&mut self.codes) {
            let mut station: Vec<OsString> = vec!["station".into(), "--server".into()];
            station.extend([self.address.clone().into(), "--data".into()]);
            station.push(self.folder.join(commune).into());
            station.extend(sound(commune));
            // Not on the command line, where every user of the machine could read it.
            self.spawn(commune, &station, &[("LOA_CODE", &code)])?;
        }
        Ok(())
    }

    /// Brings the schedule in while the server runs, so that a slow start does not put the first airing off.
    async fn schedule(&self, first: UtcMs) -> anyhow::Result<()> {
        let file = self.folder.join("schedules/every-minute.toml");
        fs::write(&file, every_minute(&self.schedule, first))?;
        let store = self.place.store().await?;
        apply(&store, &self.place.shelf()?, &Limits::default(), &[file]).await?;
        store.close().await;
        Ok(())
    }

    fn spawn(
        &mut self,
        name: &'static str,
        arguments: &[OsString],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<()> {
        let log = fs::File::create(self.folder.join(format!("{name}.log")))?;
        let mut command = Command::new(std::env::current_exe()?);
        // The settings of a district that also runs here are not the demo's: it would write into its database.
        for (setting, _) in std::env::vars_os() {
            if setting.as_encoded_bytes().starts_with(b"LOA_") && setting != "LOA_LOG" {
                command.env_remove(setting);
            }
        }
        let child = command
            .args(arguments)
            .env("LOA_CONFIG", "/dev/null")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C is for the demo, which then stops the others in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        self.processes.push((name, child));
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let client = tls::client(&Trust::Nobody)?.build()?;
        let ready = async {
            loop {
                let answer = client.get(format!("{}/readyz", self.address)).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return Ok(());
                }
                self.check()?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        match tokio::time::timeout(START, ready).await {
            Ok(result) => result,
            Err(_) => bail!("the server did not get ready in {} s", START.as_secs()),
        }
    }

    /// Fails when a process has ended, with the end of its log.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        for (name, child) in &mut self.processes {
            if let Some(status) = child.try_wait()? {
                let log = fs::read_to_string(self.folder.join(format!("{name}.log")))?;
                let tail: Vec<&str> = log.lines().rev().take(5).collect();
                let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
                bail!("{name} ended ({status}):\n{tail}");
            }
        }
        Ok(())
    }

    /// Asks every process to stop, the communes first, and ends those that do not.
    pub(super) async fn stop(&mut self) {
        for (name, mut child) in self.processes.drain(..).rev() {
            let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(pid) = pid {
                // It may have ended by itself in the meantime.
                let _ = kill_process(pid, Signal::TERM);
            }
            if tokio::time::timeout(STOP, child.wait()).await.is_err() {
                eprintln!("{name} does not stop and is ended");
                let _ = child.kill().await;
            }
        }
    }
}

/// The schedule with its minutes beginning on the second of an instant.
fn every_minute(schedule: &str, first: UtcMs) -> String {
    let second = first.0.div_euclid(1000).rem_euclid(60);
    schedule.replace("cron = \"* * * * *\"", &format!("cron = \"{second} * * * * *\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_stations_first_and_then_a_schedule_of_every_minute() {
        let [(_, shipped), ..] = SHIPPED;
        let shipped = std::str::from_utf8(shipped).unwrap();
        let (rules, schedule) = shipped.split_once(SCHEDULE).unwrap();
        assert!(rules.contains("[[station]]") && !schedule.contains("[["), "{schedule}");
        let schedule = every_minute(schedule, UtcMs(75_000));
        assert!(schedule.contains("cron = \"15 * * * * *\""), "{schedule}");
    }
}
