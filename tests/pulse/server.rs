//! A sound server of the test's own, whose output can be recorded.

use std::{
    fs::File,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

pub(crate) struct Server {
    folder: PathBuf,
    process: Child,
}

impl Server {
    /// Starts PulseAudio with one sink of this name, and waits until it answers.
    pub(crate) fn start(folder: &Path, sink: &str) -> Self {
        let socket = folder.join("native");
        // One that was killed leaves it behind.
        let _ = std::fs::remove_file(&socket);
        let process = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disallow-exit",
                "--use-pid-file=no",
            ])
            .arg("-L")
            .arg(format!(
                "module-native-protocol-unix auth-anonymous=1 socket={}",
                socket.display()
            ))
            .arg("-L")
            .arg(format!("module-null-sink sink_name={sink} rate=48000 channels=2"))
            .env("PULSE_RUNTIME_PATH", folder)
            .env("HOME", folder)
            .stdout(Stdio::null())
            .stderr(File::create(folder.join("pulseaudio.log")).unwrap())
            .spawn()
            .unwrap_or_else(|why| {
                panic!(
                    "pulseaudio does not start ({why}): apt-get install pulseaudio pulseaudio-utils"
                )
            });
        let server = Self { folder: folder.to_owned(), process };
        for _ in 0..500 {
            if UnixStream::connect(&socket).is_ok() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!(
            "pulseaudio does not answer: {}",
            std::fs::read_to_string(folder.join("pulseaudio.log")).unwrap()
        );
    }

    /// Records what leaves the sink, from now until it is asked for.
    pub(crate) fn record(&self) -> Recording {
        let file = self.folder.join("recording.raw");
        let process = Command::new("parec")
            .args([
                "-d",
                "loa.monitor",
                "--raw",
                "--rate=48000",
                "--channels=1",
                "--format=s16le",
                "--latency-msec=20",
            ])
            .env("PULSE_SERVER", address(&self.folder))
            .env("HOME", &self.folder)
            .stdout(File::create(&file).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|why| {
                panic!("parec does not start ({why}): apt-get install pulseaudio-utils")
            });
        Recording { file, process }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    #[allow(dead_code, reason = "each test uses a part")]
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    #[allow(dead_code, reason = "each test uses a part")]
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }
}

/// What `PULSE_SERVER` is for a server in this folder.
pub(crate) fn address(folder: &Path) -> String {
    format!("unix:{}", folder.join("native").display())
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) struct Recording {
    file: PathBuf,
    process: Child,
}

impl Recording {
    /// Samples that it has heard, at the least.
    #[allow(dead_code, reason = "each test uses a part")]
    pub(crate) fn heard(&self) -> usize {
        std::fs::metadata(&self.file).map_or(0, |file| file.len() as usize / 2)
    }

    /// Ends it; gives its samples at 48 kHz.
    pub(crate) fn end(mut self) -> Vec<f32> {
        // What parec holds back is written when it is asked to end.
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.process.wait().unwrap();
        let bytes = std::fs::read(&self.file).unwrap();
        bytes
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
            .collect()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
