//! Looks after the clips at rest: reads those that coming airings need, again and again, throws away what has rotted, and
//! what has come of clips that nothing needs any more.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::sync::watch;
use tracing::{info, warn};

use super::stock::{Use, coming};
use crate::{
    clock::Clock,
    library::{Shelf, ShelfError},
    radio::ClipHash,
    wire::{Fault, Rundown},
};

/// Each clip that a coming airing needs is read this often.
const OFTEN: Duration = Duration::from_hours(20);

/// How often it is looked for clips that are due, and for parts of clips.
const LOOK: Duration = Duration::from_secs(10);

/// After each clip it rests so many times as long as the reading took: three quarters of a slow card are left to others.
const REST: u32 = 3;

/// A disk on which something has rotted is told of for so long.
const TOLD: Duration = Duration::from_hours(24);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Clips that were read to their end.
    pub read: u64,
    /// What had rotted within a day.
    pub fault: Option<Fault>,
}

/// Looks after the clips at rest.
#[derive(Debug)]
pub struct Scrubber {
    /// Where they lie.
    pub shelf: Arc<Shelf>,
    /// What tells when.
    pub clock: Arc<dyn Clock>,
    /// What is needed.
    pub rundown: watch::Receiver<Option<Arc<Rundown>>>,
    /// Told what was found.
    pub findings: watch::Sender<Findings>,
}

impl Scrubber {
    /// Looks for ever.
    pub async fn run(mut self) {
        let mut used = Use::default();
        let mut read: HashMap<ClipHash, Duration> = HashMap::new();
        let mut rotten = Rotten::default();
        loop {
            let rundown = self.rundown.borrow_and_update().clone();
            let mut wait = LOOK;
            if let Some(rundown) = &rundown {
                used.add(rundown);
                self.sweep(rundown, &used);
                if let Some(clip) = self.due(rundown, &read) {
                    let began = self.clock.monotonic();
                    let outcome = self.read(clip).await;
                    let now = self.clock.monotonic();
                    read.insert(clip, now);
                    if let Err(why) = outcome {
                        rotten.note(clip, &why, now);
                    }
                    wait = now.saturating_sub(began) * REST;
                    self.findings.send_modify(|findings| findings.read += 1);
                }
            }
            let fault = rotten.fault(self.clock.monotonic());
            self.findings.send_if_modified(|findings| {
                let is_new = findings.fault != fault;
                findings.fault = fault;
                is_new
            });
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                changed = self.rundown.changed() => if changed.is_err() { return },
            }
        }
    }

    /// The clip to read next: of those that are there, the first needed first.
    fn due(&self, rundown: &Rundown, read: &HashMap<ClipHash, Duration>) -> Option<ClipHash> {
        let now = self.clock.monotonic();
        // One that is wrong and that the disk does not let go is not read without a pause.
        let pause = |clip: &ClipHash| if self.shelf.is_known_whole(clip) { OFTEN } else { LOOK };
        let is_due = |clip: &ClipHash| {
            read.get(clip).is_none_or(|at| now.saturating_sub(*at) >= pause(clip))
        };
        let needed = coming(rundown, self.clock.now()).map(|need| need.clip);
        needed.filter(|clip| self.shelf.contains(clip)).find(is_due)
    }

    /// Reads a clip to its end; one that is not right goes, so that it is fetched again.
    async fn read(&self, clip: ClipHash) -> Result<(), String> {
        let shelf = self.shelf.clone();
        let reading = tokio::task::spawn_blocking(move || match shelf.verify(&clip) {
            Ok(()) | Err(ShelfError::Missing(_)) => Ok(()),
            Err(why) => {
                let removed = shelf.remove(&clip).err();
                warn!(%clip, %why, ?removed, "a clip has rotted and is thrown away");
                Err(why.to_string())
            }
        });
        reading.await.unwrap_or(Ok(()))
    }

    /// Takes away the parts of clips that nothing needs.
    fn sweep(&self, rundown: &Rundown, used: &Use) {
        let partials = self.shelf.partials().unwrap_or_else(|error| {
            warn!(%error, "the folder of arriving clips cannot be read");
            Vec::new()
        });
        for clip in used.spare(partials, rundown, self.clock.now()) {
            match self.shelf.forget_partial(&clip) {
                Ok(true) => info!(%clip, "no airing needs what has come of it: thrown away"),
                Ok(false) => {}
                Err(error) => warn!(%clip, %error, "what has come of it cannot be thrown away"),
            }
        }
    }
}

/// What has rotted, until a day later.
#[derive(Debug, Default)]
struct Rotten {
    count: u64,
    last: Option<(Duration, ClipHash, String)>,
}

impl Rotten {
    fn note(&mut self, clip: ClipHash, why: &str, now: Duration) {
        self.count += 1;
        self.last = Some((now, clip, why.to_owned()));
    }

