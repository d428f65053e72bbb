//! A real PostgreSQL in a temporary folder, reached through a socket in it.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Stopped and removed when dropped.
pub(crate) struct Postgres {
    server: Child,
    folder: tempfile::TempDir,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("loa-pg").tempdir_in("/tmp").unwrap();
        let user = user();
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let run = |program: &str| {
            let mut command = Command::new(programs.join(program));
            command.current_dir(folder.path()).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let data = folder.path().join("data");
        let made = run("initdb")
            .args(["--auth=trust", "--username=loa", "--encoding=UTF8", "--no-sync", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let server = run("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { server, folder }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://loa@localhost/postgres?host={}", self.folder.path().display())
    }

    /// Tries until it answers; its own log says why it does not.
    pub(crate) async fn open(&mut self) -> loa::store::Store {
        for _ in 0..300 {
            match loa::store::Store::open(&self.url()).await {
                Ok(store) => return store,
                Err(_) if self.server.try_wait().unwrap().is_none() => {
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
                Err(error) => panic!("{error}: {}", self.log()),
            }
        }
        panic!("PostgreSQL does not answer: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.server);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).ok();
        self.server.wait().ok();
    }
}

/// The newest installed version's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL is needed for this test: sudo apt-get install postgresql")
}

/// PostgreSQL refuses to run as root: then as the first of these users that there is.
fn user() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string(Path::new("/etc/passwd")).unwrap();
    let find = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name))
                .then(|| Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?)))?
        })
    };
    Some(
        find("postgres").or_else(|| find("nobody")).expect("no user but root to run PostgreSQL as"),
    )
}
