//! A real district: `loa serve` and `loa station` as processes, talking over real HTTP on this machine.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod day;
mod evening;
pub mod tones;

use std::{
    fs,
    net::{IpAddr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::Value;

/// How long anything may take before a test is given up; no test is about it.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running program, killed when it is dropped.
pub struct Program(pub Child);

impl Program {
    /// As a power cut does to a process: nothing is flushed, nothing is said.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.0.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The district's folder and address, and a person's token.
pub struct Village {
    pub folder: PathBuf,
    pub listen: String,
    pub address: String,
    token: String,
    http: reqwest::Client,
}

impl Village {
    /// A district on this machine to which `schedules.toml` in its folder has been applied.
    pub fn found(folder: &Path) -> Self {
        Self::found_at(folder, "127.0.0.1")
    }

    /// The same at another address of this machine, which speaks HTTPS where others could listen in.
    pub fn found_at(folder: &Path, ip: &str) -> Self {
        let listen: IpAddr = ip.parse().unwrap();
        // Free a moment ago, and nobody else on this machine is likely to take it.
        let port = TcpListener::bind((listen, 0)).unwrap().local_addr().unwrap().port();
        let scheme = if listen.is_loopback() { "http" } else { "https" };
        let called = if listen.is_unspecified() { "127.0.0.1" } else { ip };
        // Another part of the test may have chosen it before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
        let mut village = Self {
            folder: folder.to_owned(),
            listen: SocketAddr::new(listen, port).to_string(),
            address: format!("{scheme}://{called}:{port}"),
            token: String::new(),
            // The district ends connections on which nothing is asked: none is kept for later.
            http: http.pool_max_idle_per_host(0).build().unwrap(),
        };
        let schedules = folder.join("schedules.toml");
        village.loa(&["apply", "--data", "district", schedules.to_str().unwrap()]);
        village.token = village.loa(&["token", "--data", "district", "Lan"]);
        village
    }

    /// Runs a command to its end and gives what it prints.
    pub fn loa(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).stdout(Stdio::piped()).output().unwrap();
        assert!(
            output.status.success(),
            "loa {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A command in the district's folder.
    pub fn command(&self, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Command {
        // What a bench tells of a station is to be true of the package.
        let program = std::env::var_os("LOA_PROGRAM");
        let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_loa").into()));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Starts one, its log in a file of that name.
    pub fn start(&self, name: &str, mut command: Command) -> Program {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("{name}.log")))
            .unwrap();
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        Program(child.unwrap())
    }

    /// Starts the district and waits until it is ready.
    pub async fn serve(&self) -> Program {
        self.serve_with(&[]).await
    }

    /// The same with more arguments.
    pub async fn serve_with(&self, more: &[&str]) -> Program {
        let arguments = ["serve", "--data", "district", "--listen", &self.listen];
        let program = self.start("serve", self.command(&[&arguments, more].concat()));
        self.until("the district is ready", async || {
            let answer = self.http.get(format!("{}/readyz", self.address)).send().await;
            answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
        })
        .await;
        program
    }

    /// What a station that knows no quiet hours is started with, to call this address; one that is not enrolled gets a
    /// code.
    pub fn station_arguments(&self, name: &str, speaker: &str, server: &str) -> Vec<String> {
        let mut arguments: Vec<String> =
            ["station", "--server", server, "--data", name, "--speaker", speaker]
                .map(str::to_owned)
                .to_vec();
        arguments.extend(["--quiet-hours", "none"].map(str::to_owned));
        if !self.is_enrolled(name) {
            arguments.extend(["--code".into(), self.code(name)]);
        }
        arguments
    }

    /// A code for a station.
    pub fn code(&self, name: &str) -> String {
        self.loa(&["enrol", "--data", "district", "--listen", &self.listen, name])
    }

    /// Starts a station.
    pub fn station(&self, name: &str, speaker: &str) -> Program {
        self.start(name, self.command(&self.station_arguments(name, speaker, &self.address)))
    }

    fn is_enrolled(&self, name: &str) -> bool {
        self.folder.join(name).join("station.json").exists()
    }

    /// Waits until something is true.
    pub async fn until(&self, what: &str, is: impl AsyncFn() -> bool) {
        let waiting = async {
            while !is().await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("never: {what}\n{}", self.logs());
        }
    }

    fn logs(&self) -> String {
        let mut text = String::new();
        for entry in fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let log = fs::read_to_string(&path).unwrap();
                let lines: Vec<&str> = log.lines().collect();
                let tail = lines[lines.len().saturating_sub(30)..].join("\n");
                text += &format!("--- {}\n{tail}\n", path.display());
            }
        }
        text
    }

    /// Reads the API as a person.
    pub async fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.address);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// Reads a page outside the API.
    pub async fn text(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}/{path}", self.address)).send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    }

    /// Every airing at a station, from the first page to the last.
    pub async fn airings(&self, station: &str) -> Vec<Value> {
        let mut airings = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("airings?station={station}&limit=100{cursor}")).await;
            airings.extend(page["airings"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return airings,
            }
        }
    }

    /// Waits until every airing at a station is over and reported, however long its day still is.
    pub async fn until_reported(&self, station: &str) {
        let open = async || {
            let airings = self.airings(station).await;
            let is_open = |one: &&Value| one["state"] == "planned" || one["state"] == "unreported";
            airings.iter().filter(is_open).count()
        };
        loop {
            let left = open().await;
            if left == 0 {
                return;
            }
            let what = format!("one more airing at {station} has its state, {left} have none");
            self.until(&what, async || open().await < left).await;
        }
    }

    /// What the station keeps and what the district keeps is the same, once each, without a gap.
    pub fn assert_same_records(&self, station: &str) {
        let own = Connection::open(self.folder.join(station).join("station.db")).unwrap();
        let count = |db: &Connection, sql: &str| -> i64 {
            db.query_one(sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count(&own, "select count(*) from spool where receipt is null"), 0);
        let made = count(&own, "select count(*) from spool");
        assert_eq!(count(&own, "select max(sequence) from spool"), made);
        let district = Connection::open(self.folder.join("district").join("loa.db")).unwrap();
        let kept = format!("from as_run where station = '{station}'");
        assert_eq!(count(&district, &format!("select count(*) {kept}")), made);
        assert_eq!(count(&district, &format!("select count(distinct sequence) {kept}")), made);
        assert_eq!(count(&district, &format!("select max(sequence) {kept}")), made);
    }

    /// Clips that have wholly arrived at a station.
    pub fn clips_at(&self, station: &str) -> usize {
        let folders = fs::read_dir(self.folder.join(station).join("clips")).into_iter().flatten();
        let files = folders.flatten().filter_map(|folder| fs::read_dir(folder.path()).ok());
        // A clip's file is named by its hash and nothing else.
        files.flatten().flatten().filter(|file| file.file_name().len() == 64).count()
    }

    /// The station's records at the district.
    pub fn count_records(&self, station: &str) -> usize {
        let district = Connection::open(self.folder.join("district").join("loa.db")).unwrap();
        let sql = "select count(*) from as_run where station = ?";
        let count: i64 = district.query_one(sql, [station], |row| row.get(0)).unwrap();
        usize::try_from(count).unwrap()
    }
}