    fn fault(&mut self, now: Duration) -> Option<Fault> {
        self.last.take_if(|(at, ..)| now.saturating_sub(*at) >= TOLD);
        let (_, _, why) = self.last.as_ref()?;
        let count = self.count;
        Some(Fault::new(
            "clip-rotten",
            format!(
                "{count} clips had rotted on the station's disk and are fetched again, the last: {why}. A disk that does so fails soon: replace it"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, path::Path};

    use super::*;
    use crate::{
        clock::TestClock,
        playout::stock::tests::{hash, rundown},
        radio::UtcMs,
    };

    /// A shelf with these clips, whose files hold their names.
    fn shelf(folder: &Path, clips: &[&str]) -> Arc<Shelf> {
        let shelf = Shelf::open(folder).unwrap();
        for clip in clips {
            let mut writer = shelf.writer(&hash(clip)).unwrap();
            writer.write_all(clip.as_bytes()).unwrap();
            writer.commit().unwrap();
        }
        // As after a start: nobody has read anything.
        Arc::new(Shelf::open(folder).unwrap())
    }

    struct Watched {
        clock: Arc<TestClock>,
        findings: watch::Receiver<Findings>,
        rundown: watch::Sender<Option<Arc<Rundown>>>,
        running: tokio::task::JoinHandle<()>,
    }

    impl Watched {
        fn start(shelf: &Arc<Shelf>, clips: &[&[&str]]) -> Self {
            let clock = Arc::new(TestClock::at(UtcMs(0)));
            let (told, rundown) = watch::channel(Some(Arc::new(rundown(1, clips))));
            let (findings, found) = watch::channel(Findings::default());
            let scrubber =
                Scrubber { shelf: shelf.clone(), clock: clock.clone(), rundown, findings };
            let running = tokio::spawn(scrubber.run());
            Self { clock, findings: found, rundown: told, running }
        }

        /// Time goes by, and it looks; the airings are still to come.
        fn advance(&self, by: Duration) {
            self.clock.advance(by);
            self.clock.step_to(UtcMs(0));
            self.rundown.send_modify(|_| {});
        }

        async fn until_read(&mut self, count: u64) -> Findings {
            let is_done = |findings: &Findings| findings.read >= count;
            let patience = Duration::from_secs(60);
            let waiting = self.findings.wait_for(is_done);
            tokio::time::timeout(patience, waiting).await.unwrap().unwrap().clone()
        }
    }

    impl Drop for Watched {
        fn drop(&mut self) {
            self.running.abort();
        }
    }

    #[tokio::test]
    async fn what_coming_airings_need_is_read_and_what_has_rotted_goes() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path(), &["a", "bb", "ccc", "idle"]);
        fs::write(shelf.path_of(&hash("bb")), "bx").unwrap();
        fs::write(shelf.path_of(&hash("idle")), "rotten").unwrap();
        let mut scrubber = Watched::start(&shelf, &[&["a", "bb"], &["ccc", "gone"]]);
        scrubber.until_read(3).await;
        let fault = scrubber.findings.wait_for(|findings| findings.fault.is_some()).await;
        let fault = fault.unwrap().fault.clone().unwrap();
        assert_eq!(fault.code, "clip-rotten");
        assert!(fault.detail.contains(&hash("bb").to_string()), "{}", fault.detail);
        let whole = ["a", "bb", "ccc", "idle"].map(|clip| shelf.is_known_whole(&hash(clip)));
        assert_eq!(whole, [true, false, true, false]);
        assert!(!shelf.contains(&hash("bb")));
        assert!(shelf.contains(&hash("idle")), "no airing needs it");

        // None is read again before its time. Another rots a day later, and by then nobody is told of the first any more.
        fs::write(shelf.path_of(&hash("a")), "x").unwrap();
        scrubber.advance(TOLD);
        scrubber.until_read(5).await;
        assert!(!shelf.contains(&hash("a")) && shelf.is_known_whole(&hash("ccc")));
        let again = |findings: &Findings| {
            let fault = findings.fault.as_ref();
            fault.is_some_and(|fault| fault.detail.contains(&hash("a").to_string()))
        };
        scrubber.findings.wait_for(again).await.unwrap();
        scrubber.advance(TOLD);
        scrubber.findings.wait_for(|findings| findings.fault.is_none()).await.unwrap();
    }

    #[tokio::test]
    async fn parts_that_no_airing_needs_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(folder.path(), &["a"]);
        for clip in ["bb", "old"] {
            shelf.writer(&hash(clip)).unwrap().write_all(b"o").unwrap();
        }
        let mut scrubber = Watched::start(&shelf, &[&["a", "bb"]]);
        scrubber.until_read(1).await;
        assert_eq!(shelf.partials().unwrap(), [hash("bb")]);
    }
}
